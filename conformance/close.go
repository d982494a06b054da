package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// close holds the subject to: "The `close-cb` function passed in will be called when the SSL socket is closed.
// `close-cb` is a lambda with no arguments."
func (c *catalogue) close() {
	c.of("close/explicit")
	c.it("calls close-cb once, without arguments", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.connected(p)
		sp.must(sp.wrap(closeCB))
		sp.sees(p, "the end of the handshake", func(e fakeserver.Entry) bool { return e.Kind == fakeserver.Handshake })
		sp.must(subject.Request{Op: subject.Close, On: wrapped})
		sp.quiet(p)
		sp.Expect(sp.calls(subject.OnClose)).To(be([]line{"close-cb C called with 0 arguments"}), "the calls of close-cb")
	})
}

// calls returns the calls of a callback, as a timeline tells them.
func (sp *spec) calls(of subject.Callback) []line {
	var calls []line
	for _, r := range sp.records {
		if r.Event == of {
			calls = append(calls, line(r.String()))
		}
	}
	return calls
}
