package conformance

import (
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// dataWritten holds the subject to: "write-cb (socket): after data written to the socket has been flushed to it; closing
// in it is the documented way to send something and hang up."
func (c *catalogue) dataWritten() {
	c.of("data/write-callback")
	c.it("calls it when all has been handed to the system", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("short"), fakeserver.Expect(bulk()[:1<<20]), fakeserver.ExpectEnd())
		sp.upgraded(p, also(subject.OnWrite))
		since := sp.mark()
		sp.must(write(wrapped, "short"))
		sp.awaitCall("the write callback for 5 bytes", since, subject.OnWrite)
		sp.awaitReceived(p, "the 5 bytes", len("short"))
		since = sp.mark()
		sp.must(writeBulk(1 << 20))
		sp.awaitCall("the write callback for 1 MiB", since, subject.OnWrite)
		sp.awaitReceived(p, "all of the 1 MiB", len("short")+1<<20)
	}).seen("netty/netty#601", "oven-sh/bun#31155")
	c.it("does not call it while the ServerHello is held", func(sp *spec) {
		p := sp.stalling(sp.handshake(), fakeserver.Expect("early"), fakeserver.ExpectEnd())
		sp.connected(p, also(subject.OnWrite))
		since := sp.mark()
		ids := sp.begin(sp.wrap(""), write(wrapped, "early"))
		sp.sees(p, "a ClientHello", entryKind(fakeserver.ClientHello))
		sp.fence()
		sp.Expect(lines(sp.events(since, subject.OnWrite))).To(be([]line{}), "the calls of the write callback while the handshake was not done")
		p.Resume(serverHello)
		sp.performed(ids)
		sp.awaitCall("the write callback when the handshake was done", since, subject.OnWrite)
		sp.sees(p, "what was written", clientData)
	}).seen("netty/netty#504", "nodejs/node-v0.x-archive#5567")
	c.it("does not call it while 16 MiB wait for a peer that reads nothing", func(sp *spec) {
		const size = 16 << 20
		p := sp.peer(append([]fakeserver.Step{fakeserver.SmallWindow(), fakeserver.SendPlain(greeting), sp.handshake(),
			fakeserver.Hold("the reading")}, append(expectBulk(size), fakeserver.ExpectEnd())...)...)
		sp.upgraded(p, also(subject.OnWrite))
		since := sp.mark()
		sp.must(writeBulk(size))
		sp.fence()
		sp.Expect(lines(sp.events(since, subject.OnWrite))).To(be([]line{}), "the calls of the write callback while the peer read nothing")
		p.Resume("the reading")
		sp.awaitReceived(p, "all of it", size) // how long that takes is the machine's business
		sp.awaitCall("the write callback when the peer has read", since, subject.OnWrite)
	}).row("I3")
}

func (c *catalogue) dataHungUp() {
	c.of("data/close-in-write-callback")
	for _, amount := range []struct {
		name  string
		write subject.Request
		data  func() string
	}{
		{"5 bytes", write(wrapped, "hello"), func() string { return "hello" }},
		{"1 MiB", writeBulk(1 << 20), func() string { return bulk()[:1<<20] }},
	} {
		c.it("loses nothing of "+amount.name+" though it is closed in the write callback", func(sp *spec) {
			sp.hangUp(sp.handshake(), amount.write, amount.data())
		}).seen("netty/netty#1394", "nodejs/node-v0.x-archive#5567")
		c.it("loses nothing of "+amount.name+" though session tickets arrive when it has been closed", func(sp *spec) {
			sp.hangUp(sp.lateHandshake(tls13), amount.write, amount.data())
		}).needing(subject.TLS13).seen("openssl/openssl#10880", "python-trio/trio#819")
	}
}

// hangUp writes and closes in the write callback; the peer reads, and sends what it keeps of the handshake, only when
// the subject has had the occasion to do both.
func (sp *spec) hangUp(handshake fakeserver.Step, request subject.Request, data string) {
	p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Joined(handshake, fakeserver.Hold("the reading")),
		fakeserver.Expect(data), fakeserver.ExpectEnd())
	sp.upgraded(p, also(subject.OnWrite))
	hangingUp := sp.deferred(when(subject.OnWrite, wrapped, closing(wrapped)))
	sp.must(request)
	// A closed connection is not waited for for ever: the peer holds it no longer than it must.
	sp.must(subject.Request{Op: subject.Sync})
	// Whether the system takes all of it while the peer reads nothing is the system's business: it need not be closed yet.
	for fences := 0; fences < 10 && slices.Contains(sp.waiting(), hangingUp); fences++ {
		sp.fence()
	}
	p.Resume("the reading")
	sp.awaitReceived(p, "everything that was written before the close", len(data))
	sp.awaitRan("the close in the write callback", hangingUp)
}

