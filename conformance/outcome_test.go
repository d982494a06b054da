package conformance

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// What a spec leaves in Ginkgo's report, in each state that Ginkgo knows, is read as what became of it; what left nothing
// there, or ended otherwise, is the suite's fault.
func TestResult(t *testing.T) {
	const why = "it cannot"
	passed, byDriver := &outcome{Passed: verdict.Passed}, &outcome{Passed: verdict.ByDriver}
	unsupported := &outcome{Passed: verdict.Unsupported}
	expected := &outcome{Passed: verdict.Passed, Expected: why, Failure: "it fails"}
	stale, staleByDriver := &outcome{Passed: verdict.Passed, Stale: true}, &outcome{Passed: verdict.ByDriver, Stale: true}
	driver, suites := &outcome{Passed: verdict.Passed, Blame: verdict.Driver}, &outcome{Passed: verdict.Passed, Blame: verdict.Suite}
	for _, test := range []struct {
		name    string
		state   types.SpecState
		left    *outcome
		message string
		want    verdict.Spec
	}{
		{"passed", types.SpecStatePassed, passed, "", verdict.Spec{Status: verdict.Passed}},
		{"passed by driver", types.SpecStatePassed, byDriver, "", verdict.Spec{Status: verdict.ByDriver}},
		{"passed, and left nothing", types.SpecStatePassed, nil, "", verdict.Spec{Status: verdict.NotRun, Blame: verdict.Suite, Failure: "passed: "}},
		{"failed", types.SpecStateFailed, passed, "it fails", verdict.Spec{Status: verdict.Failed, Failure: "it fails"}},
		{"failed by driver", types.SpecStateFailed, byDriver, "it fails", verdict.Spec{Status: verdict.Failed, Failure: "it fails"}},
		{"spoilt by driver", types.SpecStateFailed, driver, "garbage", verdict.Spec{Status: verdict.Failed, Blame: verdict.Driver, Failure: "garbage"}},
		{"spoilt by suite", types.SpecStateFailed, suites, "no room", verdict.Spec{Status: verdict.Failed, Blame: verdict.Suite, Failure: "no room"}},
		{"failed, and left nothing", types.SpecStateFailed, nil, "it fails", verdict.Spec{Status: verdict.NotRun, Blame: verdict.Suite, Failure: "failed: it fails"}},
		{"as expected", types.SpecStateSkipped, expected, "it failed as expected", verdict.Spec{Status: verdict.Failed, Failure: "it fails", Expected: why}},
		{"unsupported", types.SpecStateSkipped, unsupported, "the subject does not declare", verdict.Spec{Status: verdict.Unsupported}},
		{"never begun", types.SpecStateSkipped, nil, "", verdict.Spec{Status: verdict.NotRun}},
		{"stale", types.SpecStateFailed, stale, "It passes", verdict.Spec{Status: verdict.Passed, Stale: true, Failure: "It passes"}},
		{"stale by driver", types.SpecStateFailed, staleByDriver, "It passes", verdict.Spec{Status: verdict.ByDriver, Stale: true, Failure: "It passes"}},
		{"panicked", types.SpecStatePanicked, passed, "index out of range", verdict.Spec{Status: verdict.NotRun, Blame: verdict.Suite, Failure: "panicked: index out of range"}},
		{"timed out", types.SpecStateTimedout, passed, "too long", verdict.Spec{Status: verdict.NotRun, Blame: verdict.Suite, Failure: "timedout: too long"}},
		{"interrupted", types.SpecStateInterrupted, passed, "by user", verdict.Spec{Status: verdict.NotRun, Blame: verdict.Suite, Failure: "interrupted: by user"}},
		{"aborted", types.SpecStateAborted, nil, "aborted", verdict.Spec{Status: verdict.NotRun, Blame: verdict.Suite, Failure: "aborted: aborted"}},
	} {
		report := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: "does it", ContainerHierarchyTexts: []string{"a/b"}, State: test.state}
		report.Failure.Message = test.message
		if test.left != nil {
			report.ReportEntries = types.ReportEntries{{Name: outcomeEntry, Value: types.WrapEntryValue(*test.left)}}
		}
		test.want.Clause, test.want.Name = "a/b", "a/b does it"
		for way, r := range map[string]types.SpecReport{"in this process": report, "in another one": travelled(t, report)} {
			if diff := cmp.Diff(test.want, result(r)); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", test.name, way, diff)
			}
		}
	}
}

// travelled is a report as it comes from another process.
func travelled(t *testing.T, r types.SpecReport) (came types.SpecReport) {
	t.Helper()
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &came)
	}
	if err != nil {
		t.Fatal(err)
	}
	return came
}

// What is outside any spec, and fails, is the suite's fault.
func TestVerdictOfOthers(t *testing.T) {
	for state, want := range map[types.SpecState]int{types.SpecStatePassed: verdict.ExitUsage, types.SpecStateFailed: verdict.ExitSuite, types.SpecStatePanicked: verdict.ExitSuite} {
		s := suiteOf(idle{})
		v := s.verdict(types.Report{SpecReports: types.SpecReports{{LeafNodeType: types.NodeTypeBeforeSuite, State: state}}})
		if code := v.ExitCode(verdict.Gate{}); code != want {
			t.Errorf("%s: exit code %d, want %d", state, code, want)
		}
	}
}

