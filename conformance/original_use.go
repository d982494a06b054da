package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// originalSurvives is about what an application does with the original that should be nothing to the wrapped one.
func (c *catalogue) originalSurvives() {
	c.of("original/session-survives")
	c.it("goes on with the session after the call refused a write to the original", func(sp *spec) {
		since := sp.upgraded(sp.echoing())
		if sp.do(write(plain, misdirected))[0].Error != nil {
			sp.unharmed(since)
		}
	}).row("D1")
	c.it("goes on with the session after the original was disabled", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the rest"), fakeserver.Send(answer), fakeserver.Echo())
		since := sp.upgraded(p)
		sp.do(disableOriginal)
		p.Resume("the rest")
		sp.awaitBytes("what the peer sent under TLS after the original was disabled", since, len(answer))
		sp.unharmed(since)
	}).needing(subject.Pause).row("D5")
	c.it("goes on with the handshake after the original was disabled", func(sp *spec) {
		p, since, ids := sp.shaking(fakeserver.Send(answer), fakeserver.Echo())
		sp.do(disableOriginal)
		p.Resume(serverHello)
		sp.awaitBytes("what the peer sent under TLS after the original was disabled", since, len(answer))
		sp.performed(ids)
		sp.unharmed(since)
	}).needing(subject.Pause).row("D5")
	c.it("goes on with the session after the original was read", func(sp *spec) {
		since := sp.upgraded(sp.echoing(), streaming)
		sp.do(read(plain))
		sp.must(write(wrapped, question))
		sp.Expect(line(sp.readFrom(wrapped, since, len(question)))).To(be(line(question)), "what came back to the wrapped stream")
		sp.expectNoEnd(since)
	}).needing(subject.Stream)
	c.timed("goes on with the session after the original was given a timeout, and that has passed", func(sp *spec) {
		since := sp.upgraded(sp.echoing())
		sp.do(subject.Request{Op: subject.SetTimeouts, On: plain, ReadTimeout: sp.ms()})
		sp.watch(2 * sp.T)
		sp.unharmed(since)
	}).needing(subject.ReadTimeout)
}

// disableOriginal stops everything that the original might do.
var disableOriginal = subject.Request{Op: subject.Disable, On: plain, ToRead: true, ToWrite: true}

func (c *catalogue) originalReads() {
	c.of("original/read-is-blank")
	c.it("hands nothing over by the original while a session goes on", func(sp *spec) {
		const size, seed = 100 << 10, 9
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(string(subject.Payload(size, seed))), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.awaitBytes("what the peer sent under TLS", since, size)
		sp.fence()
		got := sp.handed(since, plain)
		sp.Expect(line(subject.Quote([]byte(got)))).To(be(line(`""`)), "what read callbacks called with the original were handed since the wrap")
	}).seen("oven-sh/bun#32241", "denoland/deno#31759")
	c.it("has nothing to read for the original while data comes for the wrapped one, and loses none of that", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.connected(p, streaming)
		since := sp.mark()
		sp.must(sp.wrap(closeCB))
		sp.awaitCall("the read callback for what the peer sent under TLS", since, subject.OnRead)
		sp.readsBlank()
		sp.Expect(line(sp.readFrom(wrapped, since, len(answer)))).To(be(line(answer)), "what the wrapped stream had to read")
		sp.readsBlank()
	}).needing(subject.Stream).seen("oven-sh/bun#36534").row("D8")
	c.it("has nothing to read for the original in the handshake, and loses none of that", func(sp *spec) {
		p := sp.stalling(sp.handshake(), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.connected(p, streaming)
		since := sp.mark()
		sp.begin(sp.wrap(closeCB))
		sp.sees(p, "a ClientHello", entryKind(fakeserver.ClientHello))
		sp.readsBlank()
		p.Resume(serverHello)
		sp.readsBlank()
		sp.Expect(line(sp.readFrom(wrapped, since, len(answer)))).To(be(line(answer)), "what the wrapped stream had to read")
	}).needing(subject.Stream).seen("denoland/deno#31759").row("D8")
}

// readsBlank expects that reading the original yields nothing; an error counts as that.
func (sp *spec) readsBlank() {
	if a := sp.do(read(plain))[0]; a.Error == nil && len(a.OK.Data) > 0 {
		sp.fail("want: nothing read from the original after the wrap\n got: %s", subject.Quote(a.OK.Data))
	}
}

func (c *catalogue) originalWrappedTwice() {
	c.of("original/second-wrap")
	c.it("refuses to wrap the original again while the session stands, and goes on with it", func(sp *spec) {
		since := sp.upgraded(sp.echoing())
		sp.refusesSecond(sp.do(sp.secondWrap())[0])
		sp.unharmed(since)
	}).seen("oven-sh/bun#39008")
	c.it("refuses to wrap the original again in the turn of the first wrap, and goes on with that", func(sp *spec) {
		p := sp.echoing()
		sp.connected(p)
		since := sp.mark()
		ids := sp.begin(sp.wrap(closeCB), sp.secondWrap())
		sp.refusesSecond(sp.answer(ids[1]))
		sp.performed(ids[:1])
		sp.unharmed(since)
	}).seen("oven-sh/bun#39008")
	c.it("refuses to wrap the original again in each call of the read callback, and goes on with the session", func(sp *spec) {
		since := sp.upgraded(sp.echoing())
		id := sp.deferred(whenever(subject.OnRead, wrapped, sp.secondWrap()))
		for range 3 {
			sp.survives()
			sp.refusesSecond(sp.awaitRan("the second wrap inside the read callback", id))
		}
		sp.unharmed(since)
	}).seen("oven-sh/bun#32239")
}

func (sp *spec) secondWrap() subject.Request {
	return sp.wrapOf(plain, "second", "")
}

func (sp *spec) refusesSecond(outcome subject.Record) {
	if outcome.Error == nil {
		sp.fail("want: an error for the second wrap of the same original\n got: %s", outcome)
	}
}
