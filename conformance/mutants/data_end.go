package mutants

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// What breaks data below TLS where a connection ends.

// hangUpBeforeData looks for the peer's end before it looks for data.
func hangUpBeforeData(w *wire) net.Conn { return hangingUp{w} }

type hangingUp struct{ *wire }

func (h hangingUp) Read(p []byte) (int, error) {
	n, err := h.wire.Read(p)
	if h.secret.Load() && h.ended() {
		return 0, io.EOF
	}
	return n, err
}

// ended tells whether nothing but the peer's end is left to be read.
func (h hangingUp) ended() (ended bool) {
	raw, err := h.Conn.(*net.TCPConn).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			ended = n == 0 && err == nil
		})
	}
	return ended && err == nil
}

// closedWithBytesBelow tells that bytes have left which wait a little longer, and forgets them when it is closed.
func closedWithBytesBelow(w *wire) net.Conn { return &lagging{wire: w} }

type lagging struct {
	*wire
	mu   sync.Mutex
	held []byte
}

const (
	lag     = 50 * time.Millisecond
	mostLag = 64 << 10
)

func (l *lagging) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 {
		time.AfterFunc(lag, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.flush()
		})
	}
	if l.held = append(l.held, p...); len(l.held) > mostLag {
		return len(p), l.flush()
	}
	return len(p), nil
}

func (l *lagging) flush() error {
	held := l.held
	l.held = nil
	_, err := l.wire.Write(held)
	return err
}

func (l *lagging) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = nil
}

func (l *lagging) CloseWrite() error {
	l.forget()
	return l.wire.CloseWrite()
}

func (l *lagging) Close() error {
	l.forget()
	return l.wire.Close()
}

// closedWithoutLingering closes the descriptor at once, whatever is still under way.
func closedWithoutLingering(w *wire) net.Conn { return abrupt{w} }

type abrupt struct{ *wire }

func (a abrupt) CloseWrite() error { return a.Close() }
