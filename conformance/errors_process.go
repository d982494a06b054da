package conformance

import (
	"slices"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// What an error, or the wait for a peer, does to the process.
func (c *catalogue) errorProcess() {
	c.of("error/idle-is-cheap")
	c.alone("uses next to no CPU time while its peers are silent: in a handshake, after one, after an error", func(sp *spec) {
		withTicket := fakeserver.HandshakeWith(fakeserver.Config{Certificate: sp.suite.leaf, Tickets: true})
		for _, silent := range []struct {
			as     subject.Handle
			script []fakeserver.Step
			since  fakeserver.Kind // this
		}{
			{"in-handshake", []fakeserver.Step{fakeserver.SendPlain(greeting), fakeserver.ExpectClientHello(), fakeserver.ExpectEnd()}, fakeserver.ClientHello},
			{"after-it", []fakeserver.Step{fakeserver.SendPlain(greeting), withTicket, fakeserver.ExpectEnd()}, fakeserver.Handshake},
			{"after-error", answering(plainFault), fakeserver.Closed},
		} {
			p := sp.startPeer(string(silent.as), silent.script...)
			sp.connectedAs(connect(p, silent.as, callbacks))
			sp.begin(sp.wrapOf(silent.as, "tls-"+silent.as, "")) // its answer may come with the end of the handshake
			sp.sees(p, "what it is silent after", entryKind(silent.since))
		}
		sp.fence()
		sp.expectIdle()
	}).seen("UndernetIRC/ircu2#101", "php/php-src#3223", "openssl/openssl#4135", "libevent/libevent#952")

	c.of("error/survives-pipe")
	// To a socket that had the peer's FIN before, the system tells of the reset as a broken pipe at once.
	for _, f := range []fault{resetFault, {how: "FIN and RST", steps: slices.Concat(endFault.steps, resetFault.steps)}} {
		c.it("lives on when it goes on writing in a read callback upon the peer's "+f.how, func(sp *spec) {
			// While the callback runs nobody sees the reset but the writes, and to make what they write takes longer
			// than the reset takes to arrive.
			const size = 1 << 20
			p := sp.peer(standing(sp.handshake(), fault{steps: append([]fakeserver.Step{
				fakeserver.Send("go on"), fakeserver.Expect(string(subject.Payload(100, 1))),
			}, f.steps...)})...)
			sp.upgraded(p)
			for seed := range 3 {
				sp.do(when(subject.OnRead, wrapped, writePayload(wrapped, size, seed+1)))
			}
			third := sp.id()
			p.Resume(theWrap)
			sp.awaitRan("the run of the last write", third)
			sp.expectAlive()
		}).seen("php/php-src#2605", "openssl/openssl#6342")
	}
	c.it("lives on when it writes while reading is disabled and the peer has reset", func(sp *spec) {
		p := sp.peer(standing(sp.handshake(), resetFault)...)
		sp.upgraded(p)
		sp.must(disable(wrapped))
		p.Resume(theWrap)
		sp.sees(p, "its reset", entryKind(fakeserver.TCPReset))
		for range 3 {
			sp.do(write(wrapped, "into the void")) // it may be closed by now
			sp.fence()
		}
		sp.expectAlive()
	}).needing(subject.Pause).seen("php/php-src#2605", "openssl/openssl#6342")
	c.it("lives on when it closes a socket whose peer has reset", func(sp *spec) {
		p, _ := sp.upgradedThen(sp.handshake(), resetFault)
		sp.sees(p, "its reset", entryKind(fakeserver.TCPReset))
		sp.do(write(wrapped, "into the void"), closing(wrapped))
		sp.expectAlive()
	})
}

// expectIdle expects that the subject's process uses less than a fifth of a core while nothing happens: what it has still
// to do behind what happened before may take it some time, but not half a second. To be asked takes it some, too, and
// does not count: it has its garbage run then, which may be half of the time.
func (sp *spec) expectIdle() {
	const look, looks = 100 * time.Millisecond, 5
	first := sp.cpuTime()
	before := sp.cpuTime()
	asking := before - first
	var took time.Duration
	for n := time.Duration(1); ; n++ {
		began := time.Now()
		sp.waits(itsTimes, func() { sp.watch(look) })
		took += time.Since(began)
		switch used := sp.cpuTime() - before - n*asking; {
		case used < took/5:
			return
		case n == looks:
			sp.fail("want: less than a fifth of one core while nothing happens\n got: %v of CPU time in %v, beside %v each time that it is asked", used, grain(took), asking)
		}
	}
}

// cpuTime is the CPU time that the subject's process has used so far.
func (sp *spec) cpuTime() time.Duration {
	return time.Duration(sp.status().CPU) * time.Millisecond
}

// expectAlive expects that the process is there, and its loop runs.
func (sp *spec) expectAlive() {
	sp.fence()
	sp.must(subject.Request{Op: subject.Sync})
}
