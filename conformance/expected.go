package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// expect runs a spec that is expected to fail.
func (s *suite) expect(ctx context.Context, e *entry, x verdict.Expectation) {
	sp, failure := s.try(ctx, e, 0)
	s.conclude(x, failure, sp.outcome())
}

// try attempts a spec by a time that it is about, if any, and once more where it was rushed.
func (s *suite) try(ctx context.Context, e *entry, t time.Duration) (sp *spec, failure string) {
	for patient := false; ; patient = true {
		sp = s.newSpec(ctx, e)
		sp.T, sp.patient = t, patient
		if failure = sp.attempt(sp.perform); !sp.rushed(failure) {
			return sp, failure
		}
	}
}

// conclude is what becomes of a spec by what was expected of it. To skip it is the very last thing: whatever was wrong
// has been told before.
func (s *suite) conclude(x verdict.Expectation, failure string, o outcome) {
	wrong := x.Holds(failure, s.subject.Info().Version)
	switch {
	case failure == "" && wrong == nil:
		o.report()
		return
	case failure == "":
		o.Stale = true
		failure = fmt.Sprintf("%s\n%v", x.Spec, wrong)
	case o.Blame != "":
	case o.Fatal:
		failure += neverExcused
	case wrong != nil:
		failure += "\n" + wrong.Error() + "\n"
	default:
		o.Expected, o.Failure = x.Why, failure
		o.skip("it failed as expected: " + x.Why)
	}
	o.report()
	ginkgo.Fail(failure)
}

// neverExcused is what an expectation does not help against.
const neverExcused = "\nIt was expected to fail, but no expectation excuses a crash, an operation without an answer, or a breach of the protocol.\n"

// isEndlessWrap tells whether it was a wrap that was left without an answer, by a subject whose loop goes on. Where wrap
// ends with the handshake, and that does not end, there is none to give: a failure like others. It ends the spec.
func (sp *spec) isEndlessWrap(id int) bool {
	if sp.requested(id).Op != subject.Wrap {
		return false
	}
	sync := subject.Request{ID: sp.id() + 1, Op: subject.Sync}
	if sp.session.Perform(sync) != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(sp.ctx, sp.patience())
	defer cancel()
	for sp.pull(ctx) == nil {
		if r := sp.records[len(sp.records)-1]; r.Event == "" && r.ID == sync.ID {
			return true
		}
	}
	return false
}

// patienceExpected is how much shorter the wait is of a spec that is expected to fail: mostly for what does not come.
const patienceExpected = 10

// expected tells whether a spec is expected to fail.
func (s *suite) expected(e *entry) (verdict.Expectation, bool) {
	return s.options.Expectations.Of(e.name(), s.subject.Info().Version)
}

func (sp *spec) expectedPatience() time.Duration {
	if _, expected := sp.suite.expected(sp.entry); expected && !sp.patient {
		return sp.suite.options.Patience / patienceExpected
	}
	return sp.suite.options.Patience
}

// rushed tells whether what a spec comes out with, where that is not what it should, may be for the shorter wait alone.
// That is to save time and decides nothing: with the whole of it the spec is tried again.
func (sp *spec) rushed(failure string) bool {
	_, expected := sp.suite.expected(sp.entry)
	return expected && !sp.patient && sp.gaveIn && !sp.comesOutWell(failure)
}

// comesOutWell tells whether a spec passes, or fails as it is expected to.
func (sp *spec) comesOutWell(failure string) bool {
	if x, expected := sp.suite.expected(sp.entry); expected {
		return x.Holds(failure, sp.suite.subject.Info().Version) == nil
	}
	return failure == ""
}

// KnownSpec returns an error for a name that is no spec's: since when it is gone, if it was one.
func KnownSpec(name string) error {
	return knownSpec(name, fixtures.Retired())
}

func knownSpec(name string, retired []fixtures.RetiredSpec) error {
	if name == watchName || slices.Contains(Specs(), name) {
		return nil
	}
	for _, r := range retired {
		if r.Spec == name {
			return fmt.Errorf("the spec %q is gone since version %s: %s", name, r.Since, r.Instead)
		}
	}
	id, _, _ := strings.Cut(name, " ")
	for _, s := range Specs() {
		if strings.HasPrefix(s, id+" ") {
			return fmt.Errorf("there is no spec %q: `sslconform list` names those of %s", name, id)
		}
	}
	return fmt.Errorf("there is no spec %q, nor a clause %q: `sslconform list` names them", name, id)
}
