package conformance

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// reattach holds the subject to: "The callbacks and timeouts on the original socket/stream are reattached to the new
// SSL socket/stream, meaning you can convert a non-SSL socket to SSL fairly simply."
func (c *catalogue) reattach() {
	c.reattachRead()
	c.reattachWrite()
	c.reattachEvent()
	c.reattachConnect()
	c.reattachLatest()
	c.reattachOverride()
	c.reattachSilence()
	c.reattachAbsent()
	c.reattachAbsentEvent()
	c.reattachAfterReturn()
	c.reattachDrainMode()
	c.reattachPaused()
	c.reattachStream()
}

func (c *catalogue) reattachRead() {
	c.of("reattach/read")
	c.it("hands decrypted data to the original's read callback, called with the wrapped socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(),
			fakeserver.Send("first"), fakeserver.Send("second"), fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		sp.must(sp.wrap(""))
		sp.delivers(since, "firstsecond")
	}).seen("python/cpython#152431", "encode/httpcore#249", "fukamachi/websocket-driver#7")

	for _, v := range versions {
		c.it("does so under "+v.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v), fakeserver.Send("hello"), fakeserver.ExpectEnd())
			sp.connected(p)
			since := sp.mark()
			sp.must(sp.wrap(""))
			sp.delivers(since, "hello")
		}).needing(v.needs)
	}

	c.it("does so where the wrap was made inside that callback", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(goAhead), sp.handshake(), fakeserver.Send("hello"), fakeserver.ExpectEnd())
		_, since := sp.wrapsInRead(p)
		sp.delivers(since, "hello")
	})

	c.it("does so where the original was wrapped before it was connected", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Send("hello"), fakeserver.ExpectEnd())
		since := sp.mark()
		sp.must(connect(p, plain, callbacks), sp.wrap(""))
		sp.delivers(since, "hello")
	}).needing(subject.WrapBeforeConnect).seen("netty/netty#17020")

	c.it("sends under TLS what the read callback answers to the socket that it was called with", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(),
			fakeserver.Send("question"), fakeserver.Expect("answer"), fakeserver.ExpectEnd())
		answer := sp.deferred(when(subject.OnRead, wrapped, write(wrapped, "answer")))
		sp.upgraded(p)
		sp.awaitDone("the write inside the read callback, called with the wrapped socket", answer)
		sp.sees(p, "the answer, under TLS", clientData)
	}).seen("oven-sh/bun#32241")
}

// wrapsInRead connects to a peer that says to go ahead, and has the original wrapped inside the read callback that gets
// it. It returns the run of the wrap, with a mark for what follows that callback.
func (sp *spec) wrapsInRead(p *peer) (ran subject.Record, since int) {
	wrap := sp.deferred(when(subject.OnRead, plain, sp.wrap(closeCB)))
	sp.must(connect(p, plain, callbacks))
	sp.awaitBytes("the peer's consent in plain", 0, len(goAhead))
	since = sp.mark()
	return sp.awaitDone("the wrap inside the read callback", wrap), since
}

// delivers waits for data that the peer sends under TLS, and expects that it was all, and handed to the original's read
// callback with the wrapped socket.
func (sp *spec) delivers(since int, data string) {
	sp.awaitBytes("what the peer sent under TLS", since, len(data))
	sp.fence()
	want := line(fmt.Sprintf("read callback of A called with tls: %q", data))
	sp.Expect(sp.reads(since)).To(be([]line{want}), "the calls of read callbacks after the wrap")
}

func (c *catalogue) reattachWrite() {
	c.of("reattach/write")
	c.it("calls the original's write callback, with the wrapped socket, for data written to that", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, also(subject.OnWrite))
		sp.must(write(wrapped, "hello"))
		sp.writes(since)
	})
	c.it("does so for data written before the handshake was done", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		sp.connected(p, also(subject.OnWrite))
		since := sp.mark()
		sp.must(sp.wrap(closeCB), write(wrapped, "hello"))
		sp.writes(since)
	})
}

// writes waits for a call of a write callback, and expects that all are of the original's, with the wrapped socket.
func (sp *spec) writes(since int) {
	sp.awaitCall("a call of a write callback for data written to the wrapped socket", since, subject.OnWrite)
	sp.fence()
	sp.Expect(called(sp.events(since, subject.OnWrite))).To(be([]line{"write callback of A, for tls"}), "the write callbacks called since the wrap")
}

func (c *catalogue) reattachEvent() {
	c.of("reattach/event")
	for _, end := range []struct {
		how  string
		step fakeserver.Step
	}{
		{"the peer closes", fakeserver.CloseNotify()},
		{"a record is corrupt", fakeserver.Corrupted(fakeserver.Send("not as it was"))},
		{"the peer resets the connection", fakeserver.RST()},
	} {
		c.it("calls the original's event callback, with the wrapped socket, when "+end.how, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the end"), end.step, fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			p.Resume("the end")
			sp.awaitEvent("a call of an event callback when "+end.how, since)
			sp.fence()
			sp.Expect(called(sp.events(since, subject.OnEvent))).To(be([]line{"event callback of A, for tls"}), "the event callbacks called since the wrap")
		})
	}
}
