package verdict

import (
	"slices"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
	"github.com/sslconform/sslconform/fixtures"
)

// Format is the version of the verdict's JSON.
const Format = 1

// A Status is what became of a spec or a clause.
type Status string

const (
	Passed Status = "passed"
	// ByDriver: it passed, but it is the driver that provides what the clause is about.
	ByDriver Status = "by_driver"
	// Unsupported: the subject does not declare a capability that the clause needs.
	Unsupported Status = "unsupported"
	// NotRun: there is no spec yet, it was not selected, or a fault that is not the subject's kept it from being judged.
	NotRun Status = "not_run"
	Failed Status = "failed"
)

// statuses from the best to the worst: the status of a clause is the worst of its specs. A spec that does not apply,
// since it needs more than its clause does, says nothing where others apply.
var statuses = []Status{Unsupported, Passed, ByDriver, NotRun, Failed}

func worse(a, b Status) Status {
	if slices.Index(statuses, a) > slices.Index(statuses, b) {
		return a
	}
	return b
}

// A Blame says whom a failure is laid to, where it is not the subject.
type Blame string

const (
	// Driver: a driver broke the protocol. No expectation and no gate excuses it.
	Driver Blame = "driver"
	// Suite: the suite could not do its work, which says nothing of the subject.
	Suite Blame = "suite"
)

// A Spec is what became of one spec.
type Spec struct {
	Clause  string  `json:"-"`
	Name    string  `json:"name"`
	Status  Status  `json:"status"`
	Seconds float64 `json:"seconds"`
	// Failure is the whole text; empty where nothing failed.
	Failure string `json:"failure"`
	// Expected is why it was expected to fail as it did; empty where it was not.
	Expected string `json:"expected,omitempty"`
	// Stale: it passed, and was expected to fail. Failure says so.
	Stale bool  `json:"stale,omitempty"`
	Blame Blame `json:"-"`
	// Scene is the failure as a page shows it, if it is the subject's or the driver's.
	Scene *Scene `json:"-"`
	// Turns are the requests that were made of the subject, if it failed.
	Turns [][]subject.Request `json:"-"`
	// Captures are what passed at its peers, if that was kept.
	Captures []Capture `json:"-"`
}

// A Capture is what passed at a peer, by the name that it has in the timeline.
type Capture struct {
	Peer string
	fakeserver.Capture
}

// A Clause is what became of a clause.
type Clause struct {
	ID    string         `json:"id"`
	Level fixtures.Level `json:"level"`
	// Advisory: it counts for no verdict and no exit code yet.
	Advisory bool    `json:"advisory,omitempty"`
	Status   Status  `json:"status"`
	Seconds  float64 `json:"seconds"`
	Specs    []Spec  `json:"specs"`
}

// A Conclusion is the verdict in a word.
type Conclusion string

const (
	// Conformant: every must that applies passed.
	Conformant Conclusion = "conformant"
	// Partial: so it is, but a documented capability is missing, or is the driver's.
	Partial Conclusion = "partial"
	// Incomplete: no must failed, but not every one was tried.
	Incomplete Conclusion = "incomplete"
	// NonConformant: a must failed.
	NonConformant Conclusion = "non-conformant"
)

// Counts are numbers of clauses by status.
type Counts struct {
	Passed      int `json:"passed"`
	Failed      int `json:"failed"`
	Unsupported int `json:"unsupported"`
	ByDriver    int `json:"by_driver"`
	NotRun      int `json:"not_run"`
}

// Of returns the number of clauses with a status.
func (c *Counts) Of(s Status) *int {
	return map[Status]*int{Passed: &c.Passed, Failed: &c.Failed, Unsupported: &c.Unsupported, ByDriver: &c.ByDriver, NotRun: &c.NotRun}[s]
}

// Subject is what the verdict is about.
type Subject struct {
	Name         string               `json:"name"`
	Version      string               `json:"version"`
	Language     string               `json:"language"`
	Capabilities []subject.Capability `json:"capabilities"`
}

// A Run is where a verdict comes from.
type Run struct {
	// Suite is the version of sslconform, Platform what it ran on.
	Suite    string    `json:"suite"`
	Platform string    `json:"platform"`
	Began    time.Time `json:"began"`
	// Command is what runs it again.
	Command string `json:"command"`
}

