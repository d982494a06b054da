package fakeserver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// errFIN is what reading ends with where the client's TCP ends. It is no io.EOF, so that crypto/tls returns io.EOF for
// close_notify only.
var errFIN = errors.New("the client closed TCP")

// wire is the TCP connection below everything else, noting what passes and shaping what is written.
type wire struct {
	net.Conn // not *net.TCPConn, whose shortcuts for io.Copy would go round Read and Write
	tcp      *net.TCPConn

	transcript *Transcript
	recorder   *recorder
	in         splitter
	pushed     []byte // what was read, and noted, and is to be read again

	ending sync.Mutex
	ended  error // how the client ended TCP

	joining atomic.Int32 // how many steps want what is written to be kept until the next read
	cut     atomic.Bool  // nothing goes out any more

	mu        sync.Mutex // of writing, as is all that follows
	out       splitter
	shapers   []shaper
	kept      []byte
	dribbling int
	hold      func() error // is called, once, when so many bytes are out
	unheld    int
	sentFIN   bool
}

// A shaper returns what is written in the place of what should be.
type shaper func([]byte) []byte

func newWire(c *net.TCPConn, t *Transcript, r *recorder) *wire {
	return &wire{
		Conn: c, tcp: c, transcript: t, recorder: r,
		in: splitter{side: Client, note: t.add}, out: splitter{side: Peer, note: t.add},
	}
}

// Read writes first what was kept: the client may wait for it.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.pushed) > 0 {
		n := copy(p, w.pushed)
		w.pushed = w.pushed[n:]
		return n, nil
	}
	if w.cut.Load() {
		return 0, errCut
	}
	if w.joining.Load() > 0 {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	if err := w.end(); err != nil {
		return 0, err
	}
	n, err := w.tcp.Read(p)
	w.recorder.passed(time.Now(), Client, p[:n])
	w.in.take(p[:n])
	return n, w.clientEnded(err)
}

// clientEnded notes that the client has ended TCP, where that is what the error of a read or a write tells.
func (w *wire) clientEnded(err error) error {
	w.ending.Lock()
	defer w.ending.Unlock()
	how := TCPClosed
	switch {
	case err == io.EOF:
		err = errFIN
	case errors.Is(err, syscall.ECONNRESET):
		how = TCPReset
	default:
		return err
	}
	if w.ended == nil {
		w.transcript.add(Entry{Side: Client, Kind: how})
		w.recorder.ended(Client, how, false)
		w.ended = err
	}
	return w.ended
}

// end is how the client has ended TCP, if it has.
func (w *wire) end() error {
	w.ending.Lock()
	defer w.ending.Unlock()
	return w.ended
}

// push makes bytes be read again.
func (w *wire) push(p []byte) { w.pushed = append(w.pushed, p...) }

// Write writes bytes that are records if TLS is spoken.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(p, w.out.take)
}

// writePlain writes bytes that are no records, whatever is spoken.
func (w *wire) writePlain(p []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.write(p, w.out.plain)
	return err
}

func (w *wire) write(p []byte, note func([]byte)) (int, error) {
	shaped := p
	for _, shape := range slices.Backward(w.shapers) {
		shaped = shape(shaped)
	}
	note(shaped)
	if w.joining.Load() > 0 {
		w.kept = append(w.kept, shaped...)
		return len(p), nil
	}
	if err := w.emit(shaped); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *wire) emit(p []byte) error {
	for len(p) > 0 {
		size := len(p)
		if w.dribbling > 0 {
			size = 1
		}
		if w.hold != nil {
			size = min(size, w.unheld)
		}
		at := time.Now()
		n, err := w.tcp.Write(p[:size])
		w.recorder.passed(at, Peer, p[:n])
		if err != nil {
			return w.clientEnded(err)
		}
		p = p[size:]
		if err := w.held(size); err != nil {
			return err
		}
	}
	return nil
}

// held holds when so many bytes more are out, if it is time.
func (w *wire) held(size int) error {
	w.unheld -= size
	if w.hold == nil || w.unheld > 0 {
		return nil
	}
	hold := w.hold
	w.hold = nil
	return hold()
}

// flush writes what was kept.
func (w *wire) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushLocked()
}

func (w *wire) flushLocked() error {
	w.out.emitRun()
	kept := w.kept
	w.kept = w.kept[:0] // nobody else writes before this is out
	return w.emit(kept)
}

// flushBeyond writes what was kept if it is more than a batch.
func (w *wire) flushBeyond(size int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.kept) < size {
		return nil
	}
	return w.flushLocked()
}

// fin closes the sending side. What was kept goes out in the segment that has the FIN.
func (w *wire) fin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sentFIN {
		return nil
	}
	joined := w.joining.Load() > 0 && len(w.kept) > 0
	if w.joining.Load() > 0 {
		if err := cork(w.tcp); err != nil {
			return fmt.Errorf("join data and FIN: %w", err)
		}
	}
	if err := w.flushLocked(); err != nil {
		return err
	}
	w.transcript.add(Entry{Side: Peer, Kind: TCPClosed})
	w.recorder.ended(Peer, TCPClosed, joined)
	w.sentFIN = true
	return w.tcp.CloseWrite()
}

// closed keeps the FIN that closing the descriptor has sent, where the client's was the first.
func (w *wire) closed() {
	if w.end() == errFIN && !w.sentFIN {
		w.recorder.ended(Peer, TCPClosed, false)
	}
}

// abort makes whoever reads or writes return.
func (w *wire) abort() { w.tcp.SetDeadline(time.Unix(1, 0)) }

// SetWriteDeadline does nothing: crypto/tls would have all writing fail that follows its close_notify.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// speakTLS tells that what passes from now on are records.
func (w *wire) speakTLS() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in.tls, w.out.tls = true, true
}
