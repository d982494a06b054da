package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A history is what became of all batches that were ever run, as the file has it.
type history struct {
	file    string
	entries []*entry
}

// An entry is a batch of runs.
type entry struct {
	state
	Date          time.Time `json:"date"`
	Configuration string    `json:"configuration"`
	Subject       string    `json:"subject"`
	Runs          int       `json:"runs"`
	Seconds       float64   `json:"seconds"` // until the last of them had ended
	Failures      []failure `json:"failures"`
}

// A failure is a run that failed.
type failure struct {
	Specs []string `json:"specs"`
	Seed  int      `json:"seed"`
	Kept  string   `json:"kept"` // what it has printed
}

// A state is what was run.
type state struct {
	Commit string `json:"commit"`
	// Content is the same for all commits that do not differ in what is run.
	Content string `json:"content"`
	// Dirty: what was run had changes that are in no commit.
	Dirty bool `json:"dirty"`
}

// parts are what suite and subjects are made of.
var parts = regexp.MustCompile(`^(go\.mod|fixtures/clauses\.yaml|conformance/[^/]*\.go|(conformance/(driver|subject|verdict)|fakeserver|certs|` +
	`impl/(async|asyncssl|identity|reference|peers/memorybio))/.*)$`)

// isRun tells whether a file is part of what is run. Unit tests are not, but for that which runs the suite.
func isRun(file string) bool {
	return parts.MatchString(file) && (!strings.HasSuffix(file, "_test.go") || file == "conformance/conformance_test.go")
}

// judged is what is run now.
func judged(ctx context.Context) (state, error) {
	commit, err := git(ctx, "rev-parse", "HEAD")
	tree, err2 := git(ctx, "ls-tree", "-r", "HEAD")
	changes, err3 := git(ctx, "status", "--porcelain", "--no-renames", "--untracked-files=all")
	if err := errors.Join(err, err2, err3); err != nil {
		return state{}, err
	}
	content, dirty := sha256.New(), false
	for line := range strings.Lines(tree) {
		if _, file, _ := strings.Cut(line, "\t"); isRun(strings.TrimSpace(file)) {
			io.WriteString(content, line)
		}
	}
	for line := range strings.Lines(changes) {
		dirty = dirty || isRun(strings.TrimSpace(line[len("XY "):]))
	}
	return state{Commit: strings.TrimSpace(commit), Content: fmt.Sprintf("%.8x", content.Sum(nil)), Dirty: dirty}, nil
}

func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("ask git what is run (git %s): %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

// readHistory reads it; where nothing was run in this folder yet, it begins with what was run before.
func readHistory(file, before string) (*history, error) {
	h := &history{file: file}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		data, err = os.ReadFile(before)
	}
	if errors.Is(err, os.ErrNotExist) {
		return h, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &h.entries)
	}
	if err != nil {
		return nil, fmt.Errorf("read what was run before: %w: move %s out of the way", err, file)
	}
	return h, nil
}

// newEntry is that of a batch which begins.
func newEntry(c cell, here state) *entry {
	return &entry{state: here, Date: time.Now().UTC().Truncate(time.Second), Configuration: c.way.name, Subject: c.subject, Failures: []failure{}}
}

// enter adds a run that has ended to an entry, and writes it.
func (h *history) enter(e *entry, r result) error {
	if e.Runs == 0 {
		h.entries = append(h.entries, e)
	}
	e.Runs++
	e.Seconds = max(e.Seconds, r.seconds)
	if r.failure != nil {
		e.Failures = append(e.Failures, *r.failure)
	}
	return h.write()
}

// write replaces the file at one blow.
func (h *history) write() error {
	data, err := json.MarshalIndent(h.entries, "", " ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(h.file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(h.file+".new", append(data, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(h.file+".new", h.file)
	}
	if err != nil {
		return fmt.Errorf("write what was run: %w", err)
	}
	return nil
}

// String is a line, and one more for each run that failed.
func (e *entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %-13s  %-17s  %d runs in %.0f s, %d failed", time.Now().Format(time.TimeOnly), e.Configuration, e.Subject, e.Runs, e.Seconds, len(e.Failures))
	for _, f := range e.Failures {
		fmt.Fprintf(&b, "\n  %s: %s", f.Kept, strings.Join(f.Specs, "; "))
	}
	return b.String()
}

// next is the cell that is furthest behind its share; the first where several are.
func (h *history) next(here state, cells []cell) cell {
	counts := h.counts(here)
	next, least := cells[0], counts[cells[0].key()].behind(cells[0])
	for _, c := range cells[1:] {
		if behind := counts[c.key()].behind(c); behind < least {
			next, least = c, behind
		}
	}
	return next
}
