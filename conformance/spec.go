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
)

// A spec is the run of one: a session of the subject, its peers, and what passed between all of them.
type spec struct {
	*entry
	gomega.Gomega // whose failures are explained
	suite         *suite
	ctx           context.Context
	stop          func(message string, skip ...int) // ends it with a failure
	blame         verdict.Blame
	failed        bool
	gaveIn        bool           // what it waited for did not come in time
	patient       bool           // it waits as long as any, though it is expected to fail
	fatal         bool           // the subject crashed, or left an operation without an answer
	scene         *verdict.Scene // of the failure

	session  subject.Session
	requests []subject.Request
	turns    [][]subject.Request // the same, as they were performed
	forgot   int                 // how many requests there were before these
	mayLack  bool                // what is asked for need not be offered
	phase    string              // what the spec is about, where that is not its clause
	with     []string            // specs that it takes to see its failure again, beside itself
	records  []subject.Record
	timeline verdict.Timeline          // but for what passed at the peers
	shows    func(verdict.Moment) bool // what of it a failure shows; nil for all
	peers    []*peer
	before   []verdict.Capture // what had passed at those that there were when it was parked

	canary      *peer // nil until the first fence
	canaryBytes int   // that it was sent

	rested time.Time // when all connections had come to rest; zero while there are some
	found  *watched  // by the watch over the session, when it is parked

	// T is the time that a timed spec is about.
	T   time.Duration
	gap time.Duration // the longest that something took which takes no time
}

func (s *suite) newSpec(ctx context.Context, e *entry) *spec {
	sp := &spec{entry: e, suite: s, ctx: ctx, stop: ginkgo.Fail}
	sp.Gomega = gomega.NewGomega(func(message string, skip ...int) {
		sp.stop(sp.explain(message), append(skip, 0)[0]+1)
	})
	return sp
}

// run carries out a spec: session, peers and all are gone when it returns, however it ends.
func (s *suite) run(ctx context.Context, e *entry) {
	defer s.litter.after(e.name())
	s.began++
	if s.options.Began != nil {
		s.options.Began(e.name(), s.began, len(s.selected))
	}
	if lacking, lacks := s.lacking(e); lacks {
		s.unsupported(ctx, e, lacking)
		return
	}
	if e.kind == timed {
		s.collect(ctx, e)
		return
	}
	if e.kind == alone {
		s.awaitScenarios()
	}
	if x, expected := s.expected(e); expected {
		s.expect(ctx, e, x)
		return
	}
	sp := s.newSpec(ctx, e)
	defer func() { sp.outcome().report() }()
	defer sp.abandon()
	sp.perform()
}

// perform carries out a spec from its session's beginning to its end.
func (sp *spec) perform() {
	litterOf(sp.name(), func() {
		sp.open()
		sp.body(sp)
		sp.end()
	})
}

func (sp *spec) open() {
	session, err := sp.opens()(sp.ctx)
	if err != nil {
		sp.broke("open a session", err)
	}
	sp.session = session
}

// opens is how the spec gets its session.
func (sp *spec) opens() func(context.Context) (subject.Session, error) {
	s := sp.suite.subject
	isolating, isolates := s.(subject.Isolating)
	separable, separates := s.(subject.Separable)
	switch {
	case sp.separate && separates:
		return separable.OpenSeparate
	case sp.separate:
		return func(context.Context) (subject.Session, error) {
			return nil, &subject.Fault{Reason: fmt.Sprintf("it declares %q, and cannot open a session without its TLS part: implement subject.Separable", subject.Separate)}
		}
	case sp.kind == timed && isolates:
		return isolating.OpenAlone // it runs beside others, whose crash is none of its business
	}
	return s.Open
}

// do performs requests in one turn and returns their answers.
func (sp *spec) do(turn ...subject.Request) []subject.Record {
	ids := sp.begin(turn...)
	answers := make([]subject.Record, len(turn))
	for n, id := range ids {
		answers[n] = sp.answer(id)
	}
	return answers
}

// begin performs requests in one turn and does not wait for their answers: that of a wrap may come with the end of the
// handshake, and those of operations on what it makes behind it.
func (sp *spec) begin(turn ...subject.Request) (ids []int) {
	now := time.Now()
	for n := range turn {
		turn[n].ID = sp.id() + 1
		sp.requests = append(sp.requests, turn[n])
		ids = append(ids, turn[n].ID)
		sp.timeline.Requested(now, turn[n])
		sp.happened(sp.timeline[len(sp.timeline)-1:])
	}
	sp.turns = append(sp.turns, turn)
	if err := sp.session.Perform(turn...); err != nil {
		sp.broke("perform a request", err)
	}
	return ids
}

// answer waits for the answer to a request.
func (sp *spec) answer(id int) subject.Record {
	answered := false
	defer func() { sp.fatal = sp.fatal || !answered && !sp.isEndlessWrap(id) }()
	answer := sp.await(fmt.Sprintf("the answer to request %d (%s)", id, sp.requested(id)), func(a subject.Record) bool {
		return a.Event == "" && a.ID == id
	})
	answered = true
	return answer
}

