package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// How long a session is watched after it came to rest, and how many are at a time: with a driver that has a process
// for each session, each is one.
const (
	watchTime  = 1200 * time.Millisecond
	mostParked = 64
)

// A lot is where sessions are parked whose connections have all ended: no callback may be called in them any more.
type lot struct {
	mu       sync.Mutex
	sessions []*spec
	watched  []watched
	reported []error // what specs failed for, since their session broke with it
}

// watched is what became of a parked session, as a report carries it.
type watched struct {
	Spec    string // that left the session
	Failure string // empty where nothing happened
	Blame   verdict.Blame
	Fatal   bool           // the subject crashed, or the driver broke the protocol
	Scene   *verdict.Scene // of the failure
	// Captures are what passed at its peers, if something happened.
	Captures []verdict.Capture
	broke    error // what the session broke with, if it did
}

// lastClause is judged by what happens in parked sessions.
const lastClause = "close/last"

// parks tells whether the session of a spec that is done is to be watched: its connections have come to rest, and the
// clause that is judged by it is selected.
func (sp *spec) parks() bool {
	return !sp.rested.IsZero() && slices.ContainsFunc(sp.suite.selected, ofLast)
}

func ofLast(e *entry) bool { return e.clause.ID == lastClause }

// park leaves the session to the lot; the canary, which is a connection too, is taken away.
func (sp *spec) park() {
	sp.must(subject.Request{Op: subject.Close, On: canary})
	sp.expectRan(sp.waiting())
	l := &sp.suite.lot
	l.mu.Lock()
	defer l.mu.Unlock()
	parked := *sp // the peers and the run are not parked with the session
	parked.found = &watched{Spec: sp.name()}
	parked.peers, parked.before = nil, sp.captures()
	for _, p := range sp.peers {
		parked.timeline.Passed(p.name, p.Transcript().Entries())
	}
	l.sessions = append(l.sessions, &parked)
	sp.session = nil
}

// full tells whether there is no place in the lot, when those have left whose time is over.
func (l *lot) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sessions) >= mostParked && time.Since(l.sessions[0].rested) >= watchTime {
		l.release()
	}
	return len(l.sessions) >= mostParked
}

// release ends the watch over the session that came first.
func (l *lot) release() {
	sp := l.sessions[0]
	l.sessions = l.sessions[1:]
	sp.watched()
	l.watched = append(l.watched, *sp.found)
}

