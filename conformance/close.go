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
		sp.Expect(sp.closeCalls()).To(be([]closeCall{{Tag: closeCB, Arguments: 0}}), "calls of close-cb")
	})
}

type closeCall struct {
	Tag       subject.Tag
	Arguments int
}

func (sp *spec) closeCalls() []closeCall {
	var calls []closeCall
	for _, r := range sp.records {
		if r.Event == subject.OnClose {
			calls = append(calls, closeCall{r.Callbacks, r.Arguments})
		}
	}
	return calls
}
