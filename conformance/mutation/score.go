package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// What a run has to come to: of the mutants that are not equivalent, and of all.
const (
	leastKilled     = 0.9
	mostEquivalents = 0.1
)

// report is out/mutation.json. A mutant that does not compile is none, and is not in the total.
type report struct {
	Commit   string  `json:"commit"`
	Changed  bool    `json:"changed"` // files of the commit were
	Date     string  `json:"date"`
	Go       string  `json:"go"`
	Minutes  float64 `json:"minutes"`
	Controls int     `json:"controls"` // runs against the reference itself, under the same load
	Failed   int     `json:"controls_failed"`
	counts
	// Gremlins and Deletions are the parts of it.
	Gremlins  counts    `json:"gremlins"`
	Deletions counts    `json:"deletions"`
	Mutants   []*mutant `json:"mutants"`
}

type counts struct {
	Total      int `json:"total"`
	Killed     int `json:"killed"`
	TimedOut   int `json:"timed_out"`
	Survived   int `json:"survived"` // those that are equivalent included
	NotCovered int `json:"not_covered"`
	NotViable  int `json:"not_viable"`
	Equivalent int `json:"equivalent"`
	// Raw is the killed and timed out of all; Score leaves out those that are equivalent.
	Raw   float64 `json:"score_raw"`
	Score float64 `json:"score"`

	wrong []*mutant // equivalent by the list, and killed
}

func score(mutants []*mutant) report {
	r := report{Mutants: mutants}
	for _, m := range mutants {
		r.add(m)
		if m.Kind == deletion {
			r.Deletions.add(m)
		} else {
			r.Gremlins.add(m)
		}
	}
	return r
}

func (c *counts) add(m *mutant) {
	if m.Status == notViable {
		c.NotViable++
		return
	}
	c.Total++
	switch m.Status {
	case killed:
		c.Killed++
	case timedOut:
		c.TimedOut++
	case notCovered:
		c.NotCovered++
	default:
		c.Survived++
	}
	dead := m.Status == killed || m.Status == timedOut
	switch {
	case m.Reason != "" && dead:
		c.wrong = append(c.wrong, m)
	case m.Reason != "":
		c.Equivalent++
	}
	c.Raw = float64(c.Killed+c.TimedOut) / float64(c.Total)
	c.Score = 0
	if differ := c.Total - c.Equivalent; differ > 0 {
		c.Score = float64(c.Killed+c.TimedOut) / float64(differ)
	}
}

// stamp notes what the results are of.
func (r *report) stamp(ctx context.Context, j *judge) error {
	commit, err := git(ctx, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	changes, err := git(ctx, "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return err
	}
	version, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("ask for Go's version: %w", told(err))
	}
	r.Commit, r.Changed, r.Go = commit, changes != "", strings.TrimSpace(string(version))
	r.Date = time.Now().UTC().Format(time.RFC3339)
	r.Minutes = time.Since(j.began).Round(6 * time.Second).Minutes()
	r.Controls, r.Failed = j.controls, j.failed
	return nil
}

func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], told(err))
	}
	return strings.TrimSpace(string(out)), nil
}

func (r *report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func (r *report) print(w io.Writer) {
	row := func(name string, c counts) {
		fmt.Fprintf(w, "%-10s %6d %7d %10d %9d %12d %11d %8.1f %% %8.1f %%\n",
			name, c.Total, c.Killed, c.TimedOut, c.Survived, c.NotCovered, c.Equivalent, 100*c.Raw, 100*c.Score)
	}
	fmt.Fprintf(w, "%-10s %6s %7s %10s %9s %12s %11s %10s %10s\n", "", "total", "killed", "timed out", "survived", "not covered", "equivalent", "raw", "score")
	row("gremlins", r.Gremlins)
	row("deletions", r.Deletions)
	row("all", r.counts)
	fmt.Fprintf(w, "(%d more do not compile; the score leaves out what is equivalent)\n", r.NotViable)
}

// enough returns an error where the results are not what they have to be.
func (r *report) enough() error {
	var wrong []error
	for _, m := range r.wrong {
		wrong = append(wrong, fmt.Errorf("%s is listed as equivalent, and %q kills it: strike it out in mutation.yaml", m, m.By))
	}
	if r.Score < leastKilled {
		wrong = append(wrong, fmt.Errorf("of the mutants that are not equivalent %.1f %% are killed, and at least %.0f %% have to be", 100*r.Score, 100*leastKilled))
	}
	if float64(r.Equivalent) > mostEquivalents*float64(r.Total) {
		wrong = append(wrong, fmt.Errorf("%d of %d mutants are listed as equivalent, and at most %.0f %% may be", r.Equivalent, r.Total, 100*mostEquivalents))
	}
	return errors.Join(wrong...)
}
