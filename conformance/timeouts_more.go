package conformance

import (
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) timeoutsSet() {
	c.of("timeout/replaced")
	c.timed("fires at the time that was set on the wrapped socket, not at the original's later one", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgraded(p, readTimeout(15*sp.ms()))
		asked := time.Now()
		sp.must(subject.Request{Op: subject.SetTimeouts, On: wrapped, ReadTimeout: sp.ms()})
		timeout := sp.awaitEvent("an event when the peer has been silent for the time that was set last", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		// A timer may count from what was read last, before it was set.
		if timeout.Time.After(asked.Add(3 * sp.T)) {
			sp.fail("want: %v of silence\n got: a timeout %v after that was set", sp.T, grain(timeout.Time.Sub(asked)))
		}
	}).row("B6")

	c.of("timeout/disabled")
	c.timed("does not fire while reading is disabled, but after it is enabled", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgraded(p, readTimeout(2*sp.ms()))
		sp.must(disable(wrapped))
		sp.watch(4 * sp.T)
		sp.Expect(sp.history(since)).To(be([]line{}), "the callbacks called in %v with reading disabled", 4*sp.T)
		sp.must(enable(wrapped))
		timeout := sp.awaitEvent("an event, since the peer stays silent when reading is enabled", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
	})
}

func (c *catalogue) timeoutsAndClosing() {
	c.of("timeout/closes")
	c.timed("closes the wrapped socket", func(sp *spec) {
		p := sp.silentAfter("last words")
		since := sp.upgraded(p, readTimeout(sp.ms()))
		sp.awaitEvent("an event when the peer has been silent for that long", since)
		sp.quiet(p) // close-cb has run, and the peer has seen the end
		sp.Expect(sp.closed(wrapped)).To(be(true), "closed? after the timeout")
	})

	c.of("close/timeout")
	c.timed("calls close-cb once when it has timed out", func(sp *spec) {
		p := sp.silentAfter("last words")
		since := sp.upgraded(p, readTimeout(sp.ms()))
		sp.awaitEvent("an event when the peer has been silent for that long", since)
		sp.quiet(p)
		sp.Expect(sp.calls(subject.OnClose)).To(be([]line{"close-cb C called with 0 arguments"}), "the calls of close-cb")
	}).seen("oven-sh/bun#38058", "netty/netty#6239")
	c.timed("calls close-cb once when its handshake has timed out", func(sp *spec) {
		p := sp.stalling(fakeserver.ExpectEnd())
		sp.stalled(p)
		sp.quiet(p)
		sp.Expect(sp.calls(subject.OnClose)).To(be([]line{"close-cb C called with 0 arguments"}), "the calls of close-cb")
	}).seen("oven-sh/bun#38058")

	c.of("timeout/dies-with-socket")
	c.timed("does not fire after the socket was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgraded(p, readTimeout(sp.ms()))
		sp.must(closing(wrapped))
		sp.watch(2 * sp.T)
		sp.rest(p)
		sp.Expect(sp.events(since, subject.OnEvent)).To(haveLen(0), "the calls of the event callback in %v after the close", 2*sp.T)
	}).seen("nodejs/node#878")
	c.timed("does not keep the loop waiting after the socket was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p, readTimeout(30*sp.ms()))
		sp.must(closing(wrapped))
		sp.sees(p, "the end of the connection", entryKind(fakeserver.Closed))
		asked := time.Now()
		sp.must(subject.Request{Op: subject.Finish})
		if took := time.Since(asked); took > 10*sp.T {
			sp.fail("want: a loop that ends, since nothing is left to do\n got: it ended after %v (the timeout was %v)", took, 30*sp.T)
		}
	}).needing(subject.LoopEnd).seen("nodejs/node#878")
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
func (sp *spec) expectPrefix(p *peer, written string) {
	at := 0
	for _, e := range p.entries(clientData) {
		sp.Expect(subject.Quote(e.Data)).To(be(subject.Quote([]byte(written[at:at+len(e.Data)]))), "what the peer got from byte %d on", at)
		at += e.Length
	}
}
