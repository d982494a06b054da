package async

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// What is written to a descriptor that was closed meanwhile is lost, and that is all, however much the kernel took of
// the write before.
func TestWireWriteAfterClose(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(c, func(f func()) { f() }, func() {})
	for _, data := range []string{"more than", "that"} {
		if n, err := w.Write([]byte(data)); n != len(data) || err != nil {
			t.Errorf("writing %q: %d, %v", data, n, err)
		}
		c.Close()
	}
}

// A pipe is a connection that takes what its peer reads, and notes how it was ended.
type pipe struct {
	net.Conn
	reset bool
}

func (p *pipe) CloseWrite() error   { return nil }
func (p *pipe) SetLinger(int) error { p.reset = true; return nil }

// A closed connection may take as long as it likes, as long as something of its last bytes is taken now and then.
func TestSeeingOffSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const chunk, chunks = 4 << 10, 10
		ours, peers := net.Pipe()
		w := newWire(ours, func(f func()) { go f() }, func() {})
		w.Write(make([]byte, chunk*chunks))
		w.bound(seeingOff)
		w.CloseWrite()
		for n := range chunks {
			time.Sleep(seeingOff / 2)
			if _, err := io.ReadFull(peers, make([]byte, chunk)); err != nil {
				t.Fatalf("reading after %d bytes: %v", n*chunk, err)
			}
		}
		if _, err := peers.Read(make([]byte, 1)); err != io.EOF || w.unsent() {
			t.Errorf("behind all of it: %v", err)
		}
	})
}

// A peer that takes no more is not told that what it has is all.
func TestSeeingOffStuckPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peers := net.Pipe()
		defer ours.Close()
		w := newWire(ours, func(f func()) { go f() }, func() {})
		w.Write([]byte("more than is read"))
		w.CloseWrite()
		w.bound(seeingOff)
		io.ReadFull(peers, make([]byte, 4))
		time.Sleep(seeingOff + time.Second)
		peers.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := peers.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || !w.unsent() {
			t.Errorf("then the peer reads %d bytes, %v", n, err)
		}
	})
}

// A peer that never ends is left behind without RST if it was sent everything: what the kernel has taken arrives.
func TestSeeingOffEndlessPeer(t *testing.T) {
	for name, test := range map[string]struct{ reads, reset bool }{
		"that has everything": {true, false},
		"that takes nothing":  {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, peers := net.Pipe()
				defer peers.Close()
				if test.reads {
					go io.Copy(io.Discard, peers)
				}
				conn, loop, began := &pipe{Conn: ours}, NewLoop(), time.Now()
				err := loop.Run(func() {
					loop.Connect("peer:1", Callbacks{Connect: func(s Socket) {
						s.Write([]byte("x"))
						s.Close()
					}}, Options{Dial: func(context.Context, string, string) (net.Conn, error) { return conn, nil }})
				})
				loop.Wait()
				if took := time.Since(began); err != nil || conn.reset != test.reset || took != seeingOff {
					t.Errorf("it was reset: %v, after %v; %v", conn.reset, took, err)
				}
			})
		})
	}
}