// broken is told what the session of a spec broke with.
func (l *lot) broken(sp *spec, err error) {
	if sp.found != nil {
		sp.found.broke = err
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reported = append(l.reported, err)
}

// isElsewhere tells whether it was another session that broke this one, by what a spec was told of, or was given up for:
// the watch ended early then, and that is all.
func (l *lot) isElsewhere(w watched) bool {
	return errors.Is(w.broke, subject.ErrGivenUp) || slices.ContainsFunc(l.reported, func(err error) bool { return errors.Is(w.broke, err) })
}

// clear watches what is parked to the end, and reports it.
func (s *suite) clear() {
	s.lot.mu.Lock()
	defer s.lot.mu.Unlock()
	var last time.Time
	for _, sp := range s.lot.sessions {
		if over := sp.rested.Add(watchTime); over.After(last) {
			last = over
		}
	}
	s.waits("after the suite", "watch over parked sessions", func() { <-time.After(time.Until(last)) })
	for len(s.lot.sessions) > 0 {
		s.lot.release()
	}
	for n, w := range s.lot.watched {
		if s.lot.isElsewhere(w) {
			s.lot.watched[n] = watched{Spec: w.Spec}
		}
	}
	ginkgo.AddReportEntry(watchEntry, s.lot.watched, ginkgo.ReportEntryVisibilityNever)
}

// watched ends a parked session and notes what has happened in it.
func (sp *spec) watched() {
	sp.ctx = context.Background() // its own is over
	sp.phase = fmt.Sprintf("the session of %q was watched after everything in it had ended", sp.name())
	if !ofLast(sp.entry) {
		sp.with = []string{sp.name()}
		sp.entry = sp.suite.entries[slices.IndexFunc(sp.suite.entries, ofLast)]
	}
	sp.found.Failure = sp.attempt(func() {
		broke := sp.pullAll()
		sp.expectNothing()
		if broke != nil {
			sp.broke("watch it", broke)
		}
		sp.finish()
		sp.expectNothing()
	})
	sp.found.Blame, sp.found.Fatal, sp.found.Scene = sp.blame, sp.fatal, sp.scene
	if sp.found.Failure != "" {
		sp.found.Captures = sp.captures()
	}
}

// expectNothing expects that no callback is reported since the connection had come to rest, nor one of the socket that
// was closed since its close-cb.
func (sp *spec) expectNothing() {
	var closed time.Time
	for _, r := range sp.records {
		late := r.Event != "" && r.Callbacks != canaryCallbacks && r.Time.After(sp.rested)
		if !late && (closed.IsZero() || !ofClosed(r)) {
			if r.Event == subject.OnClose && r.Callbacks == closeCB {
				closed = r.Time
			}
			continue
		}
		since, after := closed, "close-cb"
		if since.IsZero() {
			since, after = sp.rested, "the connection had come to rest"
		}
		sp.fail("want: no callback after %s\n got: %s, %v after it", after, r, grain(r.Time.Sub(since)))
	}
}

// ofClosed tells whether a record is the call of a callback of the wrapped socket, or of its close-cb.
func ofClosed(r subject.Record) bool {
	switch r.Event {
	case "", subject.Ran:
		return false
	case subject.OnClose:
		return r.Callbacks == closeCB
	case subject.OnEvent:
		return r.Condition.Socket == wrapped
	default:
		return r.On == wrapped
	}
}

const watchEntry = "sslconform-watched"

// watchName is the name of the spec that the watch over parked sessions is reported as.
const watchName = lastClause + " nothing follows while the session is watched"

// watchJudged is the judgement by what was expected of it.
func (s *suite) watchJudged(all []watched) verdict.Spec {
	spec := judgement(all)
	x, expected := s.options.Expectations.Of(watchName, s.subject.Info().Version)
	if !expected {
		return spec
	}
	switch wrong := x.Holds(spec.Failure, s.subject.Info().Version); {
	case spec.Failure == "" && wrong == nil:
	case spec.Failure == "":
		spec.Stale, spec.Failure = true, fmt.Sprintf("%s\n%v", x.Spec, wrong)
	case spec.Blame != "":
	case slices.ContainsFunc(all, func(w watched) bool { return w.Fatal }):
		spec.Failure += neverExcused
	case wrong != nil:
		spec.Failure += "\n" + wrong.Error() + "\n"
	default:
		spec.Expected = x.Why
	}
	return spec
}

// judgement is what the watch over the sessions of all processes says of its clause.
func judgement(all []watched) verdict.Spec {
	spec := verdict.Spec{Clause: lastClause, Name: watchName, Status: verdict.Passed}
	failures := slices.DeleteFunc(slices.Clone(all), func(w watched) bool { return w.Failure == "" })
	if len(failures) == 0 {
		return spec
	}
	shown := failures[0]
	if n := slices.IndexFunc(failures, func(w watched) bool { return w.Blame == "" }); n >= 0 {
		shown = failures[n] // which counts, while what the driver spoilt does not
	}
	spec.Status, spec.Blame, spec.Failure = verdict.Failed, shown.Blame, shown.Failure
	spec.Scene, spec.Captures = shown.Scene, shown.Captures
	if n := len(failures) - 1; n > 0 {
		spec.Failure += fmt.Sprintf("\nthe same, or the like, in %d more of the %d sessions that were watched:\n%s\n", n, len(all), others(all, shown.Failure))
	}
	return spec
}

// others names the specs whose sessions failed, but for the one that is shown.
func others(all []watched, shown string) string {
	var names []string
	for _, w := range all {
		if w.Failure != "" && w.Failure != shown {
			names = append(names, "  "+w.Spec)
		}
	}
	return strings.Join(names, "\n")
}
