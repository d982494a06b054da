package mutants

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks errors below TLS, and at the end of TCP.

// ended makes a mutant that takes what is reported of a failure for something else, where the peer has ended the
// connection in a way.
func ended(by error, types ...string) tampering {
	return endedWhere(func(e end) bool { return errors.Is(e.how, by) }, types...)
}

// endedWhere is ended for some ends alone.
func endedWhere(match func(end) bool, types ...string) tampering {
	return taps{record: func(t *tap, r subject.Record) []subject.Record {
		if r.Event == subject.OnEvent && r.Condition.Is(subject.EventError) && t.secure() && match(t.end) {
			r.Condition.Types = types
		}
		return []subject.Record{r}
	}}.tamper
}

// endOfHandshakeUnreported waits for the rest of a handshake when there is none to come.
var endOfHandshakeUnreported = taps{record: func(t *tap, r subject.Record) []subject.Record {
	if r.Event == subject.OnEvent && about(r) != t.first && t.end.how == io.EOF && t.end.early {
		return nil
	}
	return []subject.Record{r}
}}.tamper

var alertNotSent = filtered(func(f *filter) {
	f.leaves = func(record []byte) bool { return record[0] != alertRecord }
})

// garbageAwaited waits for more of what is no record.
var garbageAwaited = filtered(func(f *filter) {
	f.arrives = func(record []byte) bool { return !f.secret.Load() || isTLS(record) }
})

// overlongAwaited takes any length at its word, and has no room for the record.
var overlongAwaited = filtered(func(f *filter) {
	const most = headerSize + 1<<14 + 2048
	f.arrives = func(record []byte) bool { return !isTLS(record) || len(record) <= most }
})

// resetHidesAlert asks for an error of the connection before it looks at what has come.
func resetHidesAlert(w *wire) net.Conn { return hasty{w} }

type hasty struct{ *wire }

func (h hasty) Read(p []byte) (int, error) {
	n, err := h.wire.Read(p)
	time.Sleep(2 * time.Millisecond) // what is behind it arrives
	raw, _ := h.Conn.(*net.TCPConn).SyscallConn()
	var code int
	raw.Control(func(fd uintptr) { code, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR) })
	if code != 0 {
		return 0, syscall.Errno(code)
	}
	return n, err
}

// failedSocketLeftOpen leaves TCP open until the application closes something.
func failedSocketLeftOpen(func(subject.Record)) tamperer {
	var asked atomic.Bool
	var mu sync.Mutex
	var all []*clinging
	return tamperer{
		conn: func(w *wire) net.Conn {
			mu.Lock()
			defer mu.Unlock()
			c := &clinging{wire: w, asked: &asked}
			all = append(all, c)
			return c
		},
		request: func(r subject.Request) []subject.Request {
			if r.Op == subject.Close || r.Op == subject.End {
				asked.Store(true)
				mu.Lock()
				defer mu.Unlock()
				for _, c := range all {
					c.letGo()
				}
			}
			return []subject.Request{r}
		},
	}
}

// clinging stays open until the application has asked for something else.
type clinging struct {
	*wire
	asked *atomic.Bool
	held  atomic.Bool // it was to end, and has not
}

func (c *clinging) CloseWrite() error {
	if !c.asked.Load() {
		c.held.Store(true)
		return nil
	}
	return c.wire.CloseWrite()
}

func (c *clinging) Close() error {
	if !c.asked.Load() {
		c.held.Store(true)
		return nil
	}
	return c.wire.Close()
}

func (c *clinging) letGo() {
	if c.held.Load() {
		c.wire.CloseWrite()
	}
}

// brokenPipeKills dies of a write of data that nobody is to get.
func brokenPipeKills(w *wire) net.Conn { return fragile{w} }

type fragile struct{ *wire }

func (f fragile) Write(p []byte) (int, error) {
	const overhead = 30 // of a record: more than the last words of TLS have
	n, err := f.wire.Write(p)
	if len(p) > overhead && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)) {
		kill() // Go would not let SIGPIPE do it
	}
	return n, err
}
