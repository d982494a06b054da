package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

const inFlight = 8 << 20

// A departure is a moment at which a socket is closed while so much that was written has not left yet.
type departure struct {
	moment string
	needs  []subject.Capability
	peer   func(*spec) *peer
	depart func(*spec, *peer)
}

var departures = []departure{
	{
		moment: "right behind the write",
		peer:   (*spec).deaf,
		depart: func(sp *spec, p *peer) {
			sp.upgraded(p)
			sp.must(writePayload(wrapped, inFlight, 1), closing(wrapped))
		},
	},
	{
		moment: "in the write callback", needs: []subject.Capability{subject.WriteCallback},
		peer: (*spec).deaf,
		depart: func(sp *spec, p *peer) {
			sp.upgraded(p, also(subject.OnWrite))
			sp.must(when(subject.OnWrite, wrapped, writePayload(wrapped, inFlight, 1)), when(subject.OnWrite, wrapped, closing(wrapped)))
			closed := sp.id()
			sp.must(write(wrapped, "data"))
			sp.awaitDone("closing in the write callback", closed)
		},
	},
	{
		moment: "in the connect callback", needs: []subject.Capability{subject.ConnectCallback, subject.WrapBeforeConnect},
		peer: func(sp *spec) *peer {
			return sp.startPeer("deaf peer", fakeserver.SmallWindow(), sp.handshake(), fakeserver.Hold("the reading"))
		},
		depart: func(sp *spec, p *peer) {
			ids := sp.begin(connect(p, plain, callbacks, also(subject.OnConnect)), sp.wrap(closeCB),
				when(subject.OnConnect, wrapped, writePayload(wrapped, inFlight, 1)), when(subject.OnConnect, wrapped, closing(wrapped)))
			sp.performed([]int{ids[0], ids[2], ids[3]})
			sp.awaitDone("closing in the connect callback", ids[3])
		},
	},
	{
		moment: "in the handshake",
		peer:   func(sp *spec) *peer { return sp.stalling() },
		depart: func(sp *spec, p *peer) {
			sp.connected(p)
			sp.begin(sp.wrap(closeCB)) // which may be answered with the end of the handshake, and then so is the write
			sp.holding(p, serverHello)
			ids := sp.begin(writePayload(wrapped, inFlight, 1), closing(wrapped))
			sp.performed(ids[1:])
		},
	},
	{
		moment: "while the peer resets",
		peer: func(sp *spec) *peer {
			return sp.startPeer("resetting peer", fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the reset"), fakeserver.RST())
		},
		depart: func(sp *spec, p *peer) {
			sp.upgraded(p)
			sp.must(writePayload(wrapped, inFlight, 1))
			p.Resume("the reset")
			sp.do(closing(wrapped)) // refused if the reset was faster
		},
	},
}

// deaf is a peer that reads nothing after the handshake, so that little leaves.
func (sp *spec) deaf() *peer {
	return sp.startPeer("deaf peer", fakeserver.SmallWindow(), fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the reading"))
}

func (c *catalogue) lifeInFlight() {
	c.of("life/close-with-writes-in-flight")
	for _, d := range departures {
		c.it("outlives three times that a socket with 8 MiB in flight is closed "+d.moment, func(sp *spec) {
			for range 3 {
				sp.departs(d)
			}
			sp.expectAtWork()
		}).needing(d.needs...).seen("nodejs/node#18860", "nodejs/node#62967")
	}
	c.it("outlives 200 times that a socket with 8 MiB in flight is closed, at one such moment after the other", func(sp *spec) {
		for range 200 / len(departures) {
			for _, d := range departures {
				if sp.offers(d.needs...) {
					sp.departs(d)
				}
			}
		}
		sp.expectAtWork()
	}).heavily().seen("nodejs/node#18860", "nodejs/node#62967")
}

// departs closes a socket in such a way, and expects that close-cb is called once: at the latest when the peer is gone,
// for which an implementation waits that would rather send what was written.
func (sp *spec) departs(d departure) {
	p := d.peer(sp)
	since := sp.mark()
	d.depart(sp, p)
	sp.fence()
	p.Stop()
	sp.awaitCall("the call of close-cb", since, subject.OnClose)
	sp.fence()
	sp.expectClosedOnce(since)
}

// expectAtWork expects that a session still makes handshakes and moves data.
func (sp *spec) expectAtWork() {
	sp.upgraded(sp.echoing())
	sp.survives()
}
