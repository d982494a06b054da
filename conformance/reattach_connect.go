package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) reattachConnect() {
	c.of("reattach/connect")
	c.it("calls the connect callback of a socket wrapped before it was connected once, with the wrapped one", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		sp.must(connect(p, plain, callbacks, also(subject.OnConnect)), sp.wrap(closeCB))
		sp.arrives(p, "hello")
		sp.Expect(sp.calls(subject.OnConnect)).To(be([]line{"connect callback of A called with tls"}), "the calls of the connect callback")
	}).seen("oven-sh/bun#42340").row("A6")

	c.of("reattach/connect-when-usable")
	c.it("sends once and under TLS what is written in the connect callback, though the handshake is slow", func(sp *spec) {
		const words, more = "first words", ", and more"
		p := sp.peer(fakeserver.ExpectClientHello(), fakeserver.Hold(serverHello), sp.handshake(), fakeserver.ExpectEnd())
		first := sp.deferred(when(subject.OnConnect, wrapped, write(wrapped, words)))
		ids := sp.begin(connect(p, plain, callbacks, also(subject.OnConnect)), sp.wrap(closeCB))
		sp.sees(p, "a ClientHello, and nothing before it", entryKind(fakeserver.ClientHello))
		sp.fence() // a connect callback that comes too soon has come
		p.Resume(serverHello)
		sp.performed(ids)
		sp.awaitDone("the write inside the connect callback", first)
		sp.must(write(wrapped, more))
		sp.awaitReceivedLast(p, "what was written behind the connect callback", more)
		sp.Expect(p.received()).To(be(words+more), "what the peer got under TLS")
	}).seen("netty/netty#358")

	c.of("reattach/not-connect-again")
	c.it("does not call the connect callback when a socket is wrapped that is connected", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, also(subject.OnConnect))
		sp.arrives(p, "hello")
		sp.Expect(lines(sp.events(since, subject.OnConnect))).To(be([]line{}), "the calls of the connect callback since the wrap")
	}).row("A6")
	c.it("does not call it again when a socket is wrapped inside it", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		wrapping := sp.deferred(when(subject.OnConnect, plain, sp.wrap(closeCB)))
		sp.must(connect(p, plain, callbacks, also(subject.OnConnect)))
		sp.awaitDone("the wrap inside the connect callback", wrapping)
		sp.arrives(p, "hello")
		sp.Expect(sp.calls(subject.OnConnect)).To(be([]line{"connect callback of A called with plain"}), "the calls of the connect callback")
	}).seen("eventmachine/eventmachine#362").row("A6")
}
