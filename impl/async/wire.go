package async

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Conn is what a face's bytes pass through: the wire, or what a layer made of it. Its Write does not block.
type Conn interface {
	net.Conn
	// CloseWrite tells the peer that nothing more will come.
	CloseWrite() error
}

// A wire is the connection below everything else. Write passes on what the kernel takes and keeps the rest, which a
// goroutine sends as soon as it can. A failure to write is not reported: the reader meets its cause, and whatever the
// peer had to say of it.
type wire struct {
	net.Conn
	raw     syscall.RawConn // nil for a connection that is none of the system's
	start   func(func())    // starts a goroutine
	drained func()          // is called by it when the kernel has taken everything
	moved   atomic.Int64    // when the kernel took something last, since began

	mu       sync.Mutex
	backlog  []byte
	flushing bool          // the goroutine is at work
	ending   bool          // the end is to follow the backlog
	patience time.Duration // a closed connection's; 0 for none
	broken   error
	attempt  attempt
}

func newWire(c net.Conn, start func(func()), drained func()) *wire {
	w := &wire{Conn: c, start: start, drained: drained}
	if s, ok := c.(syscall.Conn); ok {
		w.raw, _ = s.SyscallConn()
	}
	w.attempt.once = w.attempt.write
	return w
}

// An attempt is one write to a descriptor, made so that it costs no allocation.
type attempt struct {
	data []byte
	n    int
	err  error
	once func(fd uintptr) bool
}

func (a *attempt) write(fd uintptr) bool {
	a.n, a.err = syscall.Write(int(fd), a.data)
	return true
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err == io.EOF {
		// The system tells of a reset once, and may have told it to a write.
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.broken != nil {
			err = w.broken
		}
	}
	return n, err
}

// Write never blocks, and never fails.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := p
	if !w.flushing && w.broken == nil && w.raw != nil {
		rest = p[w.try(p):]
	}
	if len(rest) > 0 && w.broken == nil {
		w.backlog = append(w.backlog, rest...)
		if !w.flushing {
			w.flushing = true
			w.start(w.flush)
		}
	}
	return len(p), nil
}

// try writes what the kernel takes at once.
func (w *wire) try(p []byte) int {
	w.attempt.data, w.attempt.n, w.attempt.err = p, 0, nil // a closed descriptor is not even tried
	err := w.raw.Write(w.attempt.once)
	w.attempt.data = nil
	if err == nil {
		err = w.attempt.err
	}
	return w.note(w.attempt.n, err)
}

// note takes down how a write went, and returns how much of it.
func (w *wire) note(n int, err error) int {
	if err != nil && err != syscall.EAGAIN && err != syscall.EINTR {
		w.broken, w.backlog = err, nil
	}
	if n <= 0 {
		return 0
	}
	w.moved.Store(int64(time.Since(began)))
	w.extend()
	return n
}

// flush sends the backlog, waiting for the kernel to take it.
func (w *wire) flush() {
	const most = 64 << 10
	for {
		w.mu.Lock()
		if len(w.backlog) == 0 {
			break
		}
		p := w.backlog[:min(len(w.backlog), most)]
		w.mu.Unlock()
		n, err := w.writeSome(p)
		w.mu.Lock()
		n = w.note(n, err)
		w.backlog = w.backlog[min(n, len(w.backlog)):]
		w.mu.Unlock()
	}
	w.flushing, w.backlog = false, nil
	if w.ending {
		w.closeWrite()
	}
	w.mu.Unlock()
	w.drained()
}

// writeSome waits until something can be written, and writes it.
func (w *wire) writeSome(p []byte) (n int, err error) {
	if w.raw == nil {
		return w.Conn.Write(p[:min(len(p), 4<<10)])
	}
	waited := w.raw.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), p)
		return err != syscall.EAGAIN
	})
	if waited != nil {
		return 0, waited
	}
	return n, err
}

// began is what times are counted from, so that clocks which are set do no harm.
var began = time.Now()

// lastMoved is when the kernel took something last.
func (w *wire) lastMoved() time.Time { return began.Add(time.Duration(w.moved.Load())) }

// waiting tells whether the kernel has not taken everything yet.
func (w *wire) waiting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushing
}

// CloseWrite sends the end behind what is still to be sent.
func (w *wire) CloseWrite() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ending = true
	if !w.flushing {
		w.closeWrite()
	}
	return nil
}

// closeWrite tells no peer that what did not reach it whole has come to its end.
func (w *wire) closeWrite() {
	if w.broken != nil {
		return
	}
	if c, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	} else {
		w.Conn.Close()
	}
}

// SetWriteDeadline does nothing: a layer that gives its own last words a deadline must not cut short what comes before.
func (*wire) SetWriteDeadline(time.Time) error { return nil }

// bound lets the connection live for so long, and anew from whenever the kernel has taken something.
func (w *wire) bound(patience time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.patience = patience
	w.extend()
}

func (w *wire) extend() {
	if w.patience > 0 {
		w.Conn.SetDeadline(time.Now().Add(w.patience))
	}
}

// unsent tells whether the kernel has not taken everything, be it that it never will.
func (w *wire) unsent() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushing || w.broken != nil
}

// reset closes the connection at once; the peer sees RST.
func (w *wire) reset() {
	if c, ok := w.Conn.(interface{ SetLinger(int) error }); ok {
		c.SetLinger(0)
	}
	w.Conn.Close()
}
