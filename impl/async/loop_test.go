package async_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
)

func TestNotRunning(t *testing.T) {
	l := async.NewLoop()
	if _, err := l.Connect("127.0.0.1:1", async.Callbacks{}, async.Options{}); err != async.ErrNotRunning {
		t.Errorf("connect: %v", err)
	}
	if _, err := l.Listen("127.0.0.1:0", async.Callbacks{}, async.Options{}); err != async.ErrNotRunning {
		t.Errorf("listen: %v", err)
	}
	must(t, l.Run(func() {}))
	if _, err := l.Connect("127.0.0.1:1", async.Callbacks{}, async.Options{}); err != async.ErrNotRunning {
		t.Errorf("connect after the end: %v", err)
	}
	l.Wait()
}

func TestHoldKeepsTheLoopRunning(t *testing.T) {
	var got log
	l := async.NewLoop()
	must(t, l.Run(func() {
		l.Hold()
		l.AtEnd(func() { got.add("at end") })
		go l.Post(func() {
			got.add("posted")
			l.Release()
		})
	}))
	l.Wait()
	got.check(t, "posted", "at end")
}

// Leaving the loop closes everything: the peer sees the end, and no callback is called.
func TestExit(t *testing.T) {
	ended := make(chan error, 1)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		_, err := io.ReadAll(c)
		ended <- err
	})
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Connect = func(s async.Socket) {
			l.Post(func() { t.Error("what was posted before the exit ran after it") })
			l.Exit()
			if !s.Closed() {
				t.Error("the socket is still open")
			}
		}
		connect(t, l, address, callbacks, async.Options{})
	})
	<-ended
	got.check(t)
}

var errMine = errors.New("mine")

// A panic in a callback leaves the loop, which closes everything.
func TestPanicLeavesTheLoop(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	l := async.NewLoop()
	err := l.Run(func() {
		connect(t, l, address, async.Callbacks{Connect: func(async.Socket) { panic(errMine) }}, async.Options{})
		connect(t, l, address, async.Callbacks{}, async.Options{})
	})
	l.Wait()
	var mine *async.ApplicationError
	if !errors.As(err, &mine) || !errors.Is(err, errMine) || len(mine.Stack) == 0 {
		t.Errorf("run returned %v", err)
	}
}

// Told to hand on errors, the loop gives it to the socket's event callback; a panic there closes the socket.
func TestPanicHandedOn(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	var got log
	l := async.NewLoop()
	l.HandOnErrors = true
	must(t, l.Run(func() {
		callbacks := got.callbacks()
		callbacks.Connect = func(async.Socket) { panic(errMine) }
		callbacks.Write = nil
		callbacks.Read = func(s async.Socket, data []byte) {
			got.add("read %s", data)
			s.Close()
		}
		connect(t, l, address, callbacks, async.Options{Data: []byte("goes on")})
		twice := connect(t, l, address, async.Callbacks{
			Connect: func(async.Socket) { panic(errMine) },
			Event:   func(error) { panic(errMine) },
		}, async.Options{})
		l.AtEnd(func() {
			if !twice.Closed() {
				t.Error("a panic in the event callback left the socket open")
			}
		})
		connect(t, l, address, async.Callbacks{Connect: func(s async.Socket) {
			s.Write([]byte("without an event callback"))
			panic(errMine)
		}, Read: func(s async.Socket, _ []byte) { s.Close() }}, async.Options{})
	}))
	l.Wait()
	got.check(t, "a callback panicked: mine", "read goes on")
}

func TestServer(t *testing.T) {
	asynctest.Clean(t)
	var got log
	run(t, func(l *async.Loop) {
		server, err := l.Listen(":0", async.Callbacks{
			Connect: func(s async.Socket) { got.add("accepted") },
			Read:    func(s async.Socket, data []byte) { s.Write(data) },
			Event:   func(err error) { got.add("server: %s", name(err)) },
		}, async.Options{})
		if err != nil {
			t.Fatal(err)
		}
		connect(t, l, server.Addr().String(), async.Callbacks{
			Connect: func(s async.Socket) { s.Write([]byte("hello")) },
			Read: func(s async.Socket, data []byte) {
				got.add("read %s", data)
				server.Close()
				server.Close()
				s.Close()
			},
		}, async.Options{})
	})
	got.check(t, "accepted", "read hello", "server: tcp-eof")
}

