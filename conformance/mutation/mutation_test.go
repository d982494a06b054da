package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/fixtures/skip"
)

// Each file of the folders is mutated, or spared for a reason.
func TestConfig(t *testing.T) {
	t.Chdir("../..")
	c, err := readConfig("conformance/mutation/mutation.yaml")
	if err != nil {
		t.Fatal(err)
	}
	chosen := slices.Concat(c.Mutated, c.Spared)
	for _, f := range chosen {
		if f.Why == "" {
			t.Errorf("%s is mutated, or spared, without a reason", f.File)
		}
	}
	var there []string
	for _, folder := range []string{"impl/async", "impl/asyncssl", "impl/identity"} {
		all, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		there = append(there, slices.DeleteFunc(all, func(f string) bool { return strings.HasSuffix(f, "_test.go") })...)
	}
	told := files(chosen)
	slices.Sort(told)
	if diff := cmp.Diff(there, told); diff != "" {
		t.Errorf("mutated or spared (-there +told):\n%s", diff)
	}
}

// An equivalent that is not found, or has no reason, is an error.
func TestMark(t *testing.T) {
	mutants := func() []*mutant {
		return []*mutant{{File: "a.go", Function: "f", Line: "a < b", Becomes: "a <= b"}, {File: "a.go", Function: "f", Line: "g()", Nth: 2}}
	}
	for name, test := range map[string]struct {
		listed  []equivalent
		reasons []string
		err     string
	}{
		"none":             {nil, []string{"", ""}, ""},
		"an exchange":      {[]equivalent{{"a.go", "f", "a < b", []string{"a <= b"}, 0, "same"}}, []string{"same", ""}, ""},
		"a deletion":       {[]equivalent{{"a.go", "f", "g()", nil, 2, "same"}}, []string{"", "same"}, ""},
		"the wrong one":    {[]equivalent{{"a.go", "f", "g()", nil, 0, "same"}}, []string{"", ""}, `"g()" is listed as equivalent where it becomes "", and there is no such mutant`},
		"without a reason": {[]equivalent{{"a.go", "f", "g()", nil, 2, ""}}, []string{"", ""}, "without a reason"},
	} {
		all := mutants()
		err := (&config{Equivalents: test.listed}).mark(all)
		if err == nil && test.err != "" || err != nil && (test.err == "" || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: %v, want %q", name, err, test.err)
		}
		if got := []string{all[0].Reason, all[1].Reason}; !slices.Equal(got, test.reasons) {
			t.Errorf("%s: reasons %q, want %q", name, got, test.reasons)
		}
	}
}

// What Gremlins finds is exchanged where it says, and what is not known is an error.
func TestExchanged(t *testing.T) {
	const text = "package p\n\nvar x = a &^ b\nvar y = a <= b\n"
	s, err := parse("p.go", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	edits, err := exchanged(s, []finding{{"INVERT_BITWISE", 3, 11}, {"CONDITIONALS_NEGATION", 4, 11}, {"CONDITIONALS_BOUNDARY", 4, 11}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range s.mutants(edits) {
		got = append(got, m.Line+" → "+m.Becomes)
	}
	want := []string{"var x = a &^ b → var x = a & b", "var y = a <= b → var y = a > b", "var y = a <= b → var y = a < b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
	for _, unknown := range []finding{{"INVERT_BITWISE", 4, 11}, {"SOMETHING_NEW", 3, 11}} {
		if _, err := exchanged(s, []finding{unknown}); err == nil {
			t.Errorf("%v is accepted", unknown)
		}
	}
}

// What is listed as equivalent is still in the source. (Whether there still is such a mutant, Gremlins is asked by `make
// mutation`.)
func TestEquivalents(t *testing.T) {
	t.Chdir("../..")
	c, err := readConfig("conformance/mutation/mutation.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Equivalents {
		s, err := readSource(e.File)
		if err != nil {
			t.Fatal(err)
		}
		if !s.has(e.Function, e.Line) {
			t.Errorf("%s has no line %q in %s, which is listed as equivalent: strike it out", e.File, e.Line, e.Function)
		}
	}
}

// has tells whether a function has a line that begins so, be it behind something else.
func (s *source) has(function, line string) bool {
	for from := 0; ; {
		at := strings.Index(string(s.text[from:]), line)
		if at < 0 {
			return false
		}
		if s.function(from+at) == function {
			return true
		}
		from += at + 1
	}
}

// What Gremlins writes is read.
func TestReadFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "found.json")
	const found = `{"go_module":"m","files":[{"file_name":"a/b.go","mutations":[{"type":"INVERT_LOGICAL","status":"NOT COVERED","line":3,"column":11}]}]}`
	if err := os.WriteFile(path, []byte(found), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := readFound(path)
	if diff := cmp.Diff(map[string][]finding{"a/b.go": {{"INVERT_LOGICAL", 3, 11}}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestRuns(t *testing.T) {
	blocks := []block{{1, 10, 5, 2, true}, {2, 12, 4, 3, false}}
	for _, test := range []struct {
		line, column int
		want         bool
	}{{1, 1, true}, {2, 11, true}, {2, 12, false}, {3, 1, false}, {4, 2, false}, {4, 3, true}, {9, 1, true}} {
		if got := runs(blocks, test.line, test.column); got != test.want {
			t.Errorf("%d:%d runs: %v", test.line, test.column, got)
		}
	}
}

// A mutant that does not compile is none, and leaves the tree as it was.
func TestNotViable(t *testing.T) {
	t.Chdir("../..")
	const file = "impl/asyncssl/wrap.go"
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m := &mutant{File: file, text: append(slices.Clone(before), "func unfinished() int {}\n"...)}
	if err := (&judge{folder: t.TempDir()}).judge(context.Background(), m); err != nil || m.Status != notViable {
		t.Errorf("%v, %q", err, m.Status)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the file is not what it was (%v)", err)
	}
}

// A driver that does not end by itself is ended, and no other process.
func TestEndAll(t *testing.T) {
	data, err := os.ReadFile(skip.Tool(t, "sleep"))
	if err != nil {
		t.Fatal(err)
	}
	start := func() (string, *exec.Cmd) {
		path := filepath.Join(t.TempDir(), "driver")
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(path, "60")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return path, c
	}
	driver, ended := start()
	_, other := start()
	endAll(driver)
	if err := ended.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("the driver ended with %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Errorf("another process is gone, too: %v", err)
	}
	other.Wait()
}
