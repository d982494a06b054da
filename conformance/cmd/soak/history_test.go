package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/fixtures/skip"
)

var here = state{Commit: "0123456789", Content: "abc"}

// soaked is a history of so many batches by turns, each of which passes.
func soaked(t *testing.T, batches int) *history {
	t.Helper()
	h := &history{file: filepath.Join(t.TempDir(), "out", "soak.json")}
	for range batches {
		c := h.next(here, cellsBut("netem"))
		e := newEntry(c, here)
		for range c.way.lanes() {
			if err := h.enter(e, result{seconds: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return h
}

// Each cell has its turn before any has a second one, and the first turns have something of each way and each subject.
func TestTurns(t *testing.T) {
	cells := cellsBut("netem")
	few, subject := cells[:len(cells)/len(subjects)], map[string]bool{}
	way := map[string]bool{}
	for _, c := range few {
		way[c.way.name], subject[c.subject] = true, true
	}
	if len(way) != len(few) || len(subject) != len(subjects) {
		t.Errorf("the first turns are of %v and %v", way, subject)
	}
	var turns []key
	for _, e := range soaked(t, len(cells)).entries {
		turns = append(turns, key{e.Configuration, e.Subject})
	}
	for _, c := range cells {
		if !slices.Contains(turns, c.key()) {
			t.Errorf("%v has no turn among the first %d", c.key(), len(cells))
		}
	}
}

// By turns the goals are reached, and with few more runs than that takes.
func TestGoals(t *testing.T) {
	h := soaked(t, 0)
	runs := 0
	for ; strings.Contains(h.summary(here), "missing"); runs++ {
		if runs > goals[0].runs*11/10 {
			t.Fatalf("behind %d runs:\n%s", runs, h.summary(here))
		}
		c := h.next(here, cellsBut("netem"))
		h.entries = append(h.entries, &entry{state: here, Configuration: c.way.name, Subject: c.subject, Runs: 1})
	}
}

// What is in the file is added to, a run at a time, and counts as long as what is run is the same.
func TestHistory(t *testing.T) {
	h := soaked(t, 3)
	lost := failure{Specs: []string{"a/b tries"}, Seed: 7, Kept: "out/soak/7.txt"}
	e := newEntry(cellsBut()[0], here)
	for _, r := range []result{{seconds: 2}, {seconds: 1, failure: &lost}} {
		if err := h.enter(e, r); err != nil {
			t.Fatal(err)
		}
		again, err := readHistory(h.file, "")
		if diff := cmp.Diff(h.entries, again.entries, cmp.AllowUnexported(entry{})); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
	}
	elsewhere, err := readHistory(filepath.Join(t.TempDir(), "soak.json"), h.file)
	if diff := cmp.Diff(h.entries, elsewhere.entries, cmp.AllowUnexported(entry{})); diff != "" || err != nil || elsewhere.file == h.file {
		t.Error("what was run before is not what another folder begins with: ", err, diff)
	}
	first := h.counts(here)[cellsBut()[0].key()]
	if first.failed != 1 || first.passed() != first.runs-1 {
		t.Errorf("counted %+v", first)
	}
	if got := e.String(); !strings.Contains(got, "2 runs in 2 s, 1 failed\n  out/soak/7.txt: a/b tries") {
		t.Errorf("told %q", got)
	}
	for _, other := range []state{{Content: "changed"}, {Content: here.Content, Dirty: true}} {
		if counts := h.counts(other); len(counts) > 0 {
			t.Errorf("%+v: counted %v", other, counts)
		}
	}
	if rebased := h.counts(state{Commit: "another", Content: here.Content}); len(rebased) == 0 {
		t.Error("runs of the same content do not count")
	}
}

func TestBrokenHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "soak.json")
	if err := os.WriteFile(file, []byte("[{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readHistory(file, ""); err == nil || !strings.Contains(err.Error(), "out of the way") {
		t.Errorf("got %v", err)
	}
}

// What is run is told by git: what is no part of it makes no difference.
func TestState(t *testing.T) {
	t.Chdir(t.TempDir())
	commit := func(file string) state {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(file), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", file}} {
			if _, err := git(t.Context(), args...); err != nil {
				t.Fatal(err)
			}
		}
		s, err := judged(context.Background())
		if err != nil || s.Dirty {
			t.Fatal(s, err)
		}
		return s
	}
	before := commit("conformance/spec.go")
	for file, differs := range map[string]bool{
		"README.md": false, "conformance/mutants/a.go": false, "conformance/cmd/soak/a.go": false,
		"conformance/spec_test.go": false, "conformance/conformance_test.go": true, "impl/async/a_test.go": false,
		"conformance/more.go": true, "fakeserver/a.go": true, "impl/peers/memorybio/a.py": true, "impl/peers/other/a.py": false,
	} {
		after := commit(file)
		if (after.Content != before.Content) != differs || after.Commit == before.Commit {
			t.Errorf("%s: from %v to %v", file, before, after)
		}
		before = after
	}
	for file, dirty := range map[string]bool{"README.md": false, "conformance/mutants/a.go": false, "conformance/spec_test.go": false,
		"fakeserver/a.go": true, "fakeserver/new.go": true} {
		if err := os.WriteFile(file, []byte("changed"), 0o644); err != nil {
			t.Fatal(err)
		}
		if s, err := judged(t.Context()); err != nil || s.Dirty != dirty {
			t.Errorf("%s changed: %v, %v", file, s, err)
		}
		for _, args := range [][]string{{"checkout", "-q", "."}, {"clean", "-fdq"}} {
			if _, err := git(t.Context(), args...); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A run is what its process was, and what its verdict says.
func TestRun(t *testing.T) {
	const verdict = `{"verdict": "%s", "clauses": [{"id": "a/b", "specs": [{"name": "a/b tries", "failure": "%s"}]}]}`
	for name, test := range map[string]struct {
		verdict string
		code    int
		want    []string
		passed  bool
	}{
		"passed":            {fmt.Sprintf(verdict, "conformant", ""), 0, nil, true},
		"failed":            {fmt.Sprintf(verdict, "non-conformant", "no"), 1, []string{"a/b tries"}, false},
		"left litter":       {fmt.Sprintf(verdict, "conformant", ""), 1, nil, false},
		"judged less":       {fmt.Sprintf(verdict, "incomplete", ""), 0, []string{"the verdict is incomplete"}, false},
		"crashed":           {"", 2, []string{"the suite ended without a verdict"}, false},
		"ended too quickly": {"", 0, []string{"the suite ended without a verdict"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			b := &binaries{folder: t.TempDir()}
			suite := fmt.Sprintf("#!/bin/sh\necho said\nfor a; do case $a in -out=*) out=${a#-out=};; esac; done\n[ -z '%s' ] || echo '%[1]s' >$out\nexit %d\n", test.verdict, test.code)
			if err := os.WriteFile(b.path("conformance.test"), []byte(suite), 0o755); err != nil {
				t.Fatal(err)
			}
			r := b.run(t.Context(), cellsBut()[0], 0)
			if r.err != nil || (r.failure == nil) != test.passed {
				t.Fatalf("got %+v", r)
			}
			if test.passed {
				return
			}
			kept, err := os.ReadFile(r.failure.Kept)
			if !slices.Equal(r.failure.Specs, test.want) || err != nil || !strings.Contains(string(kept), fmt.Sprintf("-ginkgo.seed=%d", r.failure.Seed)) || !strings.HasSuffix(string(kept), "said\n") {
				t.Errorf("got %+v, kept %q, %v", r.failure, kept, err)
			}
		})
	}
}

// What is halted stands still now and then, goes on, and ends; what it prints is all there.
func TestHalts(t *testing.T) {
	folder, ps := t.TempDir(), skip.Tool(t, "ps")
	watch := exec.Command("sh", "-c", `
		while [ ! -e suite ]; do :; done
		for state in T R T; do
			until [ "$(`+ps+` -o stat= -p $(cat suite) | cut -c1)" = $state ]; do :; done
		done
		touch seen`)
	watch.Dir = folder
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	suite := exec.Command("sh", "-c", "echo $$ >new; mv new suite; while [ ! -e seen ]; do :; done; echo said")
	suite.Dir = folder
	said, err := (&way{halting: true}).output(suite)
	if string(said) != "said\n" || err != nil || watch.Wait() != nil {
		t.Errorf("it printed %q, %v", said, err)
	}
}

// A run that is interrupted counts for nothing.
func TestInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	b := &binaries{folder: t.TempDir()}
	if err := os.WriteFile(b.path("conformance.test"), []byte("#!/bin/sh\necho >"+b.path("runs")+"; exec sleep 600\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for _, err := os.Stat(b.path("runs")); err != nil && t.Context().Err() == nil; {
			_, err = os.Stat(b.path("runs"))
		}
		interrupt()
	}()
	h := &history{file: "soak.json"}
	e, err := h.batch(ctx, b, cellsBut()[0], here)
	if err != nil || e.Runs > 0 || len(h.entries) > 0 {
		t.Errorf("got %v, %v", e, err)
	}
}
