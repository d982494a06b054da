package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) reattachStream() {
	c.of("reattach/stream")
	c.it("calls the event callback of a stream for the wrapped one's socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.CloseNotify(), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		sp.awaitEvent("an event when the peer has closed", since)
		sp.Expect(called(sp.events(since, subject.OnEvent))).To(be([]line{"event callback of A, for tls.socket"}), "the event callbacks called since the wrap")
	}).seen("python/cpython#114921")
	c.it("calls the write callback of a stream, with the wrapped one's socket, for data written to that stream", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming, also(subject.OnWrite))
		sp.must(write(wrapped, "hello"))
		sp.awaitCall("a call of a write callback", since, subject.OnWrite)
		sp.fence()
		sp.Expect(called(sp.events(since, subject.OnWrite))).To(be([]line{"write callback of A, for tls.socket"}), "the write callbacks called since the wrap")
	}).needing(subject.WriteCallback)

	c.of("reattach/read")
	c.it("calls the read callback of a stream with the wrapped one and its socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send("hello"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		sp.Expect(sp.readFrom(wrapped, since, len("hello"))).To(be("hello"), "what was read from the wrapped stream")
		sp.Expect(sp.reads(since)).To(be([]line{"read callback of A called with tls.socket and tls"}), "the calls of read callbacks after the wrap")
	}).needing(subject.Stream)

	c.of("reattach/connect")
	c.it("calls the connect callback of a stream wrapped before it was connected once, with the wrapped one's socket", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		sp.must(connect(p, plain, callbacks, streaming, also(subject.OnConnect)), sp.wrap(closeCB))
		sp.arrives(p, "hello")
		sp.Expect(sp.calls(subject.OnConnect)).To(be([]line{"connect callback of A called with tls.socket"}), "the calls of the connect callback")
	}).needing(subject.Stream)
}
