package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// errors holds the subject to: "tcp-ssl-error extends tcp-error: Triggered when an error happens while communicating
// over an SSL socket."
func (c *catalogue) errors() {
	c.of("error/plain-peer")
	c.it("reports a peer that answers the ClientHello in plain text, and does not deliver the text", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectClientHello(),
			fakeserver.SendPlain("500 5.5.1 no TLS to be had here\r\n"), fakeserver.ExpectEnd())
		sp.connected(p)
		before := len(sp.records)
		failure := sp.wrapFailure()
		sp.fence()
		sp.Expect(failure).To(beA(subject.TCPSSLError), "the condition reported")
		sp.Expect(sp.reads(before)).To(be([]line{}), "the calls of read callbacks after the wrap")
	})
}

// wrapFailure wraps the original, which must not succeed, and returns the condition that says so. An implementation
// whose wrap ends with the handshake reports it as the outcome of wrap, any other as an event.
func (sp *spec) wrapFailure() *subject.Condition {
	answer := sp.do(sp.wrap(""))[0]
	if answer.Error != nil {
		return &answer.Error.Condition
	}
	return sp.await("an event that reports the failure", func(r subject.Record) bool {
		return r.Event == subject.OnEvent && r.Callbacks == callbacks
	}).Condition
}