// What the watch over parked sessions says, by what was expected of it.
func TestWatchJudged(t *testing.T) {
	const late, died = "got: late read", "the driver's process ended (signal: killed)"
	expectation := verdict.Expectation{Spec: watchName, Match: "late read", Why: "it cannot", Confirmed: "1.0"}
	anything := expectation
	anything.Match = "e"
	sometimes := expectation
	sometimes.Sometimes = true
	for _, test := range []struct {
		name        string
		all         []watched
		expectation *verdict.Expectation
		want        verdict.Spec
		says        string
	}{
		{"quiet", []watched{{}}, nil, verdict.Spec{Status: verdict.Passed}, ""},
		{"quiet, and expected not to be", []watched{{}}, &expectation, verdict.Spec{Status: verdict.Passed, Stale: true}, "It passes, and was expected to fail (it cannot)"},
		{"quiet, and expected not to be sometimes", []watched{{}}, &sometimes, verdict.Spec{Status: verdict.Passed}, ""},
		{"a failure that is expected sometimes", []watched{{Failure: late}}, &sometimes, verdict.Spec{Status: verdict.Failed, Expected: "it cannot"}, late},
		{"a crash where a failure is expected sometimes", []watched{{Failure: died, Fatal: true}}, &sometimes, verdict.Spec{Status: verdict.Failed}, "no expectation excuses a crash"},
		{"a failure", []watched{{}, {Failure: late}}, nil, verdict.Spec{Status: verdict.Failed}, late},
		{"as expected", []watched{{}, {Failure: late}}, &expectation, verdict.Spec{Status: verdict.Failed, Expected: "it cannot"}, late},
		{"otherwise", []watched{{Failure: "got: late event"}}, &expectation, verdict.Spec{Status: verdict.Failed}, "It was expected to fail otherwise"},
		{"a crash", []watched{{Failure: died, Fatal: true}}, &anything, verdict.Spec{Status: verdict.Failed}, "no expectation excuses a crash"},
		{"a crash beside what was expected", []watched{{Failure: late}, {Failure: died, Fatal: true}}, &expectation, verdict.Spec{Status: verdict.Failed}, "no expectation excuses a crash"},
		{"garbage", []watched{{Failure: "garbage", Blame: verdict.Driver, Fatal: true}}, &anything, verdict.Spec{Status: verdict.Failed, Blame: verdict.Driver}, "garbage"},
		{"garbage beside what was expected", []watched{{Failure: "garbage", Blame: verdict.Driver, Fatal: true}, {Failure: late}}, &expectation,
			verdict.Spec{Status: verdict.Failed}, "or a breach of the protocol"},
	} {
		s := suiteOf(idle{})
		if test.expectation != nil {
			s.options.Expectations.Expect = []verdict.Expectation{*test.expectation}
		}
		got := s.watchJudged(test.all)
		if !strings.Contains(got.Failure, test.says) || (test.says == "" || test.want.Blame != "") && got.Failure != test.says {
			t.Errorf("%s: it says %q, want %q", test.name, got.Failure, test.says)
		}
		got.Failure, test.want.Clause, test.want.Name = "", lastClause, watchName
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// A spec is selected by its name and its labels, both of them.
func TestSelects(t *testing.T) {
	e := &entry{clause: fixtures.Clause{ID: "close/peer", Level: fixtures.Must}, text: "does it"}
	heavy := &entry{clause: e.clause, text: "does it byte by byte", heavy: true}
	for _, test := range []struct {
		spec, label string
		want        [2]bool
	}{
		{"", "", [2]bool{true, true}},
		{"^close/peer does it$", "", [2]bool{true, false}},
		{"close/pe", "", [2]bool{true, true}},
		{"^does it", "", [2]bool{}},
		{"", "close", [2]bool{true, true}},
		{"", "close.peer", [2]bool{true, true}},
		{"", "must", [2]bool{true, true}},
		{"", "secure", [2]bool{}},
		{"", "heavy", [2]bool{false, true}},
		{"", "close && !heavy", [2]bool{true, false}},
		{"byte", "must", [2]bool{false, true}},
		{"byte", "!heavy", [2]bool{}},
		{"", "close && (", [2]bool{}},
	} {
		o := Options{Label: test.label}
		if test.spec != "" {
			o.Spec = regexp.MustCompile(test.spec)
		}
		if got := [2]bool{o.selects(e), o.selects(heavy)}; got != test.want {
			t.Errorf("by the name %q and the labels %q: %v, want %v", test.spec, test.label, got, test.want)
		}
	}
}

// The pattern of some names matches these and no others.
func TestPattern(t *testing.T) {
	all := Specs()
	selections := [][]string{all[3:5], {watchName}, {"a/b does (it) . twice|or not"}}
	for _, name := range all {
		selections = append(selections, []string{name})
	}
	for _, names := range selections {
		pattern := regexp.MustCompile(Pattern(names...))
		for _, name := range slices.Concat(all, names) {
			if got, want := pattern.MatchString(name), slices.Contains(names, name); got != want {
				t.Errorf("%s matches %q: %t", pattern, name, got)
			}
		}
	}
}

// A spec whose capability is not declared lacks it, be it the clause or the spec that needs it.
func TestLacking(t *testing.T) {
	s := suiteOf(idle{})
	for _, test := range []struct {
		of, needing []string
		want        subject.Capability
	}{
		{nil, nil, ""}, {[]string{"pause"}, nil, subject.Pause}, {nil, []string{"stream"}, subject.Stream}, {[]string{"pause"}, []string{"stream"}, subject.Pause},
	} {
		e := &entry{clause: fixtures.Clause{Needs: test.of}}
		for _, n := range test.needing {
			e.needing(subject.Capability(n))
		}
		if got, lacks := s.lacking(e); got != test.want || lacks != (test.want != "") {
			t.Errorf("%v and %v: it lacks %q, want %q", test.of, test.needing, got, test.want)
		}
	}
}
