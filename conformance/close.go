package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// close holds the subject to: "The `close-cb` function passed in will be called when the SSL socket is closed.
// `close-cb` is a lambda with no arguments."
func (c *catalogue) close() {
	c.closeByUs()
	c.closeByOthers()
	c.closeTooSoon()
	c.closeMoment()
	c.closeAgain()
	c.closeInCallbacks()
	c.closeNotify()
	c.closeUnderLoad()
	c.closeProcess()
	c.closeLoop()
}

func (c *catalogue) closeByUs() {
	c.of("close/explicit")
	c.it("calls close-cb once, without arguments", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		sp.must(closing(wrapped))
		sp.quiet(p)
		sp.Expect(sp.calls(subject.OnClose)).To(be([]line{"close-cb C called with 0 arguments"}), "the calls of close-cb")
	}).seen("nodejs/node#24984", "aio-libs/aiohttp#1925", "netty/netty#1608")
	for _, v := range versions {
		c.it("calls close-cb once behind data that went both ways, under "+v.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v),
				fakeserver.Expect("ping"), fakeserver.Send("pong"), fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			sp.pings(since)
			sp.must(closing(wrapped))
			sp.quiet(p)
			sp.Expect(sp.calls(subject.OnClose)).To(be([]line{"close-cb C called with 0 arguments"}), "the calls of close-cb")
		}).needing(v.needs)
	}

	c.of("close/omitted")
	c.it("closes a socket that was wrapped without close-cb", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("ping"), fakeserver.Send("pong"), fakeserver.ExpectEnd())
		since := sp.upgradedWithoutCloseCB(p)
		sp.pings(since)
		sp.must(closing(wrapped))
		sp.rest(p)
		sp.Expect(sp.closed(wrapped)).To(be(true), "what closed? says")
	})
	c.it("closes one at the peer's end, too", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.CloseNotify(), fakeserver.FIN(), fakeserver.ExpectEnd())
		since := sp.upgradedWithoutCloseCB(p)
		sp.awaitEvent("an event that tells of the peer's end", since)
		sp.rest(p)
		sp.Expect(sp.closed(wrapped)).To(be(true), "what closed? says")
	})

	c.of("close/stream")
	c.it("calls close-cb once when the wrapped stream is closed, and closes its socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		sp.must(closing(wrapped))
		sp.quiet(p)
		sp.expectClosedOnce(since)
		sp.Expect(sp.closed(subject.SocketOf(wrapped))).To(be(true), "what closed? says of the stream's socket")
	}).row("R4")
	c.it("calls close-cb once when the wrapped stream is closed in its read callback", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("data"), fakeserver.Send("enough"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		sp.must(when(subject.OnRead, subject.SocketOf(wrapped), closing(wrapped)))
		p.Resume("data")
		sp.quiet(p)
		sp.expectClosedOnce(since)
	}).row("R4")
}

// upgradedWithoutCloseCB is upgraded for a wrap that is given no close-cb.
func (sp *spec) upgradedWithoutCloseCB(p *peer) (since int) {
	sp.connected(p)
	return sp.upgrade(p, sp.wrap(""))
}

// pings lets "ping" go to the peer, and "pong" come back.
func (sp *spec) pings(since int) {
	defer sp.during("the spec did not get as far as its clause: a round trip under TLS comes first")()
	sp.must(write(wrapped, "ping"))
	sp.awaitBytes("the peer's answer under TLS", since, len("pong"))
}
