package async

import (
	"errors"
	"io"
	"net"
	"testing"
)

// What was read while reading is disabled is in hand, not delivered: an upgrade is refused, since it came before.
func TestUpgradeWithDataInHand(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	disabled := make(chan struct{})
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "220 ready\r\n")
		<-disabled
		io.WriteString(c, "INJECTED")
		io.Copy(io.Discard, c)
	}()
	loop := NewLoop()
	var refused error
	err = loop.Run(func() {
		var look func()
		s, err := loop.Connect(l.Addr().String(), Callbacks{Read: func(s Socket, data []byte) {
			if string(data) != "220 ready\r\n" {
				t.Errorf("delivered: %q", data)
			}
			s.Disable(true, false)
			close(disabled)
			loop.Post(look)
		}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		look = func() {
			if s.core().inHand == 0 {
				loop.Post(look)
				return
			}
			_, refused = Upgrade(s, Layer{
				Face:      func(s Socket) Socket { return s },
				Condition: func(s Socket, err error) Condition { return NewTCPError(s, err) },
			})
			s.Close()
		}
	})
	loop.Wait()
	if err != nil || !errors.Is(refused, ErrEarlyData) {
		t.Errorf("%v; the upgrade: %v", err, refused)
	}
}
