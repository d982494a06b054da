package verdict_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sslconform/sslconform/conformance/subject"
	. "github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// A fate is all that can become of a spec.
type fate struct {
	Status
	blame           Blame
	expected, stale bool
}

var fates = map[string]fate{
	"passed":             {Status: Passed},
	"by driver":          {Status: ByDriver},
	"unsupported":        {Status: Unsupported},
	"not run":            {Status: NotRun},
	"failed":             {Status: Failed},
	"failed as expected": {Status: Failed, expected: true},
	"stale":              {Status: Passed, stale: true},
	"stale by driver":    {Status: ByDriver, stale: true},
	"spoilt by driver":   {Status: Failed, blame: Driver},
	"spoilt by suite":    {Status: Failed, blame: Suite},
}

func (f fate) spec(clause string) Spec {
	s := Spec{Clause: clause, Name: clause + " does it", Status: f.Status, Blame: f.blame, Stale: f.stale}
	if f.Status == Failed || f.stale || f.blame != "" {
		s.Failure = "it fails"
	}
	if f.expected {
		s.Expected = "it cannot"
	}
	return s
}

// gates are all that there are, as flags of the command: none, --gate must, --strict, both.
var gates = [4]Gate{{}, {MustOnly: true}, {Strict: true}, {MustOnly: true, Strict: true}}

// What each fate of a spec comes to, at each level, where all else passed: the status of its clause, the verdict, and the
// exit code by each gate.
func TestEachFate(t *testing.T) {
	const must, should, secure = "a/must", "a/should", "a/secure"
	for _, test := range []struct {
		clause, fate string
		status       Status
		want         Conclusion
		hardened     bool
		codes        [4]int
	}{
		{must, "passed", Passed, Conformant, true, [4]int{0, 0, 0, 0}},
		{must, "by driver", ByDriver, Partial, true, [4]int{0, 0, 1, 1}},
		{must, "unsupported", Unsupported, Conformant, true, [4]int{0, 0, 0, 0}},
		{must, "not run", NotRun, Incomplete, false, [4]int{0, 0, 1, 1}},
		{must, "failed", Failed, NonConformant, false, [4]int{1, 1, 1, 1}},
		{must, "failed as expected", Failed, NonConformant, false, [4]int{0, 0, 1, 1}},
		{must, "stale", Passed, Conformant, true, [4]int{1, 1, 1, 1}},
		{must, "stale by driver", ByDriver, Partial, true, [4]int{1, 1, 1, 1}},
		{must, "spoilt by driver", NotRun, Incomplete, false, [4]int{1, 1, 1, 1}},
		{must, "spoilt by suite", NotRun, Incomplete, false, [4]int{3, 3, 3, 3}},

		{should, "passed", Passed, Conformant, true, [4]int{0, 0, 0, 0}},
		{should, "by driver", ByDriver, Conformant, true, [4]int{0, 0, 0, 0}},
		{should, "unsupported", Unsupported, Conformant, true, [4]int{0, 0, 0, 0}},
		{should, "not run", NotRun, Conformant, true, [4]int{0, 0, 0, 0}},
		{should, "failed", Failed, Conformant, true, [4]int{1, 0, 1, 0}},
		{should, "failed as expected", Failed, Conformant, true, [4]int{0, 0, 0, 0}},
		{should, "stale", Passed, Conformant, true, [4]int{1, 1, 1, 1}},
		{should, "stale by driver", ByDriver, Conformant, true, [4]int{1, 1, 1, 1}},
		{should, "spoilt by driver", NotRun, Conformant, true, [4]int{1, 1, 1, 1}},
		{should, "spoilt by suite", NotRun, Conformant, true, [4]int{3, 3, 3, 3}},

		{secure, "passed", Passed, Conformant, true, [4]int{0, 0, 0, 0}},
		{secure, "by driver", ByDriver, Conformant, true, [4]int{0, 0, 0, 0}},
		{secure, "unsupported", Unsupported, Conformant, true, [4]int{0, 0, 0, 0}},
		{secure, "not run", NotRun, Conformant, false, [4]int{0, 0, 0, 0}},
		{secure, "failed", Failed, Conformant, false, [4]int{1, 0, 1, 0}},
		{secure, "failed as expected", Failed, Conformant, false, [4]int{0, 0, 0, 0}},
		{secure, "stale", Passed, Conformant, true, [4]int{1, 1, 1, 1}},
		{secure, "stale by driver", ByDriver, Conformant, true, [4]int{1, 1, 1, 1}},
		{secure, "spoilt by driver", NotRun, Conformant, false, [4]int{1, 1, 1, 1}},
		{secure, "spoilt by suite", NotRun, Conformant, false, [4]int{3, 3, 3, 3}},
	} {
		s := specs(Passed, Passed, Passed)
		n := slices.IndexFunc(s, func(s Spec) bool { return s.Clause == test.clause })
		s[n] = fates[test.fate].spec(test.clause)
		holds := func(what string, v Verdict, want Conclusion, hardened bool, codes [4]int) {
			if got := v.Clauses[n].Status; got != test.status || v.Verdict != want || v.Hardened != hardened || exitCodes(v) != codes {
				t.Errorf("%s %s%s: %s, %s, hardened %t, exit codes %v; want %s, %s, %t, %v",
					test.clause, test.fate, what, got, v.Verdict, v.Hardened, exitCodes(v), test.status, want, hardened, codes)
			}
		}
		holds("", Of(all, clauses, s, 1), test.want, test.hardened, test.codes)

		partial, codes := test.want, test.codes
		if test.want == Conformant {
			partial = Partial
			codes[2], codes[3] = max(codes[2], ExitFailed), max(codes[3], ExitFailed)
		}
		holds(", and a documented capability is missing", Of(info(), clauses, s, 1), partial, test.hardened, codes)

		// An advisory clause is reported, and counts for nothing. What spoils a run does, and what makes its expectations wrong.
		advisory := slices.Clone(clauses)
		advisory[n].Advisory = true
		codes = [4]int{}
		if f := fates[test.fate]; f.stale || f.blame != "" {
			codes = test.codes
		}
		holds(", advisory", Of(all, advisory, s, 1), Conformant, true, codes)
	}
}

