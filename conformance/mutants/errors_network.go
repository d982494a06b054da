package mutants

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A hooked connection is a TCP connection that is read, written or closed in other ways; those that are nil are TCP's.
type hooked struct {
	net.Conn
	read  func(net.Conn, []byte) (int, error)
	write func(net.Conn, []byte) (int, error)
	open  func() bool // tells whether it stays open in spite of all

	ended atomic.Bool // this side has ended it, or tried to
}

func (t *hooked) Read(p []byte) (int, error) {
	if t.read == nil {
		return t.Conn.Read(p)
	}
	return t.read(t.Conn, p)
}

func (t *hooked) Write(p []byte) (int, error) {
	if t.write == nil {
		return t.Conn.Write(p)
	}
	return t.write(t.Conn, p)
}

func (t *hooked) CloseWrite() error {
	t.ended.Store(true)
	if t.open != nil && t.open() {
		return nil
	}
	return t.Conn.(*net.TCPConn).CloseWrite()
}

func (t *hooked) Close() error {
	t.ended.Store(true)
	if t.open != nil && t.open() {
		return nil
	}
	return t.Conn.Close()
}

func (t *hooked) SetLinger(seconds int) error { return t.Conn.(*net.TCPConn).SetLinger(seconds) }

// ended makes a mutant that takes what is reported of a failure for something else, where the peer has ended the
// connection in a way.
func ended(by error, types ...string) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		var over atomic.Bool
		return tamperer{
			conn: func(c net.Conn) net.Conn {
				t := &hooked{Conn: c}
				t.read = func(c net.Conn, p []byte) (int, error) {
					n, err := c.Read(p)
					if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !t.ended.Swap(true) && errors.Is(err, by) {
						over.Store(true)
					}
					return n, err
				}
				return t
			},
			record: func(r subject.Record) []subject.Record {
				if r.Event == subject.OnEvent && r.Condition.Is(subject.EventError) && over.Load() {
					r.Condition.Types = types
				}
				return []subject.Record{r}
			},
		}
	}
}

func alertNotSent(func(subject.Record)) tamperer {
	const alert = 21 // the type of the record
	write := func(c net.Conn, p []byte) (int, error) {
		if p[0] == alert {
			return len(p), nil
		}
		return c.Write(p)
	}
	return tamperer{conn: func(c net.Conn) net.Conn { return &hooked{Conn: c, write: write} }}
}

// resetHidesAlert asks for an error of the connection before it looks at what has come.
func resetHidesAlert(func(subject.Record)) tamperer {
	read := func(c net.Conn, p []byte) (int, error) {
		n, err := c.Read(p)
		time.Sleep(2 * time.Millisecond) // what is behind it arrives
		raw, _ := c.(*net.TCPConn).SyscallConn()
		var code int
		raw.Control(func(fd uintptr) { code, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR) })
		if code != 0 {
			return 0, syscall.Errno(code)
		}
		return n, err
	}
	return tamperer{conn: func(c net.Conn) net.Conn { return &hooked{Conn: c, read: read} }}
}

// failedSocketLeftOpen leaves TCP open until the application closes something.
func failedSocketLeftOpen(func(subject.Record)) tamperer {
	var asked atomic.Bool
	var conns []net.Conn
	var mu sync.Mutex
	return tamperer{
		conn: func(c net.Conn) net.Conn {
			mu.Lock()
			defer mu.Unlock()
			conns = append(conns, c)
			return &hooked{Conn: c, open: func() bool { return !asked.Load() }}
		},
		request: func(r subject.Request) []subject.Request {
			if r.Op == subject.Close || r.Op == subject.End {
				asked.Store(true)
				mu.Lock()
				defer mu.Unlock()
				for _, c := range conns {
					c.(*net.TCPConn).CloseWrite()
				}
			}
			return []subject.Request{r}
		},
	}
}

// brokenPipeKills dies of a write of data that nobody is to get.
func brokenPipeKills(func(subject.Record)) tamperer {
	const overhead = 30 // of a record: more than the last words of TLS have
	write := func(c net.Conn, p []byte) (int, error) {
		n, err := c.Write(p)
		if len(p) > overhead && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)) {
			syscall.Kill(syscall.Getpid(), syscall.SIGKILL) // Go would not let SIGPIPE do it
		}
		return n, err
	}
	return tamperer{conn: func(c net.Conn) net.Conn { return &hooked{Conn: c, write: write} }}
}
