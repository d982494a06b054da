package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) reattachDrainMode() {
	c.of("reattach/drain-mode")
	c.it("leaves decrypted data in the buffer where the original's was left there", func(sp *spec) {
		p := sp.peer(fakeserver.ExpectPlain(startTLS), sp.handshake(), fakeserver.Send("hello"), fakeserver.ExpectEnd())
		sp.opened(p, keeping)
		since := sp.mark()
		sp.must(sp.wrap(closeCB))
		sp.awaitCall("a call of the read callback", since, subject.OnRead)
		sp.Expect(sp.handed(since)).To(be(""), "what read callbacks were handed since the wrap, of what should have stayed in the buffer")
		sp.must(streamOver(wrapped, reader))
		sp.Expect(sp.readFrom(reader, since, len("hello"))).To(be("hello"), "what a stream over the wrapped socket holds")
	}).row("R5")
	c.it("leaves decrypted data for the stream where the original was one", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send("hello"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		sp.Expect(sp.readFrom(wrapped, since, len("hello"))).To(be("hello"), "what was read from the wrapped stream")
		sp.Expect(sp.handed(since)).To(be(""), "what read callbacks were handed since the wrap, of what is the stream's")
	})
	c.it("hands decrypted data over where the original's was", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send("hello"), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.awaitCall("a call of the read callback", since, subject.OnRead)
		sp.fence()
		sp.Expect(sp.handed(since)).To(be("hello"), "what read callbacks were handed since the wrap")
	})
}

func (c *catalogue) reattachPaused() {
	c.of("reattach/paused")
	for _, then := range []struct {
		what string
		step fakeserver.Step
	}{
		{"", fakeserver.Hold("no more")},
		{", the end behind it", fakeserver.CloseNotify()},
	} {
		c.it("keeps quiet while reading is disabled as it was on the original, and delivers every byte once it is enabled"+then.what, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send("one"), fakeserver.Send("two"), fakeserver.Send("three"),
				then.step, fakeserver.ExpectEnd())
			sp.connected(p)
			sp.must(disable(plain))
			since := sp.mark()
			wrap := sp.begin(sp.wrap(closeCB))
			sp.linger(p, "three")
			sp.Expect(sp.reads(since)).To(be([]line{}), "the calls of the read callback while reading was disabled")
			enabling := sp.begin(enable(wrapped))
			sp.performed(wrap)
			sp.performed(enabling)
			sp.awaitBytes("what the peer sent", since, len("onetwothree"))
			sp.fence()
			sp.Expect(sp.handed(since)).To(be("onetwothree"), "what the read callback was handed once reading was enabled")
		}).seen("twisted/twisted#5347", "erlang/otp#4586", "epgsql/epgsql#263")
	}
}

// linger lets a handshake go on that may, or may not, go on while reading is disabled: until the peer has sent its last
// data, but no longer than a handshake takes many times over. What then can be reported has been.
func (sp *spec) linger(p *peer, last string) {
	sp.fence()
	for range 100 {
		for _, e := range p.Transcript().Entries() {
			if e.Side == fakeserver.Peer && e.Kind == fakeserver.Data && string(e.Data) == last {
				sp.fence()
				return
			}
		}
		sp.tweet()
	}
}