func TestStream(t *testing.T) {
	address := asynctest.Listen(t, send("hello"))
	var got log
	run(t, func(l *async.Loop) {
		var made *async.Stream
		stream, err := l.ConnectStream(address, async.Callbacks{
			ReadStream: func(s async.Socket, stream *async.Stream) {
				if stream != made || stream.Socket() != s {
					t.Error("the callback got another stream, or another socket")
				}
				buffer := make([]byte, 3)
				for {
					n, err := stream.Read(buffer)
					if err == async.ErrNoData {
						return
					}
					got.add("read %s, %v", buffer[:n], err)
				}
			},
			Event: func(err error) { got.add("%s", name(err)) },
		}, async.Options{})
		if err != nil {
			t.Fatal(err)
		}
		made = stream
		if _, err := stream.Read(make([]byte, 1)); err != async.ErrNoData {
			t.Errorf("reading nothing: %v", err)
		}
		if _, err := io.WriteString(stream, "x"); err != nil {
			t.Error(err)
		}
		l.AtEnd(func() {
			if _, err := stream.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("reading after the end: %v", err)
			}
			var closed *async.SocketClosed
			if _, err := stream.Write([]byte("x")); !errors.As(err, &closed) {
				t.Errorf("writing after the end: %v", err)
			}
		})
	})
	got.check(t, "read hel, <nil>", "read lo, <nil>", "tcp-eof")
}

// A stream can be made over a socket that keeps what it reads, and over no other.
func TestStreamOverSocket(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	run(t, func(l *async.Loop) {
		s := connect(t, l, address, async.Callbacks{}, async.Options{Keep: true})
		if stream, err := async.NewStream(s); err != nil || stream.Socket() != s {
			t.Errorf("a stream over a socket that keeps its data: %v", err)
		}
		must(t, s.Close())
		drains := connect(t, l, address, async.Callbacks{}, async.Options{})
		if _, err := async.NewStream(drains); err == nil {
			t.Error("there is a stream over a socket that hands over its data")
		}
		must(t, drains.Close())
	})
}

func TestNames(t *testing.T) {
	tcpError := []string{"tcp-error", "event-error", "tcp-info", "event-info"}
	failure := *async.NewTCPError(nil, io.ErrClosedPipe)
	for _, test := range []struct {
		err  error
		want []string
	}{
		{&async.TCPEOF{}, []string{"tcp-eof", "tcp-info", "event-info"}},
		{&failure, tcpError},
		{&async.SocketClosed{TCPError: failure}, append([]string{"socket-closed"}, tcpError...)},
		{&async.TCPTimeout{TCPError: failure}, append([]string{"tcp-timeout"}, tcpError...)},
		{&async.TCPRefused{TCPError: failure}, append([]string{"tcp-refused"}, tcpError...)},
		{&async.TCPAcceptError{TCPError: failure}, append([]string{"tcp-accept-error"}, tcpError...)},
		{async.NewCondition(nil, syscall.ETIMEDOUT), append([]string{"tcp-timeout"}, tcpError...)},
		{async.NewCondition(nil, &net.DNSError{}), []string{"dns-error", "event-error", "event-info"}},
		{io.EOF, nil},
	} {
		if diff := cmp.Diff(test.want, async.Names(test.err)); diff != "" {
			t.Errorf("%T (-want +got):\n%s", test.err, diff)
		}
	}
	var info *async.TCPInfo
	var event *async.EventError
	closed := &async.SocketClosed{TCPError: failure}
	if !errors.As(closed, &info) || !errors.As(closed, &event) || !errors.Is(closed, io.ErrClosedPipe) {
		t.Error("what it extends is not found in it")
	}
}
