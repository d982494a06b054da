package conformance

import (
	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) identityStreams() {
	c.of("identity/new-stream")
	c.it("returns a new stream for a stream", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.connected(p, streaming)
		sp.Expect(sp.wrapReturns(sp.wrap(closeCB))).To(be(line("ok, a stream")), "what wrap returned")
	}).seen("orthecreedence/cl-async#126", "orthecreedence/cl-async#128", "orthecreedence/drakma-async#33")
	c.it("returns a stream whose socket is an ssl-socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p, streaming)
		sp.Expect(sp.describe(wrapped).Classes).To(gomega.ContainElement(subject.ClassStream), "the classes of what wrap returned")
		sp.Expect(sp.describe(wrapped).Classes).NotTo(gomega.ContainElement(subject.ClassSocket), "the classes of what wrap returned")
		sp.Expect(sp.describe(subject.SocketOf(wrapped)).Classes).To(gomega.ContainElement(subject.ClassSSLSocket), "the classes of its socket")
	}).needing(subject.Introspect)
	c.it("returns a stream that sends under TLS what is written to it", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p, streaming)
		sp.must(write(wrapped, "to the stream"))
		sp.sees(p, "what was written to the wrapped stream, under TLS", entryKind(fakeserver.Data))
	}).seen("python/cpython#114921")

	c.of("identity/stream-to-read-cb")
	c.it("calls the read callback with the ssl-socket and the stream that wrap returned, each time", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(),
			fakeserver.Send("first"), fakeserver.Expect("go on"), fakeserver.Send("second"), fakeserver.ExpectEnd())
		sp.connected(p, streaming)
		since := sp.mark()
		sp.must(sp.wrap(closeCB))
		sp.Expect(sp.readFrom(wrapped, since, len("first"))).To(be("first"), "what the wrapped stream has to read")
		again := sp.mark()
		sp.must(write(wrapped, "go on"))
		sp.Expect(sp.readFrom(wrapped, again, len("second"))).To(be("second"), "what it has to read then")
		sp.Expect(sp.reads(since)).To(be([]line{"read callback of A called with tls.socket and tls"}), "the calls of read callbacks since the wrap")
	}).seen("python/cpython#114921")
}

// identityStreamOver holds the subject to: "A stream may also be made over a socket that does not drain its buffer."
func (c *catalogue) identityStreamOver() {
	c.of("identity/stream-made-over")
	c.it("lets a stream be made that reads what comes then, and writes", func(sp *spec) {
		p := sp.peer(fakeserver.ExpectPlain(startTLS), sp.handshake(), fakeserver.Expect("go on"), fakeserver.Send("kept"), fakeserver.ExpectEnd())
		sp.opened(p, keeping)
		since := sp.upgrade(p, sp.wrap(closeCB))
		sp.must(streamOver(wrapped, reader))
		sp.must(write(reader, "go on"))
		sp.Expect(sp.readFrom(reader, since, len("kept"))).To(be("kept"), "what the stream has to read")
	}).seen("python/cpython#114921")
	c.it("lets a stream be made that reads what was there before", func(sp *spec) {
		p := sp.peer(fakeserver.ExpectPlain(startTLS), sp.handshake(), fakeserver.Send("kept"), fakeserver.ExpectEnd())
		sp.opened(p, keeping)
		since := sp.upgrade(p, sp.wrap(closeCB))
		sp.awaitCall("the read callback for what the peer sent under TLS", since, subject.OnRead)
		sp.must(streamOver(wrapped, reader))
		sp.Expect(sp.readFrom(reader, since, len("kept"))).To(be("kept"), "what the stream has to read")
	}).seen("python/cpython#114921")
}
