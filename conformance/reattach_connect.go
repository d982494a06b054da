package conformance

import (
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) reattachConnect() {
	c.of("reattach/connect")
	c.it("calls the connect callback of a socket wrapped before it was connected once, with the wrapped one", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		r := connect(p, plain, callbacks)
		also(subject.OnConnect)(&r)
		sp.must(r, sp.wrap(closeCB))
		sp.arrives(p, "hello")
		sp.Expect(sp.calls(subject.OnConnect)).To(be([]line{"connect callback of A called with tls"}), "the calls of the connect callback")
	}).seen("oven-sh/bun#42340")

	c.of("reattach/connect-when-usable")
	c.it("sends once and under TLS what is written in the connect callback, though the handshake is slow", func(sp *spec) {
		const words, more = "first words", ", and more"
		p := sp.peer(fakeserver.ExpectClientHello(), fakeserver.Hold("ServerHello"), sp.handshake(), fakeserver.ExpectEnd())
		sp.must(when(subject.OnConnect, wrapped, write(wrapped, words)))
		first := sp.id()
		r := connect(p, plain, callbacks)
		also(subject.OnConnect)(&r)
		ids := sp.begin(r, sp.wrap(closeCB))
		sp.sees(p, "a ClientHello, and nothing before it", entryKind(fakeserver.ClientHello))
		sp.fence() // a connect callback that comes too soon has come
		p.Resume("ServerHello")
		sp.performed(ids)
		sp.awaitDone("the write inside the connect callback", first)
		sp.must(write(wrapped, more))
		sp.sees(p, "what was written behind the connect callback", func(fakeserver.Entry) bool { return strings.HasSuffix(received(p), more) })
		sp.Expect(received(p)).To(be(words+more), "what the peer got under TLS")
	}).seen("netty/netty#358")

	c.of("reattach/not-connect-again")
	c.it("does not call the connect callback when a socket is wrapped that is connected", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		since := sp.upgradedWith(p, also(subject.OnConnect))
		sp.arrives(p, "hello")
		sp.Expect(lines(sp.events(since, subject.OnConnect))).To(be([]line{}), "the calls of the connect callback since the wrap")
	})
}
