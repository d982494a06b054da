package conformance

import (
	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// The names of a stream and of what wrap makes of it.
const (
	plainStream   subject.Handle = "stream"
	wrappedStream subject.Handle = "tls-stream"
)

func (c *catalogue) identityStreams() {
	c.of("identity/new-stream")
	c.it("returns a new stream for a stream", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.openStream(p)
		sp.Expect(sp.wrapReturns(sp.wrapStream())).To(be(line("ok, a stream")), "what wrap returned")
	}).seen("orthecreedence/cl-async#126", "orthecreedence/cl-async#128", "orthecreedence/drakma-async#33")
	c.it("returns a stream whose socket is an ssl-socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.streamUpgraded(p)
		sp.Expect(sp.describe(wrappedStream).Classes).To(gomega.ContainElement(subject.ClassStream), "the classes of what wrap returned")
		sp.Expect(sp.describe(wrappedStream).Classes).NotTo(gomega.ContainElement(subject.ClassSocket), "the classes of what wrap returned")
		sp.Expect(sp.describe(subject.SocketOf(wrappedStream)).Classes).To(gomega.ContainElement(subject.ClassSSLSocket), "the classes of its socket")
	}).needing(subject.Introspect)
	c.it("returns a stream that sends under TLS what is written to it", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.streamUpgraded(p)
		sp.must(write(wrappedStream, "to the stream"))
		sp.sees(p, "what was written to the wrapped stream, under TLS", entryKind(fakeserver.Data))
	}).seen("python/cpython#114921")

	c.of("identity/stream-to-read-cb")
	c.it("calls the read callback with the ssl-socket and the stream that wrap returned, each time", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(),
			fakeserver.Send("first"), fakeserver.Expect("go on"), fakeserver.Send("second"), fakeserver.ExpectEnd())
		sp.openStream(p)
		since := sp.mark()
		sp.must(sp.wrapStream())
		sp.Expect(string(sp.readFrom(wrappedStream, since, len("first")))).To(be("first"), "what the wrapped stream has to read")
		again := sp.mark()
		sp.must(write(wrappedStream, "go on"))
		sp.Expect(string(sp.readFrom(wrappedStream, again, len("second")))).To(be("second"), "what it has to read then")
		sp.Expect(sp.reads(since)).To(be([]line{"read callback of A called with tls-stream.socket and tls-stream"}), "the calls of read callbacks since the wrap")
	}).seen("python/cpython#114921")
}

// identityStreamOver holds the subject to: "A stream may also be made over a socket that does not drain its buffer."
func (c *catalogue) identityStreamOver() {
	c.of("identity/stream-made-over")
	c.it("lets a stream be made that reads what comes then, and writes", func(sp *spec) {
		p := sp.keeping(fakeserver.Expect("go on"), fakeserver.Send("kept"), fakeserver.ExpectEnd())
		sp.handshaken(p)
		since := sp.mark()
		sp.must(subject.Request{Op: subject.MakeStream, On: wrapped, As: wrappedStream})
		sp.must(write(wrappedStream, "go on"))
		sp.Expect(string(sp.readFrom(wrappedStream, since, len("kept")))).To(be("kept"), "what the stream has to read")
	})
	c.it("lets a stream be made that reads what was there before", func(sp *spec) {
		p := sp.keeping(fakeserver.Send("kept"), fakeserver.ExpectEnd())
		sp.handshaken(p)
		since := 0
		sp.awaitCall("the read callback for what the peer sent under TLS", since, subject.OnRead, anyCall)
		sp.must(subject.Request{Op: subject.MakeStream, On: wrapped, As: wrappedStream})
		sp.Expect(string(sp.readFrom(wrappedStream, since, len("kept")))).To(be("kept"), "what the stream has to read")
	})
}

// keeping wraps a socket that keeps what it reads, to a peer that goes on like this behind the handshake. There is no
// greeting, which would be kept, too; that the connection stands shows in what the subject sends once connected.
func (sp *spec) keeping(script ...fakeserver.Step) *peer {
	const hello = "EHLO client\r\n"
	p := sp.peer(append([]fakeserver.Step{fakeserver.ExpectPlain(hello), sp.handshake()}, script...)...)
	r := connect(p, plain, callbacks)
	r.Keep, r.Data = true, []byte(hello)
	sp.must(r)
	sp.sees(p, "what is sent once connected", entryKind(fakeserver.Bytes))
	sp.must(sp.wrap(closeCB))
	return p
}

// openStream opens a stream and reads the peer's greeting off it.
func (sp *spec) openStream(p *peer) {
	r := connect(p, plainStream, callbacks)
	r.Stream = true
	sp.connectedAs(r)
}

// wrapStream is the request to wrap the stream.
func (sp *spec) wrapStream() subject.Request {
	r := sp.wrap(closeCB)
	r.On, r.As = plainStream, wrappedStream
	return r
}

// streamUpgraded opens a stream, wraps it, and returns when the peer has the whole handshake.
func (sp *spec) streamUpgraded(p *peer) {
	sp.openStream(p)
	sp.must(sp.wrapStream())
	sp.handshaken(p)
}
