package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fakeserver"
)

// A spec is the run of one: a session of the subject, its peers, and what passed between all of them.
type spec struct {
	entry
	gomega.Gomega // whose failures are explained
	suite         *suite
	ctx           context.Context
	blame         verdict.Blame

	session  subject.Session
	lastID   int    // of a request; 1 opened the session
	phase    string // what the spec is about, where that is not its clause
	records  []subject.Record
	timeline verdict.Timeline // but for what passed at the peers
	peers    []*peer

	canary      *peer // nil until the first fence
	canaryBytes int   // that it was sent
}

// A peer is a fake server with the name that it has in the timeline.
type peer struct {
	*fakeserver.Server
	name string
}

// run carries out a spec: session, peers and all are gone when it returns, however it ends.
func (s *suite) run(ctx context.Context, e entry) {
	sp := &spec{entry: e, suite: s, ctx: ctx, lastID: 1}
	sp.Gomega = gomega.NewGomega(func(message string, skip ...int) {
		ginkgo.Fail(sp.explain(message), append(skip, 0)[0]+1)
	})
	defer sp.conclude()
	defer sp.abandon()
	sp.open()
	e.body(sp)
	sp.end()
}

func (sp *spec) open() {
	session, err := sp.suite.subject.Open(sp.ctx)
	if err != nil {
		sp.broke("open a session", err)
	}
	sp.session = session
}

// do performs requests in one turn and returns their answers.
func (sp *spec) do(turn ...subject.Request) []subject.Record {
	now := time.Now()
	for n := range turn {
		sp.lastID++
		turn[n].ID = sp.lastID
		sp.timeline.Requested(now, turn[n])
	}
	if err := sp.session.Perform(turn...); err != nil {
		sp.broke("perform a request", err)
	}
	answers := make([]subject.Record, len(turn))
	for n, r := range turn {
		answers[n] = sp.await(fmt.Sprintf("the answer to request %d (%s)", r.ID, r), func(a subject.Record) bool {
			return a.Event == "" && a.ID == r.ID
		})
	}
	return answers
}

// must performs requests of which none may be refused.
func (sp *spec) must(turn ...subject.Request) {
	for n, answer := range sp.do(turn...) {
		if answer.Error != nil {
			sp.fail("%s was refused: %v", turn[n], answer.Error)
		}
	}
}

// await returns the first record that matches, be it there already.
func (sp *spec) await(what string, match func(subject.Record) bool) subject.Record {
	ctx, cancel := context.WithTimeout(sp.ctx, sp.suite.options.Patience)
	defer cancel()
	for n := 0; ; n++ {
		if n == len(sp.records) {
			if err := sp.pull(ctx); errors.Is(err, context.DeadlineExceeded) {
				sp.gaveUp(what)
				sp.fail("want: %s\n got: nothing of the kind within %v; the subject's last word was the %s", what, sp.suite.options.Patience, sp.lastWord())
			} else if err != nil {
				sp.broke("wait for "+what, err)
			}
		}
		if match(sp.records[n]) {
			return sp.records[n]
		}
	}
}

func (sp *spec) gaveUp(what string) {
	sp.timeline = append(sp.timeline, verdict.Moment{Time: time.Now(), Who: "suite", What: "gave up waiting for " + what})
}

func (sp *spec) lastWord() string {
	if len(sp.records) == 0 {
		return "start of the session"
	}
	return sp.records[len(sp.records)-1].String()
}

// pull takes the next record from the session.
func (sp *spec) pull(ctx context.Context) error {
	r, err := sp.session.Next(ctx)
	if err == nil {
		sp.records = append(sp.records, r)
		sp.timeline.Reported(r)
	}
	return err
}

// sees waits until something is in a peer's transcript.
func (sp *spec) sees(p *peer, what string, match func(fakeserver.Entry) bool) fakeserver.Entry {
	ctx, cancel := context.WithTimeout(sp.ctx, sp.suite.options.Patience)
	defer cancel()
	e, err := p.Transcript().Await(ctx, match)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		sp.gaveUp(what)
		sp.fail("want: %s, at the %s\n got: nothing of the kind within %v", what, p.name, sp.suite.options.Patience)
	case err != nil:
		sp.fail("want: %s, at the %s\n got: %v", what, p.name, err)
	}
	return e
}

// fail is the subject's.
func (sp *spec) fail(format string, a ...any) {
	ginkgo.GinkgoHelper()
	ginkgo.Fail(sp.explain(fmt.Sprintf(format, a...)))
}

// broke fails for a session that cannot go on: the driver is to blame, or the subject.
func (sp *spec) broke(doing string, err error) {
	ginkgo.GinkgoHelper()
	var fault *subject.Fault
	if errors.As(err, &fault) {
		sp.blame = verdict.Driver
	}
	if err == io.EOF {
		err = errors.New("the session has ended")
	}
	sp.fail("%s: %v", doing, err)
}

// cannot fails for a fault of the suite's own.
func (sp *spec) cannot(err error) {
	ginkgo.GinkgoHelper()
	sp.blame = verdict.Suite
	sp.fail("%v", err)
}

func (sp *spec) explain(message string) string {
	if sp.phase != "" {
		message += "\n(" + sp.phase + ")"
	}
	if sp.session != nil {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		for sp.pull(now) == nil {
		}
	}
	timeline := slices.Clone(sp.timeline)
	for _, p := range sp.peers {
		timeline.Passed(p.name, p.Transcript().Entries())
	}
	return verdict.Failure{
		Clause:   sp.clause,
		ByDriver: byDriver(sp.suite.subject.Info(), sp.clause),
		Blame:    sp.blame,
		Message:  message,
		Timeline: timeline,
		Again:    sp.suite.options.Again(sp.entry.name()),
	}.String()
}

// end asks the session to end, as each must, and takes everything down.
func (sp *spec) end() {
	answer := sp.do(subject.Request{Op: subject.End})[0]
	switch {
	case answer.Error != nil:
		sp.fail("the session did not end: %v", answer.Error)
	case len(answer.OK.NeverRan) > 0:
		sp.fail("the deferred requests %v never ran: their callbacks were not called", answer.OK.NeverRan)
	}
	if err := sp.close(); err != nil {
		sp.broke("end the session", err)
	}
}

// close lets go of the session, once.
func (sp *spec) close() error {
	session := sp.session
	if session == nil {
		return nil
	}
	sp.session = nil
	closed := make(chan error, 1)
	go func() { closed <- session.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(sp.suite.options.Patience):
		return fmt.Errorf("it hangs: nothing for %v", sp.suite.options.Patience)
	}
}

// abandon takes down what a failure left behind, and the peers in any case.
func (sp *spec) abandon() {
	sp.close() // the failure that led here is reported, not what follows from it
	for _, p := range sp.peers {
		p.Stop()
	}
}
