package conformance

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// idle is a subject whose loop does nothing, and refuses everything.
type idle struct{}

func (idle) Info() subject.Info { return subject.Info{Name: "idle"} }

func (idle) Open(context.Context) (subject.Session, error) {
	return subject.NewSession(func(subject.Reporter) (subject.Implementation, error) { return idleLoop{}, nil })
}

type idleLoop struct{}

func (idleLoop) Turn(f func()) { f() }
func (idleLoop) Perform(subject.Request) (subject.Result, error) {
	return subject.Result{}, subject.ErrUnsupported
}
func (idleLoop) Sync(f func())       { f() }
func (idleLoop) Finish(func()) error { return subject.ErrUnsupported }
func (idleLoop) End() error          { return nil }

// What was watched in all processes is one judgement: the worst of them, told once.
func TestJudgement(t *testing.T) {
	quiet, spoilt := watched{Spec: "a/b quiet"}, watched{Spec: "g/h spoilt", Failure: "garbage", Blame: verdict.Driver}
	noisy, noisier := watched{Spec: "c/d noisy", Failure: "late read"}, watched{Spec: "e/f noisier", Failure: "late event"}
	for _, test := range []struct {
		name      string
		processes [][]watched
		status    verdict.Status
		pieces    []string
	}{
		{"nothing happened", [][]watched{{quiet}, {quiet}}, verdict.Passed, nil},
		{"in one process", [][]watched{{quiet}, {noisy}}, verdict.Failed, []string{"late read"}},
		{"in both", [][]watched{{quiet, noisy}, {noisier}}, verdict.Failed, []string{"late read", "1 more of the 3 sessions", "e/f noisier"}},
		{"the driver broke the protocol", [][]watched{{quiet}, {spoilt}}, verdict.NotRun, []string{"garbage"}},
		{"that, and something happened", [][]watched{{spoilt, noisy}}, verdict.Failed, []string{"late read", "1 more of the 2 sessions", "g/h spoilt"}},
		{"one of them had none", [][]watched{nil, {noisier}}, verdict.Failed, []string{"late event"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := suiteOf(idle{})
			v := s.verdict(reported(t, test.processes))
			n := slices.IndexFunc(v.Clauses, func(c verdict.Clause) bool { return c.ID == lastClause })
			got := v.Clauses[n]
			if got.Status != test.status || len(got.Specs) != 1 {
				t.Fatalf("%s is %s, by %d specs", got.ID, got.Status, len(got.Specs))
			}
			for _, piece := range test.pieces {
				if !strings.Contains(got.Specs[0].Failure, piece) {
					t.Errorf("%q is not in %q", piece, got.Specs[0].Failure)
				}
			}
		})
	}
}

// reported is the report that Ginkgo makes of what processes have watched: it reaches the first one as JSON.
func reported(t *testing.T, processes [][]watched) ginkgo.Report {
	t.Helper()
	var merged ginkgo.Report
	for _, w := range processes {
		entry := types.ReportEntry{Name: watchEntry, Value: types.WrapEntryValue(w)}
		data, err := json.Marshal(types.SpecReport{LeafNodeType: types.NodeTypeAfterSuite, ReportEntries: types.ReportEntries{entry}})
		if err != nil {
			t.Fatal(err)
		}
		var r types.SpecReport
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		merged.SpecReports = append(merged.SpecReports, r)
	}
	return merged
}
