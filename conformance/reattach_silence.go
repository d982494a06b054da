package conformance

import (
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) reattachSilence() {
	c.of("reattach/original-silent")
	c.it("calls nothing with the original while data goes both ways", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send("one"), fakeserver.Send("two"),
			fakeserver.Expect("three"), fakeserver.ExpectEnd())
		sp.upgraded(p)
		wrap := sp.id()
		sp.arrives(p, "three") // and what the peer has sent before, in the other direction
		sp.silent(sp.answer(wrap))
	}).seen("denoland/deno#31759", "oven-sh/bun#32241", "oven-sh/bun#36534")

	c.it("calls nothing with the original after the callback in which it was wrapped", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(goAhead), sp.handshake(), fakeserver.Send("one"), fakeserver.Expect("two"), fakeserver.ExpectEnd())
		ran, _ := sp.wrapsInRead(p)
		sp.arrives(p, "two")
		sp.silent(ran)
	})

	c.it("calls nothing with the original after the callback in which it was wrapped, though 1 MiB in plain was under way", func(sp *spec) {
		_, _, wrap := sp.wrappedInRead(fakeserver.SendPlain(flood))
		if ran := sp.awaitRan("the wrap inside the read callback", wrap); ran.Error == nil { // else the original goes on in plain
			sp.silent(ran)
		}
	}).seen("aio-libs/aiosmtpd#83")

	c.it("calls no write callback with the original for what was still to be sent at the wrap", func(sp *spec) {
		const size = 8 << 20 // more than the kernel takes while the peer reads nothing
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Hold("reading"), fakeserver.ExpectPlain(string(subject.Payload(size, 1))),
			sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		sp.connected(p, also(subject.OnWrite))
		ids := sp.begin(writePayload(plain, size, 1), sp.wrap(closeCB))
		p.Resume("reading")
		sp.performed(ids)
		sp.arrives(p, "hello")
		sp.silent(sp.answer(ids[1]))
	}).needing(subject.WriteCallback)

	c.it("calls no event callback for the original when the peer closes", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.CloseNotify(), fakeserver.FIN(), fakeserver.Hold("its silence"))
		sp.upgraded(p)
		wrap := sp.id()
		sp.holding(p, "its silence")
		sp.silent(sp.answer(wrap))
	})

	c.it("calls no event callback for the original when the handshake fails", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectClientHello(), fakeserver.SendPlain("500 no TLS\r\n"), fakeserver.Hold("its silence"))
		sp.connected(p)
		answer := sp.do(sp.wrap(closeCB))[0]
		if answer.Error != nil {
			return // the wrap has failed, and has made nothing that could be called in the original's place
		}
		sp.holding(p, "its silence")
		sp.silent(answer)
	})

	c.it("does not call the connect callback with an original that was wrapped before", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect("hello"), fakeserver.ExpectEnd())
		ids := sp.begin(connect(p, plain, callbacks, also(subject.OnConnect)), sp.wrap(closeCB))
		sp.performed(ids)
		sp.arrives(p, "hello")
		sp.silent(sp.answer(ids[1]))
	}).needing(subject.WrapBeforeConnect, subject.ConnectCallback)

	c.it("calls nothing with an original stream, or its socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send("hello"), fakeserver.CloseNotify(), fakeserver.Hold("its silence"))
		sp.upgraded(p, streaming)
		wrap := sp.id()
		sp.holding(p, "its silence")
		sp.silent(sp.answer(wrap))
	}).needing(subject.Stream)
}

// silent expects that no callback began after the answer to a wrap that was called with the original.
func (sp *spec) silent(answer subject.Record) {
	sp.fence()
	late := slices.DeleteFunc(sp.events(0), func(r subject.Record) bool {
		return r.Seq < answer.Seq || !slices.Contains([]subject.Handle{plain, subject.SocketOf(plain)}, object(r)) && r.Stream != plain
	})
	sp.Expect(lines(late)).To(be([]line{}), "the callbacks called with the original since the wrap was answered")
}

// reattachAfterReturn is about what a wrap finds waiting: bytes that are no TLS, or the connection's end.
func (c *catalogue) reattachAfterReturn() {
	c.of("reattach/not-inside-wrap")
	for _, waits := range []struct {
		what  string
		steps []fakeserver.Step
	}{
		{"more bytes in plain", []fakeserver.Step{fakeserver.SendPlain(bulk()[:1<<20])}},
		{"the peer's end", []fakeserver.Step{fakeserver.Joined(fakeserver.SendPlain(greeting), fakeserver.FIN())}},
	} {
		c.it("calls no callback inside a wrap in the read callback, with "+waits.what+" waiting", func(sp *spec) {
			p := sp.peer(append(waits.steps, fakeserver.ExpectEnd())...)
			sp.fence()
			first := sp.id() + 1
			sp.must(when(subject.OnRead, plain, ask), when(subject.OnRead, plain, sp.wrap(closeCB)), when(subject.OnRead, plain, ask))
			sp.must(connect(p, plain, callbacks))
			last := sp.awaitDone("the question behind the wrap inside the read callback", first+2)
			sp.expectUninterrupted(sp.awaitRan("the question before the wrap", first), last, first+1)
		}).row("A9")
	}
	for _, waits := range []struct {
		what string
		step fakeserver.Step
	}{
		{"bytes in plain", fakeserver.SendPlain("this is no TLS\r\n")},
		{"the peer's end", fakeserver.FIN()},
		{"a reset", fakeserver.RST()},
	} {
		c.it("calls no callback inside a wrap while reading is disabled, with "+waits.what+" waiting", func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Hold("disabled"), waits.step, fakeserver.Hold("wrapped"), fakeserver.ExpectEnd())
			sp.connected(p)
			sp.must(disable(plain))
			p.Resume("disabled")
			sp.sees(p, "the end of its step", func(e fakeserver.Entry) bool { return e.Text == "wrapped" || e.Kind == fakeserver.TCPReset })
			sp.wrapUninterrupted()
			p.Resume("wrapped")
		}).needing(subject.Pause).row("A9")
	}
	c.it("calls no callback inside a wrap of a socket that holds unread bytes", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd())
		sp.connected(p, keeping)
		sp.wrapUninterrupted()
	}).needing(subject.Stream).row("A9")
}

// ask is an operation that takes no time and can be told from others by its answer.
var ask = subject.Request{Op: subject.Closed, On: canary}

// wrapUninterrupted wraps between two questions that are answered at once, and expects that no callback is called
// between the two answers: they are one turn, in which nothing runs but the call of wrap. Whether that has returned the
// wrapped socket, or will when the handshake is over, does not matter, nor whether it can be used.
func (sp *spec) wrapUninterrupted() {
	sp.fence()
	ids := sp.begin(ask, sp.wrap(closeCB), ask)
	sp.expectUninterrupted(sp.answer(ids[0]), sp.answer(ids[2]), ids[1])
}

// expectUninterrupted expects that between two answers, until that to the wrap if it is there, no callback was called.
func (sp *spec) expectUninterrupted(first, last subject.Record, wrap int) {
	until := last.Seq
	for _, r := range sp.records {
		if r.ID == wrap && !r.Deferred {
			until = min(until, r.Seq)
		}
	}
	inside := slices.DeleteFunc(sp.events(0), func(r subject.Record) bool { return r.Seq < first.Seq || r.Seq > until })
	sp.Expect(lines(inside)).To(be([]line{}), "the callbacks called inside the call to wrap")
}
