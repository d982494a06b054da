package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// outcome is what a spec leaves in Ginkgo's report, beside the state that Ginkgo knows. It travels between parallel
// processes as JSON.
type outcome struct {
	Passed   verdict.Status // what it means that the spec passed, or was skipped
	Blame    verdict.Blame
	Fatal    bool                // the subject crashed, or left an operation without an answer
	Expected string              // why it was expected to fail as it did
	Failure  string              // how it did that
	Stale    bool                // it passed, and was expected to fail
	Turns    [][]subject.Request // what was asked of the subject, if it failed
	Scene    *verdict.Scene      // of the failure, if it did
	Captures []verdict.Capture   // what passed at its peers, if that was to be kept
}

const (
	outcomeEntry = "sslconform"
	ledgerEntry  = "sslconform-ledger"
)

// outcome is that of a spec so far.
func (sp *spec) outcome() outcome {
	o := outcome{Passed: verdict.Passed, Blame: sp.blame, Fatal: sp.fatal, Scene: sp.scene}
	if sp.failed {
		o.Turns = sp.turns
	}
	if sp.failed || sp.suite.options.Captures == CaptureAll {
		o.Captures = sp.captures()
	}
	if byDriver(sp.suite.subject.Info(), sp.clause) {
		o.Passed = verdict.ByDriver
	}
	return o
}

// report puts it into Ginkgo's.
func (o outcome) report() {
	ginkgo.AddReportEntry(outcomeEntry, o, ginkgo.ReportEntryVisibilityNever)
}

// skip reports it, and ends the spec without a failure: the one place where specs are skipped, for what the subject does
// not declare or fails as it is expected to.
func (o outcome) skip(why string) {
	o.report()
	ginkgo.Skip(why)
}

// report hands over the verdict. What the watch over parked sessions says is in it alone, so that here is where Ginkgo
// learns of it.
func (s *suite) report(r ginkgo.Report) {
	v := s.verdict(r)
	if s.options.Done != nil {
		s.options.Done(v)
	}
	watched := ""
	for _, f := range v.Failures() {
		if f.Name == watchName && f.Expected == "" {
			watched = f.Failure
		}
	}
	if s.options.Ginkgo != nil {
		s.options.Ginkgo(withoutEntries(r, watched))
	}
	if watched != "" {
		ginkgo.Fail(watched)
	}
}

// withoutEntries is a report without what the suite has put into it for itself, and with what it will fail for.
func withoutEntries(r ginkgo.Report, failure string) ginkgo.Report {
	if failure != "" {
		r.SuiteSucceeded = false
		r.SpecialSuiteFailureReasons = append(slices.Clone(r.SpecialSuiteFailureReasons), failure)
	}
	r.SpecReports = slices.Clone(r.SpecReports)
	for n := range r.SpecReports {
		r.SpecReports[n].ReportEntries = nil
	}
	return r
}

// verdict judges the subject by the reports of all processes.
func (s *suite) verdict(r ginkgo.Report) verdict.Verdict {
	specs := slices.Clone(s.unselected)
	var all []watched
	var waits []verdict.Wait
	for _, report := range r.SpecReports {
		var w []watched
		if entryOf(report, watchEntry, &w) == nil {
			all = append(all, w...)
		}
		var ledger []verdict.Wait
		if entryOf(report, ledgerEntry, &ledger) == nil {
			waits = append(waits, ledger...)
		}
		if report.LeafNodeType == types.NodeTypeIt {
			specs = append(specs, result(report))
		} else if report.Failed() {
			specs = append(specs, verdict.Spec{Blame: verdict.Suite, Failure: failure(report)})
		}
	}
	s.sort(specs)
	if len(all) > 0 {
		specs = append(specs, s.watchJudged(all))
	}
	v := verdict.Of(s.subject.Info(), s.clauses, specs, r.RunTime.Seconds())
	v.LeftOut, v.Ledger = s.leftOut, waits
	return v
}

// sort puts specs into the order of the catalogue, in whatever order they were run.
func (s *suite) sort(specs []verdict.Spec) {
	order := map[string]int{}
	for n, e := range s.entries {
		order[e.name()] = n
	}
	slices.SortStableFunc(specs, func(a, b verdict.Spec) int { return cmp.Compare(order[a.Name], order[b.Name]) })
}

// result reads what became of a spec off its report.
func result(r types.SpecReport) verdict.Spec {
	clause := r.ContainerHierarchyTexts[len(r.ContainerHierarchyTexts)-1]
	spec := verdict.Spec{
		Clause:  clause,
		Name:    clause + " " + r.LeafNodeText,
		Seconds: r.RunTime.Seconds(),
		Failure: r.FailureMessage(),
		Status:  verdict.NotRun,
	}
	var o outcome
	err := entryOf(r, outcomeEntry, &o)
	spec.Turns, spec.Scene, spec.Captures = o.Turns, o.Scene, o.Captures
	switch {
	case r.State == types.SpecStateSkipped && o.Expected != "":
		spec.Status, spec.Failure, spec.Expected = verdict.Failed, o.Failure, o.Expected
	case r.State == types.SpecStateSkipped && err == nil:
		spec.Status, spec.Failure = o.Passed, ""
	case r.State == types.SpecStateSkipped:
	case r.State == types.SpecStatePassed && err == nil:
		spec.Status = o.Passed
	case r.State == types.SpecStateFailed && o.Stale:
		spec.Status, spec.Stale = o.Passed, true
	case r.State == types.SpecStateFailed && err == nil:
		spec.Status, spec.Blame = verdict.Failed, o.Blame
	default: // a panic of the spec itself, an interrupt, a report without an outcome
		spec.Blame = verdict.Suite
		spec.Failure = fmt.Sprintf("%s: %s", r.State, failure(r))
	}
	return spec
}

// failure is what a node that should not fail ended with.
func failure(r types.SpecReport) string {
	text := r.FailureMessage()
	if r.Failure.ForwardedPanic != "" {
		text += ": " + r.Failure.ForwardedPanic + "\n" + r.Failure.Location.FullStackTrace
	}
	return text
}

// entryOf reads what was put into a report under a name.
func entryOf(r types.SpecReport, name string, v any) error {
	for _, e := range r.ReportEntries {
		if e.Name != name {
			continue
		}
		// In this process the value is what it was, from another one a map.
		data, err := json.Marshal(e.GetRawValue())
		if err != nil {
			return fmt.Errorf("encode %s of %q: %w", name, r.FullText(), err)
		}
		return json.Unmarshal(data, v)
	}
	return fmt.Errorf("%q left no %s", r.FullText(), name)
}
