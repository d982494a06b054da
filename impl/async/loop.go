package async

import (
	"context"
	"sync"
)

// A Loop runs callbacks, one at a time. Make one with [NewLoop].
type Loop struct {
	// baton is held by whoever runs a callback or changes a socket.
	baton sync.Mutex
	// holds counts what keeps the loop running: open sockets, and calls of Hold.
	holds  int
	links  map[*link]struct{}
	posted []func()
	wake   chan struct{} // something was posted, or nothing holds the loop any more
	exited bool

	// carriers are the goroutines of all connections, those included that see a closed one off.
	carriers sync.WaitGroup
}

// NewLoop makes a loop, which does not run yet.
func NewLoop() *Loop {
	return &Loop{links: make(map[*link]struct{}), wake: make(chan struct{}, 1)}
}

// Run runs start in the loop and then the loop, until nothing is left to do or [Loop.Exit] is called.
func (l *Loop) Run(start func()) {
	l.Post(start)
	for range l.wake {
		if l.turn() {
			return
		}
	}
}

// turn runs what was posted and tells whether the loop is to end.
func (l *Loop) turn() (over bool) {
	l.baton.Lock()
	defer l.baton.Unlock()
	for len(l.posted) > 0 && !l.exited {
		f := l.posted[0]
		l.posted = l.posted[1:]
		l.baton.Unlock()
		l.run(f)
		l.baton.Lock()
	}
	return l.exited || l.holds == 0
}

// run runs f with the baton: inside the loop.
func (l *Loop) run(f func()) {
	l.baton.Lock()
	defer l.baton.Unlock()
	f()
}

// Post runs f inside the loop, soon. Unlike all else it may be called from any goroutine outside the loop.
func (l *Loop) Post(f func()) {
	l.baton.Lock()
	defer l.baton.Unlock()
	l.posted = append(l.posted, f)
	l.stir()
}

func (l *Loop) stir() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Hold keeps the loop running though no socket is open, until [Loop.Release].
func (l *Loop) Hold() { l.holds++ }

// Release takes back one [Loop.Hold].
func (l *Loop) Release() {
	l.holds--
	if l.holds == 0 {
		l.stir()
	}
}

// Exit closes every socket, drops what is queued, and lets Run return.
func (l *Loop) Exit() {
	for k := range l.links {
		k.top.Close()
	}
	l.exited = true
	l.stir()
}

// Close cuts the connections that are still being seen off after their close, and waits until no goroutine of the
// loop is left. It is for after Run, outside the loop.
func (l *Loop) Close() {
	l.run(func() {
		for k := range l.links {
			k.cut()
		}
	})
	l.carriers.Wait()
}

// Connect opens a TCP connection and returns its socket at once. The address has the form host:port.
func (l *Loop) Connect(address string, callbacks Callbacks) Socket {
	ctx, cancel := context.WithCancel(context.Background())
	k := &link{loop: l, giveUp: cancel}
	s := &socket{link: k, callbacks: callbacks}
	s.self, k.first, k.top = s, s, s
	l.links[k] = struct{}{}
	l.Hold()
	k.start(func() { k.carry(ctx, address) })
	return s
}