func exitCodes(v Verdict) (codes [4]int) {
	for n, g := range gates {
		codes[n] = v.ExitCode(g)
	}
	return codes
}

// What outdoes what, where several things are to be said of a run.
func TestPrecedence(t *testing.T) {
	of := func(must, should, secure string) []Spec {
		return []Spec{fates[must].spec("a/must"), fates[should].spec("a/should"), fates[secure].spec("a/secure")}
	}
	suiteFault, driverFault := fates["spoilt by suite"].spec(""), fates["spoilt by driver"].spec("")
	for _, test := range []struct {
		name     string
		info     subject.Info
		specs    []Spec
		want     Conclusion
		hardened bool
		codes    [4]int
	}{
		{"the suite's fault, and the driver's", all, of("spoilt by suite", "spoilt by driver", "passed"), Incomplete, false, [4]int{3, 3, 3, 3}},
		{"the suite's fault, and a failure", all, of("failed", "spoilt by suite", "passed"), NonConformant, false, [4]int{3, 3, 3, 3}},
		{"the suite's fault, and nothing run", all, append(of("not run", "not run", "not run"), suiteFault), Incomplete, false, [4]int{3, 3, 3, 3}},
		{"the suite's fault, and a stale expectation", all, append(of("stale", "passed", "passed"), suiteFault), Conformant, true, [4]int{3, 3, 3, 3}},
		{"the driver's fault outside a spec", all, append(of("passed", "passed", "passed"), driverFault), Conformant, true, [4]int{1, 1, 1, 1}},
		{"the driver's fault, and nothing run", all, append(of("not run", "unsupported", "not run"), driverFault), Incomplete, false, [4]int{1, 1, 1, 1}},
		{"the driver's fault, and an expected failure", all, of("failed as expected", "spoilt by driver", "passed"), NonConformant, false, [4]int{1, 1, 1, 1}},
		{"nothing run, strictly or not", all, of("not run", "unsupported", "unsupported"), Incomplete, false, [4]int{2, 2, 2, 2}},
		{"nothing applies", all, of("unsupported", "unsupported", "unsupported"), Conformant, true, [4]int{2, 2, 2, 2}},
		{"nothing run but what the suite spoilt", all, of("spoilt by suite", "not run", "not run"), Incomplete, false, [4]int{3, 3, 3, 3}},
		{"only what the driver provides", all, of("by driver", "not run", "not run"), Partial, false, [4]int{0, 0, 1, 1}},
		{"only a stale expectation", all, of("not run", "stale", "not run"), Incomplete, false, [4]int{1, 1, 1, 1}},
		{"only an expected failure", all, of("not run", "failed as expected", "not run"), Incomplete, false, [4]int{0, 0, 1, 1}},
		{"an expected failure, and one that is not", all, of("failed as expected", "failed", "passed"), NonConformant, false, [4]int{1, 0, 1, 1}},
		{"a failure of each level, as expected", all, of("failed as expected", "failed as expected", "failed as expected"), NonConformant, false, [4]int{0, 0, 1, 1}},
		{"a secure failed, and a must was not run", all, of("not run", "passed", "failed"), Incomplete, false, [4]int{1, 0, 1, 1}},
		{"a secure failed of what is partial", info(), of("passed", "passed", "failed"), Partial, false, [4]int{1, 0, 1, 1}},
		{"a must failed of what is partial", info(), of("failed", "passed", "passed"), NonConformant, false, [4]int{1, 1, 1, 1}},
		{"a must by driver of what is partial", info(), of("by driver", "passed", "passed"), Partial, true, [4]int{0, 0, 1, 1}},
		{"a must not run of what is partial", info(), of("not run", "passed", "passed"), Incomplete, false, [4]int{0, 0, 1, 1}},
	} {
		v := Of(test.info, clauses, test.specs, 1)
		if v.Verdict != test.want || v.Hardened != test.hardened || exitCodes(v) != test.codes {
			t.Errorf("%s: %s, hardened %t, exit codes %v; want %s, %t, %v", test.name, v.Verdict, v.Hardened, exitCodes(v), test.want, test.hardened, test.codes)
		}
	}
}

