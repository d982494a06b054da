package async_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
)

// run runs a loop to its end, at which no timer may be left.
func run(t *testing.T, start func(*async.Loop)) {
	t.Helper()
	l := async.NewLoop()
	if err := l.Run(func() { start(l) }); err != nil {
		t.Errorf("the loop was left: %v", err)
	}
	l.Wait()
	if n := l.Timers(); n != 0 {
		t.Errorf("%d timers are armed", n)
	}
}

// connect is for tests in which nothing can keep it from returning a socket.
func connect(t *testing.T, l *async.Loop, address string, callbacks async.Callbacks, options async.Options) async.Socket {
	t.Helper()
	s, err := l.Connect(address, callbacks, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// must is for operations that succeed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// A log is what callbacks were called with.
type log []string

func (l *log) add(format string, a ...any) { *l = append(*l, fmt.Sprintf(format, a...)) }

// callbacks logs every call.
func (l *log) callbacks() async.Callbacks {
	return async.Callbacks{
		Connect: func(async.Socket) { l.add("connect") },
		Read:    func(_ async.Socket, data []byte) { l.add("read %s", data) },
		Write:   func(async.Socket) { l.add("write") },
		Event:   func(err error) { l.add("%s", name(err)) },
	}
}

func name(err error) string {
	if c, ok := err.(async.Condition); ok {
		return c.Name()
	}
	return err.Error()
}

func (l log) check(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, []string(l)); diff != "" {
		t.Errorf("callbacks (-want +got):\n%s", diff)
	}
}

// send answers the first bytes with these and closes.
func send(data string) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		c.Read(make([]byte, 100))
		io.WriteString(c, data)
	}
}

func TestEcho(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	var got log
	read := ""
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Read = func(s async.Socket, data []byte) {
			if read += string(data); len(read) == len("hello world") {
				must(t, s.Close())
			}
		}
		must(t, connect(t, l, address, callbacks, async.Options{Data: []byte("hello ")}).Write([]byte("world")))
	})
	got.check(t, "connect", "write")
	if read != "hello world" {
		t.Errorf("read %q", read)
	}
}

// Data comes before the end, whatever the peer does right behind it; then the loop ends by itself.
func TestEnds(t *testing.T) {
	for name, test := range map[string]struct {
		serve func(*net.TCPConn)
		want  []string
	}{
		"FIN": {send("bye"), []string{"connect", "write", "read bye", "tcp-eof"}},
		"RST": {func(c *net.TCPConn) {
			c.Read(make([]byte, 100))
			c.SetLinger(0)
		}, []string{"connect", "write", "tcp-error"}},
	} {
		t.Run(name, func(t *testing.T) {
			address := asynctest.Listen(t, test.serve)
			var got log
			run(t, func(l *async.Loop) {
				s := connect(t, l, address, got.callbacks(), async.Options{Data: []byte("up")})
				l.AtEnd(func() {
					if !s.Closed() {
						t.Error("the socket is still open")
					}
				})
			})
			got.check(t, test.want...)
		})
	}
}

func TestConnectFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for what, test := range map[string]struct{ address, want string }{
		"refused":      {l.Addr().String(), "tcp-refused"},
		"no such name": {"no.such.name.invalid:1", "dns-error"},
	} {
		t.Run(what, func(t *testing.T) {
			asynctest.Clean(t)
			var got log
			run(t, func(l *async.Loop) { connect(t, l, test.address, got.callbacks(), async.Options{}) })
			got.check(t, test.want)
		})
	}
}

// After the close no callback is called, and every operation but closed? and reading the data is refused.
func TestClosed(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	var got log
	run(t, func(l *async.Loop) {
		s := connect(t, l, address, got.callbacks(), async.Options{Data: []byte("x")})
		must(t, s.SetData("mine"))
		must(t, s.Close())
		for operation, err := range map[string]error{
			"write": s.Write(nil), "close": s.Close(), "timeouts": s.SetTimeouts(0, 0), "enable": s.Enable(true, true),
			"disable": s.Disable(true, true), "set data": s.SetData(1),
		} {
			var closed *async.SocketClosed
			var info *async.TCPInfo
			if !errors.As(err, &closed) || !errors.As(err, &info) || info.Socket != s {
				t.Errorf("%s: %v", operation, err)
			}
		}
		if !s.Closed() || s.Data() != "mine" {
			t.Errorf("closed: %t, data: %v", s.Closed(), s.Data())
		}
	})
	got.check(t)
}

// Callbacks given with a write replace those named, and leave the others.
func TestReplace(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	var got log
	run(t, func(l *async.Loop) {
		s := connect(t, l, address, got.callbacks(), async.Options{})
		must(t, s.Write([]byte("x"), async.Callbacks{Read: func(s async.Socket, data []byte) {
			got.add("other read %s", data)
			s.Close()
		}}))
	})
	got.check(t, "connect", "write", "other read x")
}

func TestDisabledReading(t *testing.T) {
	address := asynctest.Listen(t, send("late"))
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Write = func(s async.Socket) {
			must(t, s.Disable(true, false))
			// The end of another connection, made later, comes after what this one's peer has sent.
			connect(t, l, address, async.Callbacks{Event: func(error) {
				got.add("enable")
				must(t, s.Enable(true, false))
			}}, async.Options{Data: []byte("x")})
		}
		connect(t, l, address, callbacks, async.Options{Data: []byte("x")})
	})
	got.check(t, "connect", "enable", "read late", "tcp-eof")
}

func TestReadTimeout(t *testing.T) {
	silent := asynctest.Listen(t, func(c *net.TCPConn) { io.Copy(io.Discard, c) })
	var got log
	began := time.Now()
	run(t, func(l *async.Loop) {
		s := connect(t, l, silent, got.callbacks(), async.Options{ReadTimeout: 100 * time.Millisecond, Data: []byte("x")})
		if l.Timers() != 1 {
			t.Errorf("%d timers, want 1", l.Timers())
		}
		_ = s
	})
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("it came after %v", took)
	}
	got.check(t, "connect", "write", "tcp-timeout")
}

// Bytes that keep coming keep the timeout from firing, disabling stops it, clearing ends it.
func TestReadTimeoutHeldOff(t *testing.T) {
	const timeout = 200 * time.Millisecond
	dripping := asynctest.Listen(t, func(c *net.TCPConn) {
		for range 8 {
			time.Sleep(timeout / 4)
			if _, err := c.Write([]byte(".")); err != nil {
				return
			}
		}
	})
	for name, hold := range map[string]func(async.Socket){
		"by data":        func(async.Socket) {},
		"by clearing it": func(s async.Socket) { s.SetTimeouts(0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			var events log
			run(t, func(l *async.Loop) {
				callbacks := async.Callbacks{Event: events.callbacks().Event}
				hold(connect(t, l, dripping, callbacks, async.Options{ReadTimeout: timeout}))
			})
			events.check(t, "tcp-eof")
		})
	}
}

// What a peer does not read runs into the write timeout; nothing is called written.
func TestWriteTimeout(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	stuck := asynctest.Listen(t, func(*net.TCPConn) { <-stop })
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Connect = nil
		s := connect(t, l, stuck, callbacks, async.Options{WriteTimeout: 100 * time.Millisecond})
		must(t, s.Write(make([]byte, 32<<20)))
	})
	got.check(t, "tcp-timeout")
}