// A Wait is a time in which a run had nothing to do.
type Wait struct {
	Spec    string
	Reason  string
	Seconds float64
}

// A Verdict is what a run says of a subject.
type Verdict struct {
	Format   int        `json:"format"`
	Run      *Run       `json:"run,omitempty"`
	Subject  Subject    `json:"subject"`
	Verdict  Conclusion `json:"verdict"`
	Hardened bool       `json:"hardened"`
	Counts   Counts     `json:"counts"`
	Seconds  float64    `json:"seconds"`
	Clauses  []Clause   `json:"clauses"`
	// LeftOut names the heavy specs that were not asked for.
	LeftOut []string `json:"left_out,omitempty"`
	// Ledger is what the run waited for.
	Ledger []Wait `json:"-"`

	// What failed is not always the subject's doing.
	driverFault, suiteFault bool
	stale                   bool   // an expectation is
	ran                     bool   // a spec was, at least
	outside                 []Spec // what failed that is no spec of a clause
}

// Failures returns all that failed, in the order of the clauses, with what says nothing of the subject.
func (v Verdict) Failures() []Spec {
	failures := slices.Clone(v.outside)
	for _, c := range v.Clauses {
		for _, s := range c.Specs {
			if s.Failure != "" {
				failures = append(failures, s)
			}
		}
	}
	return failures
}

// Of computes the verdict on a subject from what became of the specs. A suite's fault outside any spec has no clause.
func Of(info subject.Info, clauses []fixtures.Clause, specs []Spec, seconds float64) Verdict {
	v := Verdict{
		Format:  Format,
		Subject: Subject{info.Name, info.Version, info.Language, info.Capabilities},
		Seconds: seconds,
	}
	for _, s := range specs {
		v.driverFault = v.driverFault || s.Blame == Driver
		v.suiteFault = v.suiteFault || s.Blame == Suite
		v.stale = v.stale || s.Stale
		v.ran = v.ran || s.Blame == "" && (s.Status == Passed || s.Status == ByDriver || s.Status == Failed)
		if s.Clause == "" {
			v.outside = append(v.outside, s)
		}
	}
	for _, c := range clauses {
		judged := judge(c, specs)
		*v.Counts.Of(judged.Status)++
		v.Clauses = append(v.Clauses, judged)
	}
	v.Verdict = v.conclude(info)
	v.Hardened = (v.Verdict == Conformant || v.Verdict == Partial) && !v.any(fixtures.Secure, Failed, NotRun)
	return v
}

func judge(c fixtures.Clause, specs []Spec) Clause {
	judged := Clause{ID: c.ID, Level: c.Level, Advisory: c.Advisory, Status: NotRun, Specs: []Spec{}}
	for _, s := range specs {
		if s.Clause != c.ID {
			continue
		}
		if s.Blame != "" {
			s.Status = NotRun // whatever came of it, it is not the subject's
		}
		if len(judged.Specs) == 0 {
			judged.Status = statuses[0]
		}
		judged.Status = worse(judged.Status, s.Status)
		judged.Seconds += s.Seconds
		judged.Specs = append(judged.Specs, s)
	}
	return judged
}

func (v *Verdict) conclude(info subject.Info) Conclusion {
	switch {
	case v.any(fixtures.Must, Failed):
		return NonConformant
	case v.any(fixtures.Must, NotRun):
		return Incomplete
	case !info.Has(subject.Documented...) || v.any(fixtures.Must, ByDriver):
		return Partial
	default:
		return Conformant
	}
}

// Unexpected tells whether a clause that counts failed, and not just as it was expected to.
func (c Clause) Unexpected() bool {
	return !c.Advisory && slices.ContainsFunc(c.Specs, func(s Spec) bool { return s.Status == Failed && s.Expected == "" })
}

// any tells whether a clause of the level has one of the statuses.
func (v *Verdict) any(level fixtures.Level, statuses ...Status) bool {
	return slices.ContainsFunc(v.Clauses, func(c Clause) bool {
		return c.Level == level && !c.Advisory && slices.Contains(statuses, c.Status)
	})
}
