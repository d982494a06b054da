package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) closeProcess() {
	c.of("close/descriptor")
	for _, e := range endings {
		c.alone("releases the descriptor of a socket that was "+e.how, func(sp *spec) {
			sp.releases(func() (*peer, int) { return sp.bringsAbout(sp.handshake(), e) })
		}).seen("httprb/http#181", "oven-sh/bun#34498", "libevent/libevent#294")
	}
	c.alone("releases the descriptor of a socket that was closed in its handshake", func(sp *spec) {
		sp.releases(func() (*peer, int) { return sp.closesBehind(fakeserver.ExpectClientHello()) })
	}).seen("python/cpython#73929")
	c.alone("releases the descriptor of a socket whose handshake failed", func(sp *spec) {
		sp.releases(func() (*peer, int) { return sp.fails(endFault) })
	})
	c.alone("releases the descriptor of a socket whose handshake timed out", func(sp *spec) {
		sp.releases(func() (*peer, int) {
			p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectClientHello(), fakeserver.ExpectEnd())
			sp.connected(p)
			since := sp.mark()
			sp.begin(subject.Request{Op: subject.SetTimeouts, On: plain, ReadTimeout: 5}, sp.wrap(closeCB))
			return p, since
		})
	}).needing(subject.ReadTimeout).seen("tornadoweb/tornado#3614", "tornadoweb/tornado#2785", "m-labs/sipyco#59")
	c.alone("releases the descriptor of a socket that timed out", func(sp *spec) {
		sp.releases(func() (*peer, int) {
			return sp.bringsAbout(sp.handshake(), ending{
				first: func(sp *spec) { sp.must(subject.Request{Op: subject.SetTimeouts, On: wrapped, ReadTimeout: 5}) },
				then:  []fakeserver.Step{fakeserver.ExpectEnd()},
			})
		})
	}).needing(subject.ReadTimeout)
}

// How many connections come and go before descriptors are counted, and between that and counting them again; and how
// many fences may pass until those are closed that a subject closes a little behind the peer.
const (
	warmUp  = 3
	counted = 8
	fences  = 100
)

// releases expects that connections which have come and gone leave no descriptor behind.
func (sp *spec) releases(comeAndGo func() (*peer, int)) {
	again := func(times int) {
		for range times {
			p, _ := comeAndGo()
			sp.sees(p, "the end of the connection", over)
			p.Stop() // its descriptors may be in the same process
			sp.fence()
		}
	}
	again(warmUp)
	before := sp.status().Descriptors
	again(counted)
	sp.expectReleased(before, counted)
}

// expectReleased expects that no more descriptors are open than before some connections that have come and gone.
func (sp *spec) expectReleased(before, connections int) {
	after := sp.status().Descriptors
	for n := 0; after > before && n < fences; n++ {
		sp.fence()
		after = sp.status().Descriptors
	}
	if after > before {
		sp.fail("want: no more than the %d descriptors that were open before\n got: %d, after %d connections more that have come and gone",
			before, after, connections)
	}
}

func (c *catalogue) closeLoop() {
	c.of("close/loop-ends")
	c.it("ends the loop when its last socket was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		sp.must(closing(wrapped))
		sp.awaitClose()
		sp.loopEnds()
	}).seen("python/cpython#106684")
	for _, e := range []ending{closedByPeer, brokenByPeer, resetByPeer, closedInRead} {
		c.it("ends the loop behind close-cb when its last socket is "+e.how, func(sp *spec) {
			p := sp.welcoming(sp.handshake(), e.then...)
			since := sp.welcomed(p)
			if e.first != nil {
				e.first(sp)
			}
			finish := sp.begin(subject.Request{Op: subject.Finish})
			p.Resume("end")
			sp.performed(finish)
			sp.expectClosedOnce(since) // else it was not for the socket that the loop has ended
		}).seen("python/cpython#106684")
	}

	c.of("close/loop-exit")
	c.it("ends the connection of an open socket, and calls close-cb once at most", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.exits(p, since)
	})
	c.it("ends the connection of a socket in its handshake, and calls close-cb once at most", func(sp *spec) {
		p := sp.stalling(fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		sp.begin(sp.wrap(closeCB))
		sp.holding(p, serverHello)
		p.Resume(serverHello)
		sp.exits(p, since)
	})
}

// loopEnds expects that the loop ends by itself.
func (sp *spec) loopEnds() {
	defer sp.during("its only socket is closed, and nothing else keeps the loop")()
	sp.must(subject.Request{Op: subject.Finish})
}

// exits leaves the loop with a socket open, and expects that the peer sees its end.
func (sp *spec) exits(p *peer, since int) {
	sp.expectRan(sp.finish())
	sp.sees(p, "the end of the connection", over)
	if calls := sp.closings(since); len(calls) > 1 {
		sp.fail("want: close-cb called once at most\n got: %d calls", len(calls))
	}
}
