package async_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/sslconform/sslconform/impl/async"
)

// listen serves one connection; serve and all goroutines of the test are over when it ends.
func listen(t *testing.T, serve func(*net.TCPConn)) (address string) {
	t.Helper()
	before := gleak.Goroutines()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		gomega.NewWithT(t).Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before))
	})
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		serve(c.(*net.TCPConn))
	}()
	return l.Addr().String()
}

// run runs a loop to its end.
func run(start func(*async.Loop)) {
	l := async.NewLoop()
	l.Run(func() { start(l) })
	l.Close()
}

// A log is what callbacks were called with.
type log []string

func (l *log) callbacks() async.Callbacks {
	return async.Callbacks{
		Connect: func(async.Socket) { *l = append(*l, "connect") },
		Read:    func(_ async.Socket, data []byte) { *l = append(*l, "read "+string(data)) },
		Event:   func(c async.Condition) { *l = append(*l, c.Name()) },
	}
}

func (l log) check(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, []string(l)); diff != "" {
		t.Errorf("callbacks (-want +got):\n%s", diff)
	}
}

func echo(c *net.TCPConn) { io.Copy(c, c) }

func TestEcho(t *testing.T) {
	address := listen(t, echo)
	var got log
	run(func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Read = func(s async.Socket, data []byte) {
			got = append(got, fmt.Sprintf("read %s", data))
			if err := s.Close(); err != nil || !s.Closed() {
				t.Errorf("close: %v, closed: %t", err, s.Closed())
			}
			var closed *async.SocketClosed
			if err := s.Write(data); !errors.As(err, &closed) {
				t.Errorf("write after close: %v", err)
			}
		}
		s := l.Connect(address, callbacks)
		if s.Closed() {
			t.Error("closed from the start")
		}
		s.Write([]byte("hello"))
	})
	got.check(t, "connect", "read hello")
}

// The loop ends by itself once the peer has ended the last connection.
func TestEndOfPeer(t *testing.T) {
	address := listen(t, func(c *net.TCPConn) { c.Write([]byte("bye")) })
	var got log
	run(func(l *async.Loop) { l.Connect(address, got.callbacks()) })
	got.check(t, "connect", "read bye", "tcp-eof")
}

func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	var got log
	run(func(loop *async.Loop) { loop.Connect(l.Addr().String(), got.callbacks()) })
	got.check(t, "tcp-error")
}

func TestReset(t *testing.T) {
	address := listen(t, func(c *net.TCPConn) {
		io.ReadFull(c, make([]byte, 2))
		c.SetLinger(0)
	})
	var got log
	run(func(l *async.Loop) { l.Connect(address, got.callbacks()).Write([]byte("up")) })
	got.check(t, "connect", "tcp-error")
}

func TestExitClosesEverything(t *testing.T) {
	ended := make(chan error, 1)
	address := listen(t, func(c *net.TCPConn) {
		_, err := io.ReadAll(c)
		ended <- err
	})
	var got log
	run(func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Connect = func(s async.Socket) {
			l.Exit()
			if !s.Closed() {
				t.Error("the socket is still open")
			}
		}
		l.Connect(address, callbacks)
	})
	<-ended
	got.check(t)
}

func TestHoldKeepsTheLoopRunning(t *testing.T) {
	l := async.NewLoop()
	turns := 0
	l.Run(func() {
		l.Hold()
		go l.Post(func() {
			turns++
			l.Release()
		})
	})
	l.Close()
	if turns != 1 {
		t.Errorf("%d turns, want 1", turns)
	}
}

func TestNames(t *testing.T) {
	eof := &async.TCPEOF{}
	if diff := cmp.Diff([]string{"tcp-eof", "tcp-info", "event-info"}, async.Names(eof)); diff != "" {
		t.Error(diff)
	}
	closed := &async.SocketClosed{TCPError: *async.NewTCPError(nil, io.ErrClosedPipe)}
	want := []string{"socket-closed", "tcp-error", "event-error", "tcp-info", "event-info"}
	if diff := cmp.Diff(want, async.Names(closed)); diff != "" {
		t.Error(diff)
	}
	var info *async.TCPInfo
	var failure *async.EventError
	if !errors.As(closed, &info) || !errors.As(closed, &failure) || !errors.Is(closed, io.ErrClosedPipe) {
		t.Error("what it extends is not found in it")
	}
	if names := async.Names(io.EOF); names != nil {
		t.Errorf("an error that is no condition has the names %q", names)
	}
}
