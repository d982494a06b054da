package conformance

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// outcome is what a spec leaves in Ginkgo's report, beside the state that Ginkgo knows. It travels between parallel
// processes as JSON.
type outcome struct {
	Passed verdict.Status // what it means that the spec passed
	Blame  verdict.Blame
}

const outcomeEntry = "sslconform"

// conclude notes the outcome of a spec.
func (sp *spec) conclude() {
	o := outcome{Passed: verdict.Passed, Blame: sp.blame}
	if byDriver(sp.suite.subject.Info(), sp.clause) {
		o.Passed = verdict.ByDriver
	}
	ginkgo.AddReportEntry(outcomeEntry, o, ginkgo.ReportEntryVisibilityNever)
}

// verdict judges the subject by the reports of all processes.
func (s *suite) verdict(r ginkgo.Report) verdict.Verdict {
	specs := slices.Clone(s.unselected)
	for _, report := range r.SpecReports {
		if report.LeafNodeType == types.NodeTypeIt {
			specs = append(specs, result(report))
		} else if report.Failed() {
			specs = append(specs, verdict.Spec{Blame: verdict.Suite, Failure: report.FailureMessage()})
		}
	}
	return verdict.Of(s.subject.Info(), s.clauses, specs, r.RunTime.Seconds())
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
	o, err := outcomeOf(r)
	switch {
	case r.State == types.SpecStateSkipped:
	case r.State == types.SpecStatePassed && err == nil:
		spec.Status = o.Passed
	case r.State == types.SpecStateFailed && err == nil:
		spec.Status, spec.Blame = verdict.Failed, o.Blame
	default: // a panic of the spec itself, an interrupt, a report without an outcome
		spec.Blame = verdict.Suite
		spec.Failure = fmt.Sprintf("%s: %s", r.State, r.FailureMessage())
	}
	return spec
}

func outcomeOf(r types.SpecReport) (outcome, error) {
	var o outcome
	for _, e := range r.ReportEntries {
		if e.Name != outcomeEntry {
			continue
		}
		// In this process the value is an outcome, from another one a map.
		data, err := json.Marshal(e.GetRawValue())
		if err != nil {
			return o, fmt.Errorf("encode the outcome of %q: %w", r.FullText(), err)
		}
		return o, json.Unmarshal(data, &o)
	}
	return o, fmt.Errorf("%q left no outcome", r.FullText())
}
