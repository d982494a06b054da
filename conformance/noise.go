package conformance

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fakeserver"
)

// noise measures how long the machine lets things wait that take no time: the round trips of a plain connection, in a
// session of its own, while timed specs run.
type noise struct {
	done chan struct{}

	mu    sync.Mutex
	trips []trip
}

// A trip begins when the one before is back: the machine may just as well stand still between the two.
type trip struct{ began, back time.Time }

// beat is how often it looks.
const beat = 10 * time.Millisecond

func startNoise(ctx context.Context, s *suite) *noise {
	n := &noise{done: make(chan struct{})}
	go func() {
		defer close(n.done)
		// What the subject does to this session is no noise: if it breaks, the specs say so.
		sp := s.newSpec(ctx, &entry{kind: timed}) // like the specs that it measures for
		sp.attempt(func() { n.measure(sp) })
		n.forget()
	}()
	return n
}

func (n *noise) measure(sp *spec) {
	sp.open()
	n.turn()
	sp.tweets()
	ticks := time.NewTicker(beat)
	defer ticks.Stop()
	for sp.ctx.Err() == nil {
		sp.tweet()
		n.turn()
		select {
		case <-ticks.C:
		case <-sp.ctx.Done():
		}
	}
}

// turn ends a trip, if there is one, and begins the next.
func (n *noise) turn() {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	if len(n.trips) > 0 {
		n.trips[len(n.trips)-1].back = now
	}
	n.trips = append(n.trips, trip{began: now})
}

// forget drops a trip that will never be back.
func (n *noise) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trips = slices.DeleteFunc(n.trips, func(t trip) bool { return t.back.IsZero() })
}

// largest is the longest round trip that ended, or goes on, since a time.
func (n *noise) largest(since time.Time) time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	var largest time.Duration
	for _, t := range n.trips {
		back := t.back
		if back.IsZero() {
			back = time.Now()
		}
		if back.After(since) {
			largest = max(largest, back.Sub(t.began))
		}
	}
	return largest
}

// The canary is a plain connection of the same session: what it brings back shows that the loop has had the occasion
// to report whatever came before.
const (
	canary          subject.Handle = "canary"
	canaryCallbacks subject.Tag    = "canary"
)

// busy is a connection that the subject writes much to while it is to be at work.
const busy subject.Handle = "busy"

// meanwhile runs f, which lets a peer go on, while the subject makes bytes to write: what the peer sends then is met all
// at once, and not by luck one after the other. Then come more requests, in the same turn.
func (sp *spec) meanwhile(f func(), then ...subject.Request) (ids []int) {
	const size, seed = 1 << 20, 1
	p := sp.startPeer("other peer", fakeserver.SendPlain(greeting), fakeserver.ExpectPlain("!"), fakeserver.ExpectEnd())
	sp.must(connect(p, busy, canaryCallbacks))
	sp.awaitRead("the greeting of the other peer", busy, len(greeting))
	ids = sp.begin(append([]subject.Request{write(busy, "!"), writePayload(busy, size, seed)}, then...)...)
	sp.sees(p, "what is written ahead of that", func(e fakeserver.Entry) bool { return e.Side == fakeserver.Client && e.Kind == fakeserver.Bytes })
	f()
	sp.performed(ids[:2])
	return ids[2:]
}

// tweets connects the canary.
func (sp *spec) tweets() {
	sp.canary = sp.startPeer(verdict.Canary, fakeserver.Echo())
	sp.must(connect(sp.canary, canary, canaryCallbacks))
}

// tweet lets the canary make a round trip.
func (sp *spec) tweet() {
	sp.canaryBytes += len("tweet")
	sp.must(write(canary, "tweet"))
	sp.awaitRead("the canary's answer", canary, sp.canaryBytes)
}
