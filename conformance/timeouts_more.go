package conformance

import (
	"slices"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) timeoutsSet() {
	c.of("timeout/replaced")
	c.timed("fires at the time that was set on the wrapped socket, not at the original's later one", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgradedWith(p, readTimeout(15*sp.ms()))
		asked := time.Now()
		sp.must(subject.Request{Op: subject.SetTimeouts, On: wrapped, ReadTimeout: sp.ms()})
		timeout := sp.awaitEvent("an event when the peer has been silent for the time that was set last", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		// A timer may count from what was read last, before it was set.
		if late := timeout.Time.Sub(asked); late > 3*sp.T {
			sp.fail("want: %v of silence\n got: a timeout %v after that was set", sp.T, late)
		}
	}).seen("nodejs/node#891")

	c.of("timeout/disabled")
	c.timed("does not fire while reading is disabled, but after it is enabled", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgradedWith(p, readTimeout(2*sp.ms()))
		sp.must(subject.Request{Op: subject.Disable, On: wrapped, ToRead: true})
		sp.watch(4 * sp.T)
		sp.Expect(sp.history(since)).To(be([]line{}), "the callbacks called in %v with reading disabled", 4*sp.T)
		sp.must(subject.Request{Op: subject.Enable, On: wrapped, ToRead: true})
		timeout := sp.awaitEvent("an event, since the peer stays silent when reading is enabled", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
	})
}

func (c *catalogue) timeoutsAndClosing() {
	c.of("timeout/closes")
	c.timed("closes the wrapped socket", func(sp *spec) {
		p := sp.silentAfter("last words")
		since := sp.upgradedWith(p, readTimeout(sp.ms()))
		sp.awaitEvent("an event when the peer has been silent for that long", since)
		sp.quiet(p) // close-cb has run, and the peer has seen the end
		sp.Expect(sp.closed(wrapped)).To(be(true), "closed? after the timeout")
	})

	c.of("close/timeout")
	c.timed("calls close-cb once when it has timed out", func(sp *spec) {
		p := sp.silentAfter("last words")
		since := sp.upgradedWith(p, readTimeout(sp.ms()))
		sp.awaitEvent("an event when the peer has been silent for that long", since)
		sp.quiet(p)
		sp.Expect(sp.calls(subject.OnClose)).To(be([]line{"close-cb C called with 0 arguments"}), "the calls of close-cb")
	}).seen("oven-sh/bun#38058", "netty/netty#6239")
	c.timed("calls close-cb once when its handshake has timed out", func(sp *spec) {
		p := sp.stalling()
		sp.failure("an event when the handshake has stalled for that long", sp.stalled(p))
		p.Resume(serverHello)
		sp.quiet(p)
		sp.Expect(sp.calls(subject.OnClose)).To(be([]line{"close-cb C called with 0 arguments"}), "the calls of close-cb")
	}).seen("oven-sh/bun#38058")

	c.of("timeout/dies-with-socket")
	c.timed("does not fire after the socket was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgradedWith(p, readTimeout(sp.ms()))
		sp.must(subject.Request{Op: subject.Close, On: wrapped})
		sp.watch(2 * sp.T)
		sp.rest(p)
		sp.Expect(sp.events(since, subject.OnEvent)).To(haveLen(0), "the calls of the event callback in %v after the close", 2*sp.T)
	}).seen("nodejs/node#878")
	c.timed("does not keep the loop waiting after the socket was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgradedWith(p, readTimeout(30*sp.ms()))
		sp.must(subject.Request{Op: subject.Close, On: wrapped})
		sp.sees(p, "the end of the connection", entryKind(fakeserver.Closed))
		asked := time.Now()
		sp.must(subject.Request{Op: subject.Finish})
		if took := time.Since(asked); took > 10*sp.T {
			sp.fail("want: a loop that ends, since nothing is left to do\n got: it ended after %v (the timeout was %v)", took, 30*sp.T)
		}
	}).needing(subject.LoopEnd).seen("nodejs/node#878")
}

// readTimeout sets the read timeout of a connect.
func readTimeout(ms int) func(*subject.Request) {
	return func(r *subject.Request) { r.ReadTimeout = ms }
}

// with is a request, changed.
func with(r subject.Request, change func(*subject.Request)) subject.Request {
	change(&r)
	return r
}

// upgradedWith is upgraded for an original that is connected with something else, too.
func (sp *spec) upgradedWith(p *peer, change func(*subject.Request)) (since int) {
	defer sp.promptly(func() bool { return hasHandshake(p) })()
	sp.connectedAs(with(connect(p, plain, callbacks), change))
	since = sp.mark()
	sp.must(sp.wrap(closeCB))
	sp.handshaken(p)
	return since
}

func hasHandshake(p *peer) bool {
	return slices.ContainsFunc(p.Transcript().Entries(), entryKind(fakeserver.Handshake))
}

// failure waits until a wrap has failed, and returns the condition that says so, with its record: the answer to the
// wrap, where that comes with the end of the handshake, or an event.
func (sp *spec) failure(what string, since int) (*subject.Condition, subject.Record) {
	seen := 0
	r := sp.await(what, func(r subject.Record) bool {
		seen++
		return seen > since && (r.Event == subject.OnEvent && r.Callbacks == callbacks || r.Event == "" && r.Error != nil)
	})
	if r.Error != nil {
		return &r.Error.Condition, r
	}
	return r.Condition, r
}

// hanging starts a peer where no TCP connect ever completes.
func (sp *spec) hanging() *peer {
	server, err := fakeserver.StartHanging()
	if err != nil {
		sp.cannot(err)
	}
	p := &peer{server, "peer"}
	sp.peers = append(sp.peers, p)
	return p
}

// lastSent is when the peer began to send what it sent last to the application.
func (sp *spec) lastSent(p *peer) time.Time {
	var last time.Time
	for _, e := range p.Transcript().Entries() {
		if e.Side == fakeserver.Peer && (e.Kind == fakeserver.Data || e.Kind == fakeserver.Bytes) {
			last = e.Time
		}
	}
	return last
}

// greeted is when the peer began to send its greeting.
func (sp *spec) greeted(p *peer) time.Time {
	return sp.sees(p, "the greeting", entryKind(fakeserver.Bytes)).Time
}

// expectPrefix expects that what the peer got is the beginning of what was written, be it empty.
func (sp *spec) expectPrefix(p *peer, written []byte) {
	at := 0
	for _, e := range p.Transcript().Entries() {
		if e.Kind != fakeserver.Data || e.Side != fakeserver.Client {
			continue
		}
		sp.Expect(subject.Quote(e.Data)).To(be(subject.Quote(written[at:at+len(e.Data)])), "what the peer got from byte %d on", at)
		at += e.Length
	}
}