// performed waits for the answers to requests of which none may be refused.
func (sp *spec) performed(ids []int) {
	for _, id := range ids {
		if answer := sp.answer(id); answer.Error != nil {
			sp.fail("%s was refused: %v", sp.requested(id), answer.Error)
		}
	}
}

// round runs one of many that a spec consists of, and forgets what passed in it when it is over: a failure shows one.
func (sp *spec) round(about string, f func()) {
	if sp.canary == nil {
		sp.tweets()
	}
	defer sp.during(about)()
	before := len(sp.peers)
	f()
	for _, p := range sp.peers[before:] {
		p.Stop()
	}
	sp.peers = sp.peers[:before]
	sp.forget()
}

// again tries a few times what a subject may pass by luck: where a reset is to be met together with the bytes before it,
// say; see [spec.meanwhile].
func (sp *spec) again(try func()) {
	const tries = 4
	for n := range tries {
		sp.round(fmt.Sprintf("it was tried %d times before", n), try)
	}
}

// opening is the id of the request that opened the session.
const opening = 1

// requested is the request with an id.
func (sp *spec) requested(id int) subject.Request { return sp.requests[id-opening-sp.forgot-1] }

// id is that of the request performed last.
func (sp *spec) id() int { return opening + sp.forgot + len(sp.requests) }

// forget lets go of all that was asked and reported so far: what comes is to be judged by itself, or measured.
func (sp *spec) forget() {
	sp.forgot += len(sp.requests)
	sp.requests, sp.turns, sp.records, sp.timeline = nil, nil, nil, nil
	sp.canaryBytes = 0
}

// must performs requests of which none may be refused.
func (sp *spec) must(turn ...subject.Request) {
	sp.performed(sp.begin(turn...))
}

// fail is the subject's.
func (sp *spec) fail(format string, a ...any) {
	ginkgo.GinkgoHelper()
	sp.stop(sp.explain(fmt.Sprintf(format, a...)))
}

// broke fails for a session that cannot go on: the driver is to blame, or the subject.
func (sp *spec) broke(doing string, err error) {
	ginkgo.GinkgoHelper()
	var fault *subject.Fault
	if errors.As(err, &fault) {
		sp.blame = verdict.Driver
	}
	sp.fatal = true
	if err == io.EOF {
		err = errors.New("the session has ended")
	}
	sp.suite.lot.broken(sp, err)
	sp.fail("%s: %v", doing, err)
}

// cannot fails for a fault of the suite's own.
func (sp *spec) cannot(err error) {
	ginkgo.GinkgoHelper()
	sp.blame = verdict.Suite
	sp.fail("%v", err)
}

func (sp *spec) explain(message string) string {
	sp.failed = true
	now := time.Now()
	if sp.phase != "" {
		message += "\n(" + sp.phase + ")"
	}
	if sp.session != nil {
		sp.pullAll() // what broke the session has been said
	}
	timeline := slices.Clone(sp.timeline)
	for _, p := range sp.peers {
		timeline.Passed(p.name, p.Transcript().Entries())
	}
	if s, is := sp.session.(subject.Logging); is {
		for _, said := range s.Log() {
			timeline = append(timeline, verdict.Moment{Time: said.Time, Who: "log", Said: said.Text})
		}
	}
	if text, at, _ := sp.onTerminal(); text != "" {
		timeline = append(timeline, verdict.Moment{Time: at, Who: "subject", Said: "wrote to its terminal: " + subject.Quote([]byte(text))})
	}
	if sp.shows != nil {
		timeline = slices.DeleteFunc(timeline, func(m verdict.Moment) bool { return !sp.shows(m) })
	}
	failure := verdict.Failure{
		Clause:   sp.clause,
		Spec:     sp.title(),
		ByDriver: byDriver(sp.suite.subject.Info(), sp.clause),
		Blame:    sp.blame,
		Message:  message,
		Timeline: timeline,
		Failed:   now,
		Again:    sp.suite.options.Again(append(sp.with, sp.name())...),
	}
	sp.scene = failure.Scene()
	return failure.String()
}

// end asks the session to end, as each must, and takes everything down; or the session is parked. The spec may have
// ended it itself.
func (sp *spec) end() {
	switch {
	case sp.session == nil:
	case sp.parks() && !sp.suite.lot.full():
		sp.park()
	default:
		sp.expectRan(sp.finish())
	}
}

// finish asks the session to end and returns the deferred requests that never ran.
func (sp *spec) finish() (neverRan []int) {
	answer := sp.do(subject.Request{Op: subject.End})[0]
	if answer.Error != nil {
		sp.fail("the session did not end: %v", answer.Error)
	}
	if err := sp.close(); err != nil {
		sp.broke("end the session", err)
	}
	return answer.OK.NeverRan
}

func (sp *spec) expectRan(neverRan []int) {
	if len(neverRan) > 0 {
		sp.fail("the deferred requests %v never ran: their callbacks were not called", neverRan)
	}
}

// waiting lists the deferred requests that have not run.
func (sp *spec) waiting() []int {
	var ids []int
	for _, r := range sp.requests {
		ran := slices.ContainsFunc(sp.records, func(a subject.Record) bool { return a.Event == subject.Ran && a.ID == r.ID })
		if r.Deferred() && !r.WhenEvery && !ran {
			ids = append(ids, r.ID)
		}
	}
	return ids
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
