package verdict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	. "github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

var clauses = []fixtures.Clause{
	{ID: "a/must", Level: fixtures.Must},
	{ID: "a/should", Level: fixtures.Should},
	{ID: "a/secure", Level: fixtures.Secure},
}

// specs makes one spec for each clause, with these statuses.
func specs(must, should, secure Status) []Spec {
	return []Spec{
		{Clause: "a/must", Name: "m", Status: must, Seconds: 1},
		{Clause: "a/should", Name: "s", Status: should, Seconds: 2},
		{Clause: "a/secure", Name: "c", Status: secure, Seconds: 3},
	}
}

func info(capabilities ...subject.Capability) subject.Info {
	return subject.Info{Name: "acme", Capabilities: append(capabilities, subject.TLS13)}
}

var all = info(subject.Documented...)

func TestConclusion(t *testing.T) {
	for _, test := range []struct {
		name     string
		info     subject.Info
		specs    []Spec
		want     Conclusion
		hardened bool
	}{
		{"all passed", all, specs(Passed, Passed, Passed), Conformant, true},
		{"a should failed", all, specs(Passed, Failed, Passed), Conformant, true},
		{"a secure failed", all, specs(Passed, Passed, Failed), Conformant, false},
		{"a secure was not run", all, specs(Passed, Passed, NotRun), Conformant, false},
		{"a secure does not apply", all, specs(Passed, Passed, Unsupported), Conformant, true},
		{"a must does not apply, for want of an extra", all, specs(Unsupported, Passed, Passed), Conformant, true},
		{"a documented capability is missing", info(), specs(Passed, Passed, Passed), Partial, true},
		{"the driver provides a must", all, specs(ByDriver, Passed, Passed), Partial, true},
		{"a must was not run", all, specs(NotRun, Passed, Passed), Incomplete, false},
		{"a must failed", all, specs(Failed, Passed, Passed), NonConformant, false},
		{"nothing was run", all, nil, Incomplete, false},
	} {
		v := Of(test.info, clauses, test.specs, 1)
		if v.Verdict != test.want || v.Hardened != test.hardened {
			t.Errorf("%s: %s, hardened %t; want %s, %t", test.name, v.Verdict, v.Hardened, test.want, test.hardened)
		}
	}
}

// A clause is as good as the worst of its specs that apply.
func TestStatusOnlyGetsWorse(t *testing.T) {
	order := []Status{Unsupported, Passed, ByDriver, NotRun, Failed}
	for i, a := range order {
		for j, b := range order {
			v := Of(all, clauses[:1], []Spec{{Clause: "a/must", Status: a}, {Clause: "a/must", Status: b}}, 1)
			if got, want := v.Clauses[0].Status, order[max(i, j)]; got != want {
				t.Errorf("%s and %s: %s, want %s", a, b, got, want)
			}
			if n := *v.Counts.Of(order[max(i, j)]); n != 1 {
				t.Errorf("%s and %s: counted %d times", a, b, n)
			}
		}
	}
}

func TestExitCode(t *testing.T) {
	blamed := func(b Blame) []Spec {
		s := specs(Passed, Passed, Passed)
		s[1].Status, s[1].Blame = Failed, b
		return s
	}
	for _, test := range []struct {
		name  string
		info  subject.Info
		specs []Spec
		gate  Gate
		want  int
	}{
		{"conformant", all, specs(Passed, Passed, Passed), Gate{}, ExitOK},
		{"partial", info(), specs(Passed, Passed, Passed), Gate{}, ExitOK},
		{"incomplete", all, specs(NotRun, Passed, Passed), Gate{}, ExitOK},
		{"a must failed", all, specs(Failed, Passed, Passed), Gate{}, ExitFailed},
		{"a should failed", all, specs(Passed, Failed, Passed), Gate{}, ExitFailed},
		{"a secure failed", all, specs(Passed, Passed, Failed), Gate{}, ExitFailed},
		{"a should failed, only musts count", all, specs(Passed, Failed, Passed), Gate{MustOnly: true}, ExitOK},
		{"a must failed, only musts count", all, specs(Failed, Passed, Passed), Gate{MustOnly: true}, ExitFailed},
		{"conformant, strictly", all, specs(Passed, Passed, Passed), Gate{Strict: true}, ExitOK},
		{"partial, strictly", info(), specs(Passed, Passed, Passed), Gate{Strict: true}, ExitFailed},
		{"incomplete, strictly", all, specs(NotRun, Passed, Passed), Gate{Strict: true}, ExitFailed},
		{"only the driver's", all, specs(ByDriver, NotRun, NotRun), Gate{}, ExitOK},
		{"nothing run", all, nil, Gate{}, ExitUsage},
		{"nothing selected", all, specs(NotRun, NotRun, NotRun), Gate{}, ExitUsage},
		{"nothing applies", all, specs(Unsupported, Unsupported, Unsupported), Gate{}, ExitUsage},
		{"the driver is at fault", all, blamed(Driver), Gate{MustOnly: true}, ExitFailed},
		{"the driver is at fault at once", all, []Spec{{Clause: "a/must", Status: Failed, Blame: Driver}}, Gate{}, ExitFailed},
		{"the suite is at fault", all, blamed(Suite), Gate{}, ExitSuite},
		{"the suite is at fault outside a spec", all, []Spec{{Blame: Suite}}, Gate{}, ExitSuite},
	} {
		if got := Of(test.info, clauses, test.specs, 1).ExitCode(test.gate); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// What the driver or the suite spoilt was not judged: it says nothing of the subject.
func TestBlameIsNoFailureOfTheSubject(t *testing.T) {
	v := Of(all, clauses, []Spec{{Clause: "a/must", Status: Failed, Blame: Driver, Failure: "garbage"}}, 1)
	if v.Clauses[0].Status != NotRun || v.Verdict != Incomplete {
		t.Errorf("%s, %s; want %s, %s", v.Clauses[0].Status, v.Verdict, NotRun, Incomplete)
	}
	if got := v.Failures(); len(got) != 1 || got[0].Failure != "garbage" {
		t.Errorf("failures %v", got)
	}
}

func TestFailureText(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(1_700_000_000_000 + int64(ms)) }
	f := Failure{
		Clause:  fixtures.Clause{ID: "a/b", Level: fixtures.Must, Text: "It does.", Quote: "it `does`"},
		Message: "want: this\n got: that\n",
		Timeline: Timeline{
			{Time: at(12), Who: "subject", Said: "answered"},
			{Time: at(10), Who: "suite", Said: "asked"},
		},
		Again: "again!",
	}
	want := `a/b (must): It does.
the documentation: "it ` + "`does`" + `"

want: this
 got: that

timeline, in milliseconds:
      0.0  suite    asked
      2.0  subject  answered

again: again!
`
	if got := f.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	f.Blame = Driver
	if !strings.Contains(f.String(), "The clause was not judged: the driver broke the protocol.") {
		t.Errorf("a driver's fault is not told:\n%s", f)
	}
}

func TestCommandLine(t *testing.T) {
	if got, want := CommandLine("run", "it's so", "", "a/b-c"), `run 'it'\''s so' '' a/b-c`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