// Of one clause's specs, each pair of fates: what fails beside another as expected is no less of a failure, and nothing
// hides what spoilt the run.
func TestPairsOfOneClause(t *testing.T) {
	order := []Status{Unsupported, Passed, ByDriver, NotRun, Failed}
	for nameA, a := range fates {
		for nameB, b := range fates {
			what := nameA + " and " + nameB
			v := Of(all, clauses[:1], []Spec{a.spec("a/must"), b.spec("a/must")}, 1)
			rank := func(f fate) int {
				if f.blame != "" {
					return slices.Index(order, NotRun)
				}
				return slices.Index(order, f.Status)
			}
			if want := order[max(rank(a), rank(b))]; v.Clauses[0].Status != want {
				t.Errorf("%s: %s, want %s", what, v.Clauses[0].Status, want)
			}
			either := func(is func(fate) bool) bool { return is(a) || is(b) }
			judged := func(f fate) bool { return f.blame == "" && f.Status != NotRun && f.Status != Unsupported }
			want := ExitOK
			switch {
			case either(func(f fate) bool { return f.blame == Suite }):
				want = ExitSuite
			case either(func(f fate) bool { return f.blame == Driver || f.stale || f == fates["failed"] }):
				want = ExitFailed
			case !either(judged):
				want = ExitUsage
			}
			if got := v.ExitCode(Gate{}); got != want {
				t.Errorf("%s: exit code %d, want %d", what, got, want)
			}
			if v.NothingRun() == either(judged) {
				t.Errorf("%s: nothing was run: %t", what, v.NothingRun())
			}
			if n, failures := len(v.Failures()), len(slices.DeleteFunc([]fate{a, b}, func(f fate) bool { return f.spec("").Failure == "" })); n != failures {
				t.Errorf("%s: %d failures are told of, want %d", what, n, failures)
			}
		}
	}
}

