package async_test

import (
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
)

func noise(size int) []byte {
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

// Large output arrives whole and in order at a slow reader, also what is written meanwhile; closing in the write
// callback loses nothing.
func TestLargeOutput(t *testing.T) {
	data := noise(16 << 20)
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"the system's connection": nil,
		"another connection": func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return struct{ net.Conn }{c}, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			sum := make(chan [32]byte, 1)
			address := asynctest.Listen(t, func(c *net.TCPConn) {
				c.SetReadBuffer(64 << 10)
				all := sha256.New()
				n, err := io.CopyBuffer(struct{ io.Writer }{all}, struct{ io.Reader }{c}, make([]byte, 4<<10))
				if n != int64(len(data)) || err != nil {
					t.Errorf("%d bytes arrived, %v", n, err)
				}
				sum <- [32]byte(all.Sum(nil))
			})
			var got log
			run(t, func(l *async.Loop) {
				callbacks := got.callbacks()
				callbacks.Write = func(s async.Socket) {
					got.add("write")
					must(t, s.Close())
				}
				s := connect(t, l, address, callbacks, async.Options{Dial: dial, Data: data[:1000]})
				for rest := data[1000:]; len(rest) > 0; rest = rest[min(3<<20, len(rest)):] {
					must(t, s.Write(rest[:min(3<<20, len(rest))]))
				}
			})
			if <-sum != sha256.Sum256(data) {
				t.Error("what arrived is not what was written")
			}
			got.check(t, "connect", "write")
		})
	}
}

// Both sides write large before they read.
func TestDuplex(t *testing.T) {
	data := noise(8 << 20)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		written := make(chan struct{})
		go func() {
			defer close(written)
			c.Write(data)
		}()
		io.CopyN(io.Discard, c, int64(len(data)))
		<-written
	})
	received := 0
	run(t, func(l *async.Loop) {
		s := connect(t, l, address, async.Callbacks{Read: func(s async.Socket, data []byte) {
			if received += len(data); received == 8<<20 {
				s.Close()
			}
		}}, async.Options{})
		must(t, s.Write(data))
	})
	if received != len(data) {
		t.Errorf("%d bytes, want %d", received, len(data))
	}
}

// The write callback is silent while the peer reads nothing.
func TestWriteCallbackWaits(t *testing.T) {
	read := make(chan struct{})
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		<-read
		io.Copy(io.Discard, c)
	})
	canary := asynctest.Listen(t, asynctest.Echo)
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		callbacks.Write = func(s async.Socket) {
			got.add("write")
			s.Close()
		}
		s := connect(t, l, address, callbacks, async.Options{})
		must(t, s.Write(make([]byte, 32<<20)))
		connect(t, l, canary, async.Callbacks{Read: func(s async.Socket, data []byte) {
			got.add("canary")
			close(read)
			s.Close()
		}}, async.Options{Data: []byte("x")})
	})
	canaryAt, writeAt := slices.Index(got, "canary"), slices.Index(got, "write")
	if canaryAt < 0 || writeAt < canaryAt {
		t.Errorf("callbacks: %q", got)
	}
}

// A socket that brings data without end does not keep another one from its turn.
func TestFairness(t *testing.T) {
	firehose := asynctest.Listen(t, func(c *net.TCPConn) { c.Write(make([]byte, 256<<20)) })
	other := asynctest.Listen(t, asynctest.Echo)
	received, done := 0, -1
	run(t, func(l *async.Loop) {
		connect(t, l, firehose, async.Callbacks{Read: func(s async.Socket, data []byte) { received += len(data) }}, async.Options{})
		connect(t, l, other, async.Callbacks{Read: func(s async.Socket, data []byte) {
			done = received
			s.Close()
		}}, async.Options{Data: []byte("x")})
	})
	if done < 0 || done >= 256<<20 {
		t.Errorf("the round trip ended after %d bytes", done)
	}
}

// A peer that has ended what it sends still gets all that was written to it.
func TestOutputBehindThePeersEnd(t *testing.T) {
	const size = 8 << 20 // more than the kernel takes
	told, arrived := make(chan struct{}), make(chan int64, 1)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		io.ReadFull(c, make([]byte, 1)) // or else there might be nothing to send yet
		c.CloseWrite()
		<-told
		n, _ := io.Copy(io.Discard, struct{ io.Reader }{c})
		arrived <- n + 1
	})
	var got log
	run(t, func(l *async.Loop) {
		callbacks := got.callbacks()
		event := callbacks.Event
		callbacks.Event = func(err error) {
			event(err)
			close(told)
		}
		connect(t, l, address, callbacks, async.Options{Data: noise(size)})
	})
	if n := <-arrived; n != size {
		t.Errorf("%d of %d bytes arrived", n, size)
	}
	got.check(t, "connect", "tcp-eof")
}
