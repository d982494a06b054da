package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// replacements is the set of callbacks that comes with a write, in the place of some of the original's.
const replacements subject.Tag = "B"

// replacing writes, and replaces callbacks.
func replacing(on subject.Handle, data string, replaced ...subject.Callback) subject.Request {
	r := write(on, data)
	r.Callbacks, r.Has = replacements, replaced
	return r
}

// reattachLatest is about the callbacks as they stand at the wrap. The peer sends data and closes: that is one call of
// a read callback at least, and of an event callback.
func (c *catalogue) reattachLatest() {
	c.of("reattach/latest")
	script := func(sp *spec, before ...fakeserver.Step) *peer {
		return sp.peer(append(before, sp.handshake(), fakeserver.Send("hello"), fakeserver.CloseNotify(), fakeserver.ExpectEnd())...)
	}
	for _, given := range []struct {
		callback subject.Callback
		want     []line
	}{
		{subject.OnRead, []line{"read callback of B", "event callback of A"}},
		{subject.OnEvent, []line{"read callback of A", "event callback of B"}},
	} {
		c.it("reattaches the "+string(given.callback)+" callback that came with a write", func(sp *spec) {
			p := script(sp, fakeserver.SendPlain(greeting), fakeserver.ExpectPlain(startTLS), fakeserver.SendPlain("220 go\r\n"))
			sp.connected(p)
			since := sp.mark()
			sp.must(replacing(plain, startTLS, given.callback))
			sp.awaitBytes("the peer's answer in plain", since, len("220 go\r\n"))
			since = sp.mark()
			sp.must(sp.wrap(closeCB))
			sp.awaitEvent("an event when the peer has closed", since)
			sp.Expect(owned(sp.events(since, subject.OnRead, subject.OnEvent))).To(be(given.want), "the callbacks called since the wrap")
		})
	}
	c.it("reattaches the callback that came with a write in the same turn as the wrap", func(sp *spec) {
		p := script(sp, fakeserver.SendPlain(greeting), fakeserver.ExpectPlain(startTLS))
		sp.connected(p)
		since := sp.mark()
		sp.must(replacing(plain, startTLS, subject.OnRead), sp.wrap(closeCB))
		sp.awaitEvent("an event when the peer has closed", since)
		sp.Expect(owned(sp.events(since, subject.OnRead, subject.OnEvent))).
			To(be([]line{"read callback of B", "event callback of A"}), "the callbacks called since the wrap")
	}).row("A7")
}

func (c *catalogue) reattachOverride() {
	c.of("reattach/override")
	for _, given := range []struct {
		callback subject.Callback
		want     []line
	}{
		{subject.OnRead, []line{"read callback of A", "read callback of B", "event callback of A"}},
		{subject.OnEvent, []line{"read callback of A", "event callback of B"}},
	} {
		c.it("replaces the "+string(given.callback)+" callback by that of a write on the wrapped socket, and nothing else", func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send("question"), fakeserver.Expect("answer"),
				fakeserver.Send("thanks"), fakeserver.CloseNotify(), fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			sp.awaitBytes("what the peer sent before the write", since, len("question"))
			sp.must(replacing(wrapped, "answer", given.callback))
			sp.awaitEvent("an event when the peer has closed", since)
			sp.Expect(owned(sp.events(since, subject.OnRead, subject.OnEvent))).To(be(given.want), "the callbacks called since the wrap")
		})
	}
	c.it("replaces the read callback by that of a write on the wrapped stream", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("question"), fakeserver.Send("answer"), fakeserver.ExpectEnd())
		sp.upgraded(p, streaming)
		since := sp.mark()
		sp.must(replacing(wrapped, "question", subject.OnRead))
		call := sp.awaitCall("the read callback for the peer's answer", since, subject.OnRead)
		sp.Expect(owned([]subject.Record{call})).To(be([]line{"read callback of B"}), "the read callback called for the peer's answer")
	}).needing(subject.Stream)
	c.it("replaces the write callback by that of a write on the wrapped socket, and nothing else", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("question"), fakeserver.Send("answer"), fakeserver.ExpectEnd())
		sp.upgraded(p, also(subject.OnWrite))
		since := sp.mark()
		sp.must(replacing(wrapped, "question", subject.OnWrite))
		sp.awaitSince("a call of the write callback that was given", since, func(r subject.Record) bool {
			return r.Event == subject.OnWrite && r.Callbacks == replacements
		})
		sp.awaitBytes("the peer's answer", since, len("answer"))
		sp.Expect(owned(sp.events(since, subject.OnRead))).To(be([]line{"read callback of A"}), "the read callbacks called since the write")
	}).needing(subject.WriteCallback)
}
