package mutants

import (
	"errors"
	"net"
	"os"
	"sync"
)

// A filter is a connection that can be broken record by record, from the ClientHello on, and at its end. What is nil
// changes nothing.
type filter struct {
	*wire
	arrives func(record []byte) bool // tells whether it is let through
	leaves  func(record []byte) bool
	shuts   func() bool // tells whether the peer is told of the end
	closes  func()      // is called before the descriptor is closed
	begins  func()      // TLS is spoken from now on
	over    func()      // nothing more will arrive

	in, ready, held []byte // what was read: not cut yet; let through; kept until the end
	failed          error

	writing sync.Mutex
	out     []byte // what was written, and not cut yet
}

// filtered makes a mutant that breaks connections by filters.
func filtered(breaks func(*filter)) tampering { return connections(filtering(breaks)) }

func filtering(breaks func(*filter)) func(*wire) net.Conn {
	return func(w *wire) net.Conn {
		f := &filter{wire: w}
		breaks(f)
		return f
	}
}

func (f *filter) Read(p []byte) (int, error) {
	for len(f.ready) == 0 && f.failed == nil {
		n, err := f.wire.Read(p)
		f.take(p[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if len(f.ready) == 0 {
				return 0, err
			}
		} else if err != nil {
			f.end(err)
		}
	}
	n := copy(p, f.ready)
	f.ready = f.ready[n:]
	if n > 0 {
		return n, nil
	}
	return 0, f.failed
}

func (f *filter) take(data []byte) {
	if !f.begun.Load() {
		f.ready = append(f.ready, data...)
		return
	}
	records, rest := cut(append(f.in, data...))
	f.in = append([]byte(nil), rest...)
	for _, r := range records {
		if f.arrives == nil || f.arrives(r) {
			f.ready = append(f.ready, r...)
		}
	}
}

func (f *filter) end(err error) {
	f.ready = append(append(f.ready, f.held...), f.in...)
	f.failed = err
	if f.over != nil && f.begun.Load() {
		f.over()
	}
}

func (f *filter) Write(p []byte) (int, error) {
	f.writing.Lock()
	defer f.writing.Unlock()
	if !f.begun.Load() && !isTLS(p) {
		return f.Conn.Write(p)
	}
	records, rest := cut(append(f.out, p...))
	f.out = append([]byte(nil), rest...)
	var through []byte
	for _, r := range records {
		if f.note(r) && f.begins != nil {
			f.begins()
		}
		if f.leaves == nil || f.leaves(r) {
			through = append(through, r...)
		}
	}
	if _, err := f.Conn.Write(through); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *filter) CloseWrite() error {
	if f.shuts != nil && f.begun.Load() && !f.shuts() {
		return nil
	}
	return f.wire.CloseWrite()
}

func (f *filter) Close() error {
	if f.closes != nil && f.begun.Load() {
		f.closes()
	}
	return f.wire.Close()
}
