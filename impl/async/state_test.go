package async_test

import (
	"context"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
)

// The write callback waits for what was written meanwhile, and for the connection.
func TestWriteCallback(t *testing.T) {
	const size = 32 << 20
	received := make(chan int64, 1)
	read := make(chan struct{})
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		<-read
		n, _ := io.Copy(io.Discard, c)
		received <- n
	})
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Connect = func(s async.Socket) {
			got.add("connect")
			must(t, s.Write([]byte("a"))) // which leaves at once
			must(t, s.Write(make([]byte, size)))
			close(read)
		}
		callbacks.Write = func(s async.Socket) {
			got.add("write")
			s.Close()
		}
		must(t, connect(t, l, address, callbacks, async.Options{}).Write(nil))
	})
	got.check(t, "connect", "write")
	if n := <-received; n != size+1 {
		t.Errorf("the peer got %d bytes, want %d", n, size+1)
	}
}

// Writing enables what was disabled.
func TestWriteEnables(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Read = func(s async.Socket, data []byte) {
			got.add("read %s", data)
			s.Close()
		}
		s := connect(t, l, address, callbacks, async.Options{})
		must(t, s.Disable(true, true))
		must(t, s.Write([]byte("x")))
	})
	got.check(t, "connect", "write", "read x")
}

// Timeouts run only while their direction is enabled, and the write timeout only while output waits.
func TestArmedTimeouts(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	run(t, func(l *async.Loop) {
		armed := func(when string, want int) {
			t.Helper()
			if n := l.Timers(); n != want {
				t.Errorf("%s: %d timers, want %d", when, n, want)
			}
		}
		s := connect(t, l, address, async.Callbacks{Write: func(s async.Socket) {
			armed("when all has left", 1)
			must(t, s.Disable(true, false))
			armed("disabled", 0)
			must(t, s.SetTimeouts(time.Hour, time.Hour))
			armed("set while disabled", 0)
			must(t, s.Enable(true, false))
			armed("enabled", 1)
			must(t, s.SetTimeouts(0, 0))
			armed("cleared", 0)
			must(t, s.SetTimeouts(time.Hour, 0))
			must(t, s.Close())
			armed("closed", 0)
		}}, async.Options{ReadTimeout: time.Hour, WriteTimeout: time.Hour})
		armed("connecting", 1)
		must(t, s.Write([]byte("x")))
		armed("with output waiting", 2)
	})
}

// A write timeout that runs already obeys a new setting: it is cleared, or runs out sooner.
func TestSetWriteTimeoutWhileOutputWaits(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	stuck := asynctest.Listen(t, func(*net.TCPConn) { <-stop })
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Connect = nil
		s := connect(t, l, stuck, callbacks, async.Options{WriteTimeout: time.Hour})
		must(t, s.Write(make([]byte, 32<<20)))
		must(t, s.SetTimeouts(0, 0))
		if n := l.Timers(); n != 0 {
			t.Errorf("cleared: %d timers", n)
		}
		must(t, s.SetTimeouts(0, time.Hour))
		must(t, s.SetTimeouts(0, 50*time.Millisecond))
	})
	got.check(t, "tcp-timeout")
}

// A peer that reads slowly, but steadily, does not run into the write timeout.
func TestWriteTimeoutHeldOff(t *testing.T) {
	const size, timeout = 2 << 20, 150 * time.Millisecond
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		c.SetReadBuffer(64 << 10)
		for buffer := make([]byte, 128<<10); ; time.Sleep(timeout / 5) {
			if _, err := io.ReadFull(c, buffer); err != nil {
				return
			}
		}
	})
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Write = func(s async.Socket) {
			got.add("write")
			s.Close()
		}
		s := connect(t, l, address, callbacks, async.Options{WriteTimeout: timeout,
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := new(net.Dialer).DialContext(ctx, network, address)
				if err == nil {
					c.(*net.TCPConn).SetWriteBuffer(64 << 10)
				}
				return c, err
			}})
		must(t, s.Write(make([]byte, size)))
	})
	got.check(t, "connect", "write")
}

// A connection that stands only after the close is closed, too.
func TestCloseWhileConnecting(t *testing.T) {
	ended := make(chan int, 1)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		n, _ := io.Copy(io.Discard, c)
		ended <- int(n)
	})
	closed := make(chan struct{})
	var got log
	run(t, func(l *async.Loop) {
		s := connect(t, l, address, got.callbacks(), async.Options{Data: []byte("never"),
			Dial: func(_ context.Context, network, address string) (net.Conn, error) {
				<-closed
				return net.Dial(network, address)
			}})
		must(t, s.Close())
		close(closed)
	})
	got.check(t)
	if n := <-ended; n != 0 {
		t.Errorf("the peer got %d bytes", n)
	}
}

// broken is a connection whose reset is told to a write, and to nobody else.
type broken struct {
	net.Conn
	written chan struct{}
}

func (c *broken) Write([]byte) (int, error) {
	close(c.written)
	return 0, syscall.ECONNRESET
}

func (c *broken) Read([]byte) (int, error) {
	<-c.written
	return 0, io.EOF
}

func TestResetToldToAWrite(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	var got log
	run(t, func(l *async.Loop) {
		connect(t, l, address, got.callbacks(), async.Options{Data: []byte("x"),
			Dial: func(_ context.Context, network, address string) (net.Conn, error) {
				c, err := net.Dial(network, address)
				return &broken{c, make(chan struct{})}, err
			}})
	})
	if len(got) == 0 || got[len(got)-1] != "tcp-error" {
		t.Errorf("callbacks: %q", got)
	}
}

// Servers end with the loop; what they accepted has their timeouts, and their streams.
func TestAccepted(t *testing.T) {
	asynctest.Clean(t)
	var got log
	run(t, func(l *async.Loop) {
		server, err := l.Listen("127.0.0.1:0", async.Callbacks{
			ReadStream: func(s async.Socket, stream *async.Stream) {
				buffer := make([]byte, 10)
				n, err := stream.Read(buffer)
				got.add("read %s, %v", buffer[:n], err)
			},
			Event: func(err error) {
				got.add("%s", name(err))
				l.Exit()
			},
		}, async.Options{ReadTimeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		connect(t, l, server.Addr().String(), async.Callbacks{}, async.Options{Data: []byte("hello")})
	})
	got.check(t, "read hello, <nil>", "tcp-timeout")
}
