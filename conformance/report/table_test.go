package report_test

import (
	"strings"
	"testing"

	. "github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

func printed(t *testing.T, info subject.Info, specs ...verdict.Spec) string {
	t.Helper()
	clauses, err := fixtures.Clauses()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Print(&b, verdict.Of(info, clauses, specs, 1), Style{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A person is told what there is to be known: of failures, of what is expected, of what is not declared, and how much of
// what was run was none of a whole clause.
func TestPrint(t *testing.T) {
	const explicit, paused = "close/explicit", "reattach/paused" // which needs pause
	failed := verdict.Spec{Clause: explicit, Name: "a", Status: verdict.Failed, Failure: "it fails"}
	expected, blamed := failed, failed
	expected.Expected = "it cannot"
	blamed.Blame = verdict.Driver
	info := subject.Info{Name: "acme", Version: "1.0", Language: "C"}
	pausing := info
	pausing.Capabilities = []subject.Capability{subject.Pause}
	for name, test := range map[string]struct {
		info       subject.Info
		specs      []verdict.Spec
		says, hush string
	}{
		"a failure":         {info, []verdict.Spec{failed}, "✗ it fails\n─", "?"},
		"the driver's":      {info, []verdict.Spec{blamed}, "? it fails\n─", "✗"},
		"the suite's":       {info, []verdict.Spec{{Blame: verdict.Suite, Failure: "no room"}}, "? no room\nThis is a fault of the suite itself", "✗"},
		"as expected":       {info, []verdict.Spec{expected}, "\n1 spec failed as expected:\n  a\n    it cannot\n", "✗"},
		"two as expected":   {info, []verdict.Spec{expected, expected}, "\n2 specs failed as expected:\n", "✗"},
		"and one otherwise": {info, []verdict.Spec{expected, failed}, "163 of 164 not run, 1 failed (1.00 s)", "1 failed as expected ("},
		"undeclared":        {info, []verdict.Spec{{Clause: paused, Name: "p", Status: verdict.Unsupported}}, "\nunsupported is what needs a capability that is not declared: pause\n", "✗"},
		"declared":          {pausing, []verdict.Spec{{Clause: paused, Name: "p", Status: verdict.Unsupported}}, "1 unsupported", "not declared"},
		"not of a clause": {info, []verdict.Spec{{Clause: explicit, Status: verdict.Passed}, {Clause: explicit, Status: verdict.NotRun}},
			"incomplete: 164 of 164 not run (but 1 spec of theirs passed) (1.00 s)", "1 passed"},
		"of a clause": {info, []verdict.Spec{{Clause: explicit, Status: verdict.Passed}}, "163 of 164 not run, 1 passed (1.00 s)", "theirs"},
		"who it is":   {info, nil, "acme 1.0 (C)\n", "✗"},
	} {
		got := printed(t, test.info, test.specs...)
		if !strings.Contains(got, test.says) || strings.Contains(got, test.hush) {
			t.Errorf("%s: want %q in it, and no %q:\n%s", name, test.says, test.hush, got)
		}
	}
}
