package conformance

import (
	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// argumentClosed holds the subject to: "Every operation on a closed socket but socket-closed-p signals socket-closed."
func (c *catalogue) argumentClosed() {
	c.of("argument/closed")
	c.it("signals socket-closed for a socket that was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd())
		sp.connected(p)
		sp.must(closing(plain))
		sp.signalsClosed(sp.do(sp.wrap(closeCB))[0])
		sp.fence()
	}).seen("python/cpython#105993")
	c.it("signals socket-closed for a socket that was closed in the same turn", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd())
		sp.connected(p)
		sp.signalsClosed(sp.do(closing(plain), sp.wrap(closeCB))[1])
		sp.fence()
	})
	c.it("signals socket-closed for a socket that its peer has closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.FIN(), fakeserver.ExpectEnd())
		sp.connected(p)
		sp.awaitEvent("the event for the peer's end", 0)
		sp.fence()
		sp.signalsClosed(sp.do(sp.wrap(closeCB))[0])
		sp.fence()
	})
	c.it("signals socket-closed for a stream that was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd())
		sp.connected(p, streaming)
		sp.must(closing(plain))
		sp.signalsClosed(sp.do(sp.wrap(closeCB))[0])
		sp.fence()
	}).needing(subject.Stream)

	c.of("argument/peer-gone")
	c.it("reports the end of the peer by one event and close-cb", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Hold("until it is paused"), fakeserver.FIN(), fakeserver.ExpectEnd())
		sp.connected(p)
		sp.must(disable(plain))
		p.Resume("until it is paused")
		sp.sees(p, "its FIN", entryKind(fakeserver.TCPClosed))
		sp.fence()
		since := sp.mark()
		wrapping := sp.begin(sp.wrap(closeCB))
		sp.begin(enable(wrapped)) // without which the handshake need not go on; the event may have come before
		failure := sp.awaitFailure("an event for the peer's end", since, wrapping...)
		if failure.answered() { // with the handshake: then there never was a socket for close-cb to tell of
			if failure.condition.Is(subject.SocketClosed) {
				sp.fail("want: a wrap of the socket, which is paused and not closed\n got: it was refused: %v", failure.condition)
			}
			sp.fence()
			sp.expectOne(failure)
			return
		}
		sp.quiet(p)
		var calls []line
		for _, r := range sp.events(since) {
			calls = append(calls, line(r.Event))
		}
		sp.Expect(calls).To(gomega.ConsistOf(line(subject.OnEvent), line(subject.OnClose)), "the callbacks called since the wrap")
	}).row("P2")

	c.of("argument/in-event-callback")
	c.it("signals socket-closed in the event callback of a socket that its peer has reset", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Hold("until the greeting is there"), fakeserver.RST())
		sp.connected(p)
		id := sp.deferred(when(subject.OnEvent, plain, sp.wrap(closeCB)))
		p.Resume("until the greeting is there")
		sp.signalsClosed(sp.awaitRan("the wrap in the event callback", id))
		sp.fence()
	}).row("Q4")
	c.it("signals socket-closed in the event callback of a socket whose connection was refused", func(sp *spec) {
		p := sp.nobody(fakeserver.StartRefusing())
		id := sp.deferred(when(subject.OnEvent, plain, sp.wrap(closeCB)))
		sp.must(connect(p, plain, callbacks))
		sp.signalsClosed(sp.awaitRan("the wrap in the event callback", id))
		sp.fence()
	}).row("Q4")
}

// signalsClosed expects that a wrap was refused with socket-closed.
func (sp *spec) signalsClosed(outcome subject.Record) {
	if outcome.Error == nil {
		sp.fail("want: socket-closed from the wrap\n got: %s", outcome)
	}
	sp.Expect(&outcome.Error.Condition).To(beA(subject.SocketClosed), "what the wrap was refused with")
}
