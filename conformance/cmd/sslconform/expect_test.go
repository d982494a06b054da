package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// broken is a driver of the reference, broken on purpose, and the flags to judge a clause of it.
func broken(mutant, clause string, flags ...string) []string {
	run := append([]string{"run", "--patience", "2s", "--spec", "^" + clause + " "}, flags...)
	return append(run, "--", sslconform, "serve", "--mutant", mutant)
}

// What is drafted from a verdict is refused until a person has filled in the reasons; then the same failure is none any
// more, a spec that passes is one, and so is another failure.
func TestExpectations(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "expectations.json")
	write := func(e verdict.Expectations) { writeJSON(t, file, e) }
	judge := func(what, mutant string, code int, says ...string) {
		t.Helper()
		r := runsIn(t, folder, broken(mutant, "close/explicit", "--expect", file)...)
		if r.code != code {
			t.Errorf("%s: exit code %d, want %d\n%s%s", what, r.code, code, r.out, r.err)
		}
		for _, text := range says {
			if !strings.Contains(r.out+r.err, text) {
				t.Errorf("%s: it does not say %q:\n%s%s", what, text, r.out, r.err)
			}
		}
	}
	runsIn(t, folder, broken("close-cb-twice", "close/explicit")...)
	var e verdict.Expectations
	if err := json.Unmarshal([]byte(runsIn(t, folder, "expect").out), &e); err != nil || len(e.Expect) != 3 {
		t.Fatalf("the draft: %v, %v", e, err)
	}
	write(e)
	judge("the draft as it is", "close-cb-twice", 2, `"why" is empty: fill in why it fails`)

	for n := range e.Expect {
		e.Expect[n].Why, e.Expect[n].Where = "it calls twice", "acme/acme#1"
	}
	write(e)
	judge("as expected", "close-cb-twice", 0, "3 specs failed as expected", "it calls twice", "1 failed as expected", "non-conformant")
	judge("those of another subject", "close-cb-lost", 2, `are those of "reference with close-cb-twice", and this is "reference with close-cb-lost"`)

	other := e
	other.Subject = "reference with close-cb-lost"
	other.Expect = slices.Clone(e.Expect)
	other.Expect[0].Confirmed = "0.1"
	write(other)
	judge("another failure", "close-cb-lost", 1, "It was expected to fail otherwise (it calls twice)", "The expectation was confirmed with version 0.1; this is ")

	other.Subject = "reference with ssl-error-unnamed"
	write(other)
	judge("a spec that passes", "ssl-error-unnamed", 1, "It passes, and was expected to fail (it calls twice)", "1 passed")

	for n := range other.Expect {
		other.Expect[n].Sometimes = true
	}
	write(other)
	judge("specs that pass, and fail only sometimes", "ssl-error-unnamed", 0, "1 passed")

	e.Expect[0].Spec = "close/explicit does what no spec does"
	write(e)
	judge("an unknown spec", "close-cb-twice", 2, `there is no spec "close/explicit does what no spec does": `+"`sslconform list` names those of close/explicit")
}

// No expectation excuses a crash.
func TestCrashIsNeverExpected(t *testing.T) {
	folder := t.TempDir()
	r := runsIn(t, folder, broken("broken-pipe-kills", "error/survives-pipe")...)
	if r.code != 1 {
		t.Fatalf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	draft := strings.ReplaceAll(runsIn(t, folder, "expect").out, `"why": ""`, `"why": "it dies"`)
	draft = strings.ReplaceAll(draft, `"where": ""`, `"where": "acme/acme#1"`)
	var e verdict.Expectations
	if err := json.Unmarshal([]byte(draft), &e); err != nil {
		t.Fatal(err)
	}
	for n := range e.Expect {
		e.Expect[n].Match = "error/survives-pipe" // any failure has that
	}
	writeJSON(t, filepath.Join(folder, "e.json"), e)
	r = runsIn(t, folder, broken("broken-pipe-kills", "error/survives-pipe", "--expect", "e.json")...)
	if r.code != 1 || !strings.Contains(r.out, "no expectation excuses a crash") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

// Of a spec that failed, the requests are kept as lines that a driver can be sent again.
func TestRequestsOfFailures(t *testing.T) {
	folder := t.TempDir()
	failed := runsIn(t, folder, broken("close-cb-twice", "close/explicit")...)
	if want := "\nits requests, line by line: out/specs/close.explicit.1.jsonl\n"; !strings.Contains(failed.out, want) {
		t.Errorf("the failure does not name the file:\n%s", failed.out)
	}
	lines, err := os.ReadFile(filepath.Join(folder, "out", "specs", "close.explicit.1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"id":1,"op":"hello","protocol":1}`, `"op":"open","session":"s1"}`, `"op":"wrap","on":"plain"`, `"op":"close","on":"tls"`} {
		if !strings.Contains(string(lines), want) {
			t.Errorf("they lack %s:\n%s", want, lines)
		}
	}
	runsIn(t, folder, "run", "--spec", "^close/explicit ")
	if left, err := os.ReadDir(filepath.Join(folder, "out", "specs")); err == nil {
		t.Errorf("of a run without failures there are %v", left)
	}
}

// What is expected of each peer can be read, gives its reasons, and is about specs that there are: else only who judges
// the peer would notice.
func TestExpectationsOfPeers(t *testing.T) {
	for _, problem := range lintExpectations("../../../impl/peers", "../../../fixtures/expectations") {
		t.Error(problem)
	}
}

// lintExpectations looks through the files of expectations: there is one for each folder of a peer, and no other.
func lintExpectations(peers, expectations string) (problems []string) {
	folders, err := os.ReadDir(peers)
	if err != nil {
		return []string{err.Error()}
	}
	files, err := os.ReadDir(expectations)
	if err != nil {
		return []string{err.Error()}
	}
	for _, peer := range folders {
		if _, err := verdict.ReadExpectations(filepath.Join(expectations, peer.Name()+".json"), conformance.KnownSpec); err != nil {
			problems = append(problems, err.Error())
		}
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		if !slices.ContainsFunc(folders, func(peer os.DirEntry) bool { return peer.Name() == name }) {
			problems = append(problems, fmt.Sprintf("%s is about no peer: there is no folder %s in %s", file.Name(), name, peers))
		}
	}
	return problems
}

func TestLintExpectationsFinds(t *testing.T) {
	peers, files := t.TempDir(), t.TempDir()
	for _, peer := range []string{"good", "unreasoned", "unread"} {
		if err := os.Mkdir(filepath.Join(peers, peer), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, why := range map[string]string{"good": "it cannot", "unreasoned": "", "forgotten": "it could not"} {
		e := verdict.Expectations{Format: verdict.ExpectationsFormat, Subject: name, Expect: []verdict.Expectation{
			{Spec: closing, Match: twice, Why: why, Where: "acme/acme#1", Confirmed: "0.9"}}}
		writeJSON(t, filepath.Join(files, name+".json"), e)
	}
	got := lintExpectations(peers, files)
	want := []string{"unread.json: no such file", "unreasoned.json: number 1 (" + closing + "): \"why\" is empty", "forgotten.json is about no peer"}
	for n, piece := range want {
		if len(got) != len(want) || !strings.Contains(got[n], piece) {
			t.Fatalf("it finds %q, want %q", got, want)
		}
	}
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