// What holds of all combinations of fates, capabilities and gates.
func TestAllCombinations(t *testing.T) {
	bad := func(f fate) bool { return f == fates["failed"] }
	for m, must := range fates {
		for s, should := range fates {
			for c, secure := range fates {
				for _, has := range []subject.Info{all, info()} {
					what := fmt.Sprintf("must %s, should %s, secure %s, %d capabilities", m, s, c, len(has.Capabilities))
					specs := []Spec{must.spec("a/must"), should.spec("a/should"), secure.spec("a/secure")}
					v := Of(has, clauses, specs, 1)
					codes := exitCodes(v)

					spoilt := must.blame+should.blame+secure.blame != "" || must.stale || should.stale || secure.stale
					if codes[0] == ExitOK && (spoilt || bad(must) || bad(should) || bad(secure) || v.NothingRun()) {
						t.Errorf("%s: exit code 0", what)
					}
					if codes[1] == ExitOK && (spoilt || bad(must) || v.NothingRun()) {
						t.Errorf("%s: exit code 0 with --gate must", what)
					}
					if (codes[2] == ExitOK || codes[3] == ExitOK) && v.Verdict != Conformant {
						t.Errorf("%s: exit code 0 with --strict, and %s", what, v.Verdict)
					}
					if codes[1] > codes[0] || codes[3] > codes[2] || codes[2] < codes[0] || codes[3] < codes[1] {
						t.Errorf("%s: exit codes %v: --gate must makes it no worse, --strict no better", what, codes)
					}
					other := fates["passed"]
					if w := Of(has, clauses, []Spec{specs[0], other.spec("a/should"), specs[2]}, 1); w.Verdict != v.Verdict || w.Hardened != v.Hardened {
						t.Errorf("%s: what becomes of a should changes the verdict", what)
					}
					if w := Of(has, clauses, []Spec{specs[0], specs[1], other.spec("a/secure")}, 1); w.Verdict != v.Verdict {
						t.Errorf("%s: what becomes of a secure changes the verdict", what)
					}
					slices.Reverse(specs)
					if w := Of(has, clauses, specs, 1); w.Verdict != v.Verdict || w.Hardened != v.Hardened || exitCodes(w) != codes || w.Counts != v.Counts {
						t.Errorf("%s: it matters in which order specs were run", what)
					}
					if n := v.Counts; n.Passed+n.Failed+n.Unsupported+n.ByDriver+n.NotRun != len(clauses) {
						t.Errorf("%s: the counts %+v are not of %d clauses", what, n, len(clauses))
					}
				}
			}
		}
	}
}

// Seconds of a clause are those of its specs, and levels and names are kept.
func TestClausesKeep(t *testing.T) {
	s := append(specs(Passed, Failed, NotRun), Spec{Clause: "a/must", Name: "n", Status: Unsupported, Seconds: 4}, Spec{Clause: "a/unknown", Status: Failed})
	v := Of(all, clauses, s, 7)
	if len(v.Clauses) != 3 || v.Seconds != 7 {
		t.Fatalf("%d clauses, %v s", len(v.Clauses), v.Seconds)
	}
	for n, want := range []Clause{
		{ID: "a/must", Level: fixtures.Must, Status: Passed, Seconds: 5, Specs: []Spec{s[0], s[3]}},
		{ID: "a/should", Level: fixtures.Should, Status: Failed, Seconds: 2, Specs: []Spec{s[1]}},
		{ID: "a/secure", Level: fixtures.Secure, Status: NotRun, Seconds: 3, Specs: []Spec{s[2]}},
	} {
		if got := v.Clauses[n]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
