package async

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// A Loop runs callbacks, one at a time. Make one with [NewLoop]; it runs once.
type Loop struct {
	// HandOnErrors gives a panic in a callback to the event callback of its socket, as an [*ApplicationError]; a panic
	// there closes the socket. Otherwise a panic leaves the loop.
	HandOnErrors bool

	// baton is held by whoever is inside the loop; it guards all that follows, and the sockets.
	baton   sync.Mutex
	running bool
	holds   int // what keeps the loop running: open sockets, servers, calls of Hold
	links   map[*link]struct{}
	servers map[*Server]struct{}
	soon    []func() // to run before the baton is passed on
	atEnd   []func()
	timers  int // armed
	failure error
	wake    chan struct{} // something was posted, or the loop may end

	posting sync.Mutex
	posted  []func()

	// carriers are the goroutines of all connections, those included that see a closed one off.
	carriers sync.WaitGroup
}

// ErrNotRunning refuses an operation outside a running loop.
var ErrNotRunning = errors.New("the loop does not run")

// An ApplicationError is a panic of a callback.
type ApplicationError struct {
	Value any
	Stack []byte
}

func (e *ApplicationError) Error() string { return fmt.Sprintf("a callback panicked: %v", e.Value) }

// Unwrap gives the panic's value, if it is an error.
func (e *ApplicationError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// NewLoop makes a loop, which does not run yet.
func NewLoop() *Loop {
	return &Loop{
		links:   make(map[*link]struct{}),
		servers: make(map[*Server]struct{}),
		wake:    make(chan struct{}, 1),
	}
}

// Run runs start inside the loop, and the loop until nothing is left to do, [Loop.Exit] is called, or a callback
// panics: then everything is closed, and the panic is returned as an [*ApplicationError].
func (l *Loop) Run(start func()) error {
	l.baton.Lock()
	l.running = true
	l.baton.Unlock()
	l.run(func() { l.call(nil, start) })
	l.stir()
	for range l.wake {
		if l.turn() {
			break
		}
	}
	l.run(l.end)
	return l.failure
}

// turn runs what was posted and tells whether the loop is to end.
func (l *Loop) turn() (over bool) {
	l.baton.Lock()
	defer l.baton.Unlock()
	for _, f := range l.takePosted() {
		if l.running {
			l.call(nil, f)
			l.settle()
		}
	}
	return !l.running || l.holds == 0
}

// end runs what was registered for it, and lets nothing more happen.
func (l *Loop) end() {
	for _, f := range l.atEnd {
		l.call(nil, f)
	}
	l.Exit()
}

// run runs f inside the loop.
func (l *Loop) run(f func()) {
	l.baton.Lock()
	defer l.baton.Unlock()
	f()
	l.settle()
}

// settle runs what is to be run before the baton is passed on.
func (l *Loop) settle() {
	for len(l.soon) > 0 {
		f := l.soon[0]
		l.soon = l.soon[1:]
		f()
	}
}

// call runs code of the application, on behalf of a socket or of none.
func (l *Loop) call(s *socket, f func()) {
	defer func() {
		if v := recover(); v != nil {
			l.caught(s, &ApplicationError{v, debug.Stack()})
		}
	}()
	f()
}

func (l *Loop) caught(s *socket, err *ApplicationError) {
	switch {
	case !l.HandOnErrors || s == nil:
		if l.failure == nil {
			l.failure = err
		}
		l.Exit()
	case s.link.top.closed:
	case s.link.top.inEvent:
		s.link.top.end()
	default:
		s.link.top.event(err)
	}
}

// Post runs f inside the loop, soon. Unlike all else it may be called from any goroutine; after the loop's end f is
// dropped.
func (l *Loop) Post(f func()) {
	l.posting.Lock()
	defer l.posting.Unlock()
	l.posted = append(l.posted, f)
	l.stir()
}

func (l *Loop) takePosted() []func() {
	l.posting.Lock()
	defer l.posting.Unlock()
	posted := l.posted
	l.posted = nil
	return posted
}

func (l *Loop) stir() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Hold keeps the loop running though nothing is open, until [Loop.Release].
func (l *Loop) Hold() { l.holds++ }

// Release takes back one [Loop.Hold].
func (l *Loop) Release() {
	l.holds--
	if l.holds == 0 {
		l.stir()
	}
}

// AtEnd registers a function to be run inside the loop when it ends, before what is open is closed.
func (l *Loop) AtEnd(f func()) { l.atEnd = append(l.atEnd, f) }

// Timers is how many timeouts run.
func (l *Loop) Timers() int { return l.timers }

func (l *Loop) timerBegins() { l.timers++ }

func (l *Loop) timerEnds() { l.timers-- }

// Exit ends the loop: it closes everything and drops what is queued.
func (l *Loop) Exit() {
	l.running = false
	for s := range l.servers {
		s.Close()
	}
	for k := range l.links {
		k.top.Close()
	}
	l.stir()
}

// Wait waits until connections that were closed have been seen off: what was begun is sent, and the peer's end has
// come, or nothing has happened for five seconds. It is for after Run, and for programs that end then.
func (l *Loop) Wait() { l.carriers.Wait() }

// Close cuts the connections that are still being seen off, and waits until nothing of the loop is left. It is for
// after Run.
func (l *Loop) Close() {
	l.run(func() {
		for k := range l.links {
			k.cut()
		}
	})
	l.carriers.Wait()
}
