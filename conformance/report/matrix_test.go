package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

func verdictOn(name string, statuses ...verdict.Status) verdict.Verdict {
	v := verdict.Verdict{Format: verdict.Format, Subject: verdict.Subject{Name: name, Version: "1.0", Language: "C"}, Verdict: verdict.Partial, Hardened: true}
	for n, s := range statuses {
		v.Clauses = append(v.Clauses, verdict.Clause{ID: []string{"a/one", "a/two", "b/three"}[n], Level: fixtures.Must, Status: s})
		*v.Counts.Of(s)++
	}
	return v
}

// Each implementation has its column, each clause its row.
func TestMatrix(t *testing.T) {
	m, err := NewMatrix([]verdict.Verdict{
		verdictOn("acme", verdict.Passed, verdict.Failed, verdict.NotRun),
		verdictOn("other", verdict.ByDriver, verdict.Unsupported, verdict.Passed),
	})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := m.Write(folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "matrix.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"- acme 1.0 (C)\n", "| acme | C | partial, hardened | 1 | 1 | 0 | 0 | 1 |\n",
		"| clause | level | acme | other |\n", "| a/one | must | ✓ | driver |\n", "| a/two | must | ✗ | – |\n", "| b/three | must | · | ✓ |\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "matrix.json")); err != nil {
		t.Error(err)
	}
}

// What was judged by other clauses cannot stand beside.
func TestMatrixOfOtherClauses(t *testing.T) {
	few, more := verdictOn("few", verdict.Passed), verdictOn("more", verdict.Passed, verdict.Passed)
	for _, verdicts := range [][]verdict.Verdict{{few, more}, {more, few}} {
		if _, err := NewMatrix(verdicts); err == nil || !strings.Contains(err.Error(), "not of the same clauses: judge both with the same version") {
			t.Errorf("got %v", err)
		}
	}
}

// A cell of the page leads to its failure, where there is a page that tells of it.
func TestMatrixPage(t *testing.T) {
	const evil = `<script>alert(1)</script>`
	one, other := verdictOn(evil, verdict.Passed, verdict.Failed), verdictOn("other", verdict.Failed, verdict.Unsupported)
	one.Run = &verdict.Run{Suite: "v1.0", Platform: "linux/amd64", Command: "sslconform run -- " + evil}
	m, err := NewMatrix([]verdict.Verdict{one, other})
	if err != nil {
		t.Fatal(err)
	}
	m.Implementations[0].Report = "one/report.html"
	folder := t.TempDir()
	if err := m.Write(folder); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(folder, "matrix.html"))
	if err != nil {
		t.Fatal(err)
	}
	for want, count := range map[string]int{
		`href="one/report.html#a/two"`:                           2, // at a glance, and in the table
		`href="one/report.html"`:                                 1,
		`/report.html#a/one`:                                     0, // it passed with the one, and the other has no page
		"There is no report.html beside its verdict.":            1,
		"Its verdict does not tell when and where it was judged": 1,
		"sslconform v1.0 on linux/amd64":                         1,
		"<script>":                                               1,
		"1 passed, 1 failed":                                     1,
		`<span class="id">a/two</span>`:                          1,
	} {
		if got := strings.Count(string(page), want); got != count {
			t.Errorf("%q is there %d times, want %d", want, got, count)
		}
	}
}
