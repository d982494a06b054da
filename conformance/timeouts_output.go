package conformance

import (
	"fmt"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// stuck is more than the kernels of both sides hold for a peer that does not read.
const stuck = 16 << 20

// slow is a peer that reads under TLS when it is told to, piece by piece.
func (sp *spec) slow(pieces ...int) *peer {
	script := []fakeserver.Step{fakeserver.SmallWindow(), fakeserver.SendPlain(greeting), sp.handshake()}
	from := 0
	for n, size := range pieces {
		script = append(script, fakeserver.Hold(pieceNumber(n)), fakeserver.Expect(bulk()[from:from+size]))
		from += size
	}
	return sp.peer(append(script, fakeserver.Hold("to read"), fakeserver.ExpectEnd())...)
}

// readsOn lets a slow peer read a piece more, and returns when it has so much in all.
func (sp *spec) readsOn(p *peer, n, size int) {
	received := false
	defer sp.promptly(func() bool { return received })() // a slow network lets a subject wait, too
	p.Resume(pieceNumber(n))
	sp.awaitReceived(p, "what was written, piece by piece", size)
	received = true
}

func pieceNumber(n int) string { return fmt.Sprintf("to read piece %d", n+1) }

// timeoutsOfOutput is about write timeouts, which run while output waits.
func (c *catalogue) timeoutsOfOutput() {
	c.of("timeout/write")
	c.timed("fires once where the peer stops reading, and what it reads later is whole", func(sp *spec) {
		p := sp.slow()
		since := sp.upgraded(p, writeTimeout(sp.ms()))
		asked := time.Now()
		sp.must(writeBulk(stuck))
		written := time.Now() // it takes its time to encrypt so much
		timeout := sp.awaitEvent("an event when the peer has read nothing for that long", since)
		p.Resume("to read")
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		sp.onTimeBetween(timeout, asked, written)
		sp.Expect(sp.events(since, subject.OnEvent)).To(haveLen(1), "the calls of the event callback")
		sp.expectPrefix(p, bulk()[:stuck])
	}).seen("palantir/witchcraft-go-server#267")

	c.timed("fires once where the peer reads nothing of what was written before the wrap", func(sp *spec) {
		p := sp.peer(fakeserver.SmallWindow(), fakeserver.SendPlain(greeting), fakeserver.Hold("to read"), fakeserver.ExpectEnd())
		sp.connected(p, writeTimeout(sp.ms()))
		since, asked := sp.mark(), time.Now()
		ids := sp.begin(writePayload(plain, stuck, bulkSeed), sp.wrap(closeCB))
		sp.answer(ids[0])
		written := time.Now()
		timeout := sp.awaitFailure("an event when the peer has read nothing for that long", since, ids[1])
		p.Resume("to read")
		sp.rest(p)
		sp.Expect(timeout.condition).To(beA(subject.TCPTimeout), "the condition reported")
		sp.onTimeBetween(timeout.Record, asked, written)
	})

	c.timed("does not fire while the peer goes on reading, though output waits all the time", func(sp *spec) {
		const piece = stuck / 8 // so much that a kernel takes more
		p := sp.slow(piece, piece, piece, piece, piece, piece)
		since := sp.upgraded(p, writeTimeout(sp.ms()))
		told := time.Now()
		sp.must(writeBulk(stuck))
		for n := range 6 {
			told = sp.pace(told, sp.T/2)
			sp.readsOn(p, n, (n+1)*piece)
		}
		sp.Expect(sp.history(since)).To(be([]line{}), "the callbacks called while the peer read some every %v", sp.T/2)
	})

	c.of("timeout/replaced")
	c.timed("fires at the time that was set on the wrapped socket where the peer stops reading, not at the original's later one", func(sp *spec) {
		p := sp.slow()
		since := sp.upgraded(p, writeTimeout(15*sp.ms()))
		sp.must(subject.Request{Op: subject.SetTimeouts, On: wrapped, WriteTimeout: sp.ms()})
		asked := time.Now()
		sp.must(writeBulk(stuck))
		written := time.Now()
		timeout := sp.awaitEvent("an event when the peer has read nothing for the time that was set last", since)
		p.Resume("to read")
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		sp.onTimeBetween(timeout, asked, written)
	}).needing(subject.WriteTimeout)

	c.of("timeout/cleared")
	c.timed("does not fire where the peer stops reading when it was cleared on the wrapped socket", func(sp *spec) {
		p := sp.slow()
		since := sp.upgraded(p, writeTimeout(sp.ms()))
		sp.must(subject.Request{Op: subject.SetTimeouts, On: wrapped})
		sp.must(writeBulk(stuck))
		sp.watch(6 * sp.T)
		sp.Expect(sp.history(since)).To(be([]line{}), "the callbacks called in %v in which the peer read nothing", 6*sp.T)
	}).needing(subject.WriteTimeout)

	c.of("timeout/disabled")
	c.timed("does not fire while writing is disabled, though output waits, but after it is enabled", func(sp *spec) {
		p := sp.slow()
		since := sp.upgraded(p, writeTimeout(2*sp.ms()))
		sp.must(writeBulk(stuck), subject.Request{Op: subject.Disable, On: wrapped, ToWrite: true})
		sp.watch(4 * sp.T)
		sp.Expect(sp.history(since)).To(be([]line{}), "the callbacks called in %v with writing disabled", 4*sp.T)
		sp.must(subject.Request{Op: subject.Enable, On: wrapped, ToWrite: true})
		timeout := sp.awaitEvent("an event, since the peer still reads nothing when writing is enabled", since)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
	}).needing(subject.WriteTimeout)
}
