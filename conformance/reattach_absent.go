package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) reattachAbsent() {
	c.of("reattach/absent")
	c.it("does without a write callback where data written to the wrapped socket has left", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("one"), fakeserver.Expect("two"), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.arrives(p, "one")
		sp.carriesOn(p, since)
	})
	c.it("does without a connect callback where the original was wrapped before it was connected", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect("one"), fakeserver.Expect("two"), fakeserver.ExpectEnd())
		since := sp.mark()
		sp.must(connect(p, plain, callbacks), sp.wrap(closeCB))
		sp.arrives(p, "one")
		sp.carriesOn(p, since)
	}).needing(subject.WrapBeforeConnect)
}

// carriesOn expects that nothing has gone wrong at the occasion of a callback which was never given: neither does the
// subject say so, nor is the connection of no use any more.
func (sp *spec) carriesOn(p *peer, since int) {
	sp.Expect(lines(sp.events(since, subject.OnEvent, subject.OnClose))).To(be([]line{}), "the events since the wrap")
	sp.must(write(wrapped, "two"))
	sp.awaitReceivedLast(p, "what was written after the occasion of the callback that was never given", "two")
}

func (c *catalogue) reattachAbsentEvent() {
	c.of("reattach/absent-event")
	for _, without := range []struct {
		what string
		has  []subject.Callback
	}{
		{"an event callback", []subject.Callback{subject.OnRead}},
		{"a read callback", []subject.Callback{subject.OnEvent}},
		{"any callback", nil},
	} {
		c.it("closes the socket, and calls close-cb, when it fails without "+without.what, func(sp *spec) {
			p := sp.peer(fakeserver.ExpectPlain(startTLS), sp.handshake(), fakeserver.Corrupted(fakeserver.Send("not as it was")), fakeserver.ExpectEnd())
			sp.opened(p, having(without.has...))
			sp.must(sp.wrap(closeCB))
			sp.handshaken(p)
			sp.quiet(p)
			sp.Expect(sp.closed(wrapped)).To(be(true), "whether the wrapped socket is closed after the failure")
		}).row("A8")
	}
	c.it("closes the socket, and calls close-cb, when the handshake fails without any callback", func(sp *spec) {
		p := sp.peer(fakeserver.ExpectPlain(startTLS), fakeserver.ExpectClientHello(), fakeserver.SendPlain("500 no TLS\r\n"), fakeserver.ExpectEnd())
		sp.opened(p, having())
		if answer := sp.do(sp.wrap(closeCB))[0]; answer.Error != nil {
			sp.fence() // it has made nothing that could be closed
			return
		}
		sp.quiet(p)
		sp.Expect(sp.closed(wrapped)).To(be(true), "whether the wrapped socket is closed after the failure")
	}).row("A8")
}
