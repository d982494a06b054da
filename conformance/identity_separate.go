package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// identitySeparate holds the subject to: "Note that SSL in cl-async must be specifically loaded via the package
// `cl-async-ssl`, otherwise it won't be available."
func (c *catalogue) identitySeparate() {
	c.of("identity/separate")
	c.it("connects, writes, reads and closes where the TLS part is not loaded", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Echo())
		sp.must(connect(p, plain, callbacks))
		sp.awaitBytes("the peer's greeting", 0, len(greeting))
		sp.echoed(plain, callbacks)
		sp.must(closing(plain))
		sp.rest(p)
		sp.Expect(sp.closed(plain)).To(be(true), "what closed? says after the close")
	}).separately()
	c.it("has every operation on a socket where the TLS part is not loaded", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Echo())
		sp.connected(p)
		for _, operation := range socketOperations {
			if sp.offers(operation.needs...) {
				sp.accepts(plain, operation.requests)
			}
		}
	}).separately()
	c.it("has nothing to wrap with where the TLS part is not loaded, and leaves the socket as it is", func(sp *spec) {
		sp.connected(sp.peer(fakeserver.SendPlain(greeting), fakeserver.Echo()))
		if answer := sp.do(sp.wrap(closeCB))[0]; answer.Error == nil || !answer.Error.Unsupported {
			sp.fail("want: wrap answered with \"unsupported\", since the TLS part is not loaded\n got: the %s", answer)
		}
		sp.echoed(plain, callbacks)
	}).separately()
	c.it("reports the peer's end where the TLS part is not loaded", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Hold("end"), fakeserver.FIN(), fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		p.Resume("end")
		event := sp.awaitEvent("an event that tells of the peer's end", since)
		sp.Expect(event.Condition).To(beA(subject.TCPEOF), "the condition reported")
	}).separately()
}
