package plain

import "sync"

// turns is what is to be run in the loop, or after its end: a loop that has ended drops what it is given.
type turns struct {
	mu      sync.Mutex
	queue   []func()
	over    bool
	changed chan struct{} // holds one item if the queue or over has changed
}

func newTurns() *turns { return &turns{changed: make(chan struct{}, 1)} }

func (t *turns) put(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = append(t.queue, f)
	t.stir()
}

// next runs the next one, if there is one left.
func (t *turns) next() (ran bool) {
	f := t.take()
	if f != nil {
		f()
	}
	return f != nil
}

func (t *turns) take() func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) == 0 || t.over {
		return nil
	}
	f := t.queue[0]
	t.queue = t.queue[1:]
	return f
}

// serve runs what is there and what still comes, until end.
func (t *turns) serve() {
	for range t.changed {
		for t.next() {
		}
		if t.ended() {
			return
		}
	}
}

func (t *turns) ended() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.over
}

// end drops what is there and what still comes.
func (t *turns) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.stir()
}

func (t *turns) stir() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}