// dataPaused holds the subject to: "disabling stops the callbacks *and* the timeouts of that direction until enabled.
// Connecting and writing enable by themselves."
func (c *catalogue) dataPaused() {
	c.dataHungUp()

	c.of("data/pause")
	c.it("gets nothing between disable and enable", func(sp *spec) {
		p := sp.sendsTwice("one segment, ", "another")
		since := sp.upgraded(p)
		sp.must(disable(wrapped))
		sp.staysPaused(p, since)
		sp.goesOn(enable(wrapped), since, "one segment, another")
	}).seen("python/cpython#89322")
	c.it("gets nothing between disable in the read callback and enable, though records came with the first one", func(sp *spec) {
		p := sp.sendsTwice("one, ", "two, ", "three, ", "four, ", "five")
		since := sp.upgraded(p)
		disabling := sp.deferred(when(subject.OnRead, wrapped, disable(wrapped)))
		p.Resume("what it sends first")
		sp.awaitRan("disable in the read callback", disabling)
		sp.staysPaused(p, sp.mark())
		sp.goesOn(enable(wrapped), since, "one, two, three, four, five")
	}).seen("python/cpython#89322")
	c.it("gets nothing between disable and a write, which enables", func(sp *spec) {
		p := sp.sendsTwice("one segment, ", "another")
		since := sp.upgraded(p)
		sp.must(disable(wrapped))
		sp.staysPaused(p, since)
		sp.goesOn(write(wrapped, "go on"), since, "one segment, another")
	})

	c.of("data/resume")
	small := []string{"one, ", "two, ", "three, ", "four, ", "five"}
	c.it("gets the rest of a segment's records upon enable, though nothing more comes", func(sp *spec) {
		sp.resumes(small)
	}).seen("libevent/libevent#690", "libevent/libevent#854")
	full := []string{strings.Repeat("a", 16<<10), strings.Repeat("b", 16<<10), strings.Repeat("c", 16<<10)}
	c.it("gets the rest of a segment's records upon enable, though nothing more comes, also where they are full", func(sp *spec) {
		sp.resumes(full)
	}).seen("libevent/libevent#690", "libevent/libevent#854")
}

// sends makes steps of texts, each a record.
func sends(texts ...string) []fakeserver.Step {
	var steps []fakeserver.Step
	for _, t := range texts {
		steps = append(steps, fakeserver.Send(t))
	}
	return steps
}

// sendsTwice is a peer that sends records in one segment, and a last one later.
func (sp *spec) sendsTwice(texts ...string) *peer {
	last := len(texts) - 1
	return sp.peer(fakeserver.SendPlain(greeting), sp.handshake(),
		fakeserver.Hold("what it sends first"), fakeserver.Joined(sends(texts[:last]...)...),
		fakeserver.Hold("what it sends next"), fakeserver.Send(texts[last]),
		fakeserver.Hold("its silence"), fakeserver.ExpectEnd())
}

// staysPaused expects that nothing is delivered since a record, though the peer sends all it has.
func (sp *spec) staysPaused(p *peer, since int) {
	p.Resume("what it sends first")
	sp.holding(p, "what it sends next")
	sp.fence() // an implementation may have read that already
	p.Resume("what it sends next")
	sp.holding(p, "its silence")
	p.Resume("its silence")
	sp.fence()
	sp.Expect(lines(joined(sp.events(since, subject.OnRead)))).To(be([]line{}), "the calls of the read callback while reading was disabled")
}

// goesOn performs what enables reading, and expects that everything has come then.
func (sp *spec) goesOn(enabling subject.Request, since int, want string) {
	sp.must(enabling)
	sp.awaitBytes("all that the peer sent, after "+string(enabling.Op), since, len(want))
	sp.fence()
	sp.Expect(sp.handed(since)).To(be(want), "what the read callback got in all")
}

// resumes gets records in one segment and disables in the first read callback; then it enables, and nothing more comes.
func (sp *spec) resumes(records []string) {
	p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the records"), fakeserver.Joined(sends(records...)...),
		fakeserver.Hold("its silence"), fakeserver.ExpectEnd())
	since := sp.upgraded(p)
	disabling := sp.deferred(when(subject.OnRead, wrapped, disable(wrapped)))
	p.Resume("the records")
	sp.awaitRan("disable in the read callback", disabling)
	sp.holding(p, "its silence")
	p.Resume("its silence")
	sp.fence()
	sp.must(enable(wrapped))
	want := strings.Join(records, "")
	sp.awaitBytes("all that the peer sent, after enable", since, len(want))
	sp.fence()
	sp.Expect(runs(sp.handed(since))).To(be(runs(want)), "what the read callback got in all")
}
