package conformance

import (
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// timeouts holds the subject to: "The callbacks and timeouts on the original socket/stream are reattached to the new
// SSL socket/stream."
func (c *catalogue) timeouts() {
	c.timeoutsInherited()
	c.timeoutsOfOutput()
	c.timeoutsWithoutEnd()
	c.timeoutsOfPeersThatStop()
	c.timeoutsSet()
	c.timeoutsAndClosing()
}

// silentAfter is the script of a peer that says something under TLS, and then nothing.
func (sp *spec) silentAfter(words string) *peer {
	return sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(words), fakeserver.ExpectEnd())
}

func (c *catalogue) timeoutsInherited() {
	c.of("timeout/read")
	c.timed("fires once on the wrapped socket, after as much silence as was set on the original", func(sp *spec) {
		p := sp.silentAfter("last words")
		since := sp.upgraded(p, readTimeout(sp.ms()))
		sp.awaitBytes("the peer's last words", since, len("last words"))
		timeout := sp.awaitEvent("an event when the peer has been silent for that long", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		sp.Expect(timeout.Condition.Socket).To(be(wrapped), "the socket that the condition names")
		sp.onTime(timeout, sp.lastSent(p))
		sp.Expect(sp.events(since, subject.OnEvent)).To(haveLen(1), "the calls of the event callback")
	}).seen("gevent/gevent#43", "orthecreedence/cl-async#49").row("B2")

	c.timed("fires on the wrapped socket though the application goes on writing", func(sp *spec) {
		p := sp.silentAfter("last words")
		since := sp.upgraded(p, readTimeout(sp.ms()))
		sp.awaitBytes("the peer's last words", since, len("last words"))
		told := sp.lastSent(p)
		for range 6 {
			if len(sp.conditions(since)) == 0 {
				sp.do(write(wrapped, "is anybody there?")) // refused where it has just timed out
				told = sp.pace(told, sp.T/2)
			}
		}
		timeout := sp.awaitEvent("an event when the peer has been silent for that long", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		sp.onTime(timeout, sp.lastSent(p))
	})

	c.of("timeout/stream")
	c.timed("fires on a wrapped stream as it was set on the original one", func(sp *spec) {
		p := sp.silentAfter("last words")
		since := sp.upgraded(p, streaming, readTimeout(sp.ms()))
		timeout := sp.awaitEvent("an event when the peer has been silent for that long", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		sp.onTime(timeout, sp.lastSent(p))
	}).seen("gevent/gevent#43")

	c.of("timeout/connect")
	c.timed("fires where the TCP connect never completes", func(sp *spec) {
		p := sp.nobody(fakeserver.StartHanging())
		asked := time.Now()
		ids := sp.begin(connect(p, plain, callbacks, readTimeout(sp.ms())), sp.wrap(closeCB))
		timeout := sp.awaitFailure("an event when nothing has come of the connect for that long", 0, ids...)
		sp.Expect(timeout.condition).To(beA(subject.TCPTimeout), "the condition reported")
		sp.onTime(timeout.Record, asked)
	}).seen("libevent/libevent#742")
}

func (c *catalogue) timeoutsWithoutEnd() {
	c.of("timeout/read-long")
	c.timed("does not fire while the silence is shorter than it", func(sp *spec) {
		sp.staysSilent(func(r *subject.Request) { r.ReadTimeout = 15 * sp.ms() })
	}).seen("orthecreedence/cl-async#49")

	c.of("timeout/none")
	c.timed("does not fire where the original had none", func(sp *spec) {
		sp.staysSilent(readTimeout(0))
	}).seen("orthecreedence/cl-async#49")

	c.of("timeout/cleared")
	c.timed("does not fire when it was cleared on the wrapped socket, nor does the original's", func(sp *spec) {
		sp.staysSilent(readTimeout(sp.ms()), subject.Request{Op: subject.SetTimeouts, On: wrapped})
	}).seen("nodejs/node#878", "nodejs/node#891").row("B6")

	c.of("timeout/replaced")
	c.timed("does not fire at the time of the original's when a longer one was set on the wrapped socket", func(sp *spec) {
		sp.staysSilent(readTimeout(sp.ms()), subject.Request{Op: subject.SetTimeouts, On: wrapped, ReadTimeout: 15 * sp.ms()})
	}).seen("nodejs/node#891").row("B6")

	c.of("timeout/original-inert")
	c.timed("does not fire when one was set on the original after the wrap, neither here nor there", func(sp *spec) {
		set := subject.Request{Op: subject.SetTimeouts, On: plain, ReadTimeout: sp.ms()}
		if sp.offers(subject.WriteTimeout) {
			set.WriteTimeout = sp.ms()
		}
		sp.staysSilent(readTimeout(0), set)
	}).seen("nodejs/node#878").row("B7")
}

// staysSilent expects that a connection which stays silent reports nothing, whatever was set before; it may be refused.
func (sp *spec) staysSilent(connected change, set ...subject.Request) {
	p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
	began := time.Now()
	since := sp.upgraded(p, connected)
	sp.do(set...)
	sp.gap = max(sp.gap, time.Since(began)) // on a slow machine the time may have come by now
	sp.watch(6 * sp.T)
	sp.Expect(sp.history(since)).To(be([]line{}), "the callbacks called since the wrap, in a silence of %v", 6*sp.T)
	sp.must(closing(wrapped))
	sp.rest(p)
}

func (c *catalogue) timeoutsOfPeersThatStop() {
	c.of("timeout/handshake")
	c.timed("fires in a handshake that stalls", func(sp *spec) {
		p := sp.stalling(fakeserver.ExpectEnd())
		timeout := sp.stalled(p)
		sp.Expect(timeout.condition).To(beA(subject.TCPTimeout), "the condition reported")
		began := sp.sees(p, "a ClientHello", entryKind(fakeserver.ClientHello)).Time
		sp.onTimeBetween(timeout.Record, sp.greeted(p), began)
		sp.rest(p)
	}).seen("tornadoweb/tornado#2785", "emersion/go-smtp#161")

	c.of("timeout/inside-record")
	c.timed("fires where the peer stops in the middle of a record", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Cut(20, fakeserver.Send("this is too much for twenty bytes")),
			fakeserver.ExpectEnd())
		since := sp.upgraded(p, readTimeout(sp.ms()))
		timeout := sp.awaitEvent("an event when the record has not gone on for that long", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
		// What did not come whole need not count as something read.
		sp.onTimeBetween(timeout, sp.greeted(p), sp.lastSent(p))
	}).seen("ruby/openssl#693", "vlang/v#28508")
	c.timed("fires where a record drips and then stops", func(sp *spec) {
		// The record's header promises 100 bytes; since they never come, it does not matter which they are.
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.SendPlain("\x17\x03\x03\x00\x64"),
			fakeserver.Hold("1"), fakeserver.SendPlain("d"), fakeserver.Hold("2"), fakeserver.SendPlain("r"),
			fakeserver.Hold("3"), fakeserver.SendPlain("i"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, readTimeout(sp.ms()))
		told := sp.greeted(p)
		for _, drop := range []string{"1", "2", "3"} {
			told = sp.pace(told, sp.T*4/10)
			p.Resume(drop)
		}
		// Whether what drips counts as something read is left to the implementation, not that it ends.
		timeout := sp.awaitEvent("an event when the record has not gone on for that long", since)
		sp.rest(p)
		sp.Expect(timeout.Condition).To(beA(subject.TCPTimeout), "the condition reported")
	}).seen("ruby/openssl#693").row("B5")

	c.of("timeout/activity")
	c.timed("does not fire while data keeps arriving", func(sp *spec) {
		script := []fakeserver.Step{fakeserver.SendPlain(greeting), sp.handshake()}
		rounds := []string{"1", "2", "3", "4", "5", "6"}
		for _, n := range rounds {
			script = append(script, fakeserver.Hold(n), fakeserver.Send(n))
		}
		p := sp.peer(append(script, fakeserver.ExpectEnd())...)
		since := sp.upgraded(p, readTimeout(sp.ms()))
		told := sp.greeted(p)
		for n, name := range rounds {
			told = sp.pace(told, sp.T/2)
			p.Resume(name)
			sp.awaitBytesOrFailure("what the peer sent in time", since, n+1)
		}
		sp.Expect(sp.history(since)).To(be([]line{`read tls "123456"`}), "the callbacks called while data arrived every %v", sp.T/2)
		sp.must(closing(wrapped))
		sp.rest(p)
	}).row("B4")
}

// stalled wraps an original that has a read timeout, and waits until the handshake with a peer that stalls has failed.
func (sp *spec) stalled(p *peer) failedWrap {
	sp.connected(p, readTimeout(sp.ms()))
	since := sp.mark()
	wrapping := sp.begin(sp.wrap(closeCB))
	timeout := sp.awaitFailure("an event when the handshake has stalled for that long", since, wrapping...)
	p.Resume(serverHello)
	return timeout
}
