package fakeserver_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/onsi/gomega"

	. "github.com/sslconform/sslconform/fakeserver"
)

// Everything comes through a relay, in both directions, and in other pieces.
func TestRelayed(t *testing.T) {
	data := strings.Repeat("0123456789", 1000)
	pieces := 0
	for range 20 {
		s := start(t, Relayed(), SendPlain(data), ExpectPlain(data), SendPlain("bye"))
		c := dial(t, s)
		for got := ""; len(got) < len(data); pieces++ {
			buffer := make([]byte, len(data))
			n, err := c.Read(buffer)
			if got += string(buffer[:n]); err != nil || !strings.HasPrefix(data, got) {
				t.Fatalf("read %d bytes, %v", len(got), err)
			}
		}
		if _, err := io.WriteString(c, data); err != nil {
			t.Fatal(err)
		}
		read(t, c, "bye")
		c.Close()
		gomega.NewWithT(t).Expect(ended(t, s, "got FIN")).To(gomega.Equal([]string{"got FIN", "closed the connection"}))
	}
	if pieces == 20 {
		t.Error("it never came in pieces")
	}
}

// Each side can end its way and go on listening.
func TestRelayedFIN(t *testing.T) {
	s := start(t, Relayed(), SendPlain("last"), FIN(), ExpectEnd())
	c := dial(t, s)
	if got, err := io.ReadAll(c); string(got) != "last" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	io.WriteString(c, "late")
	c.CloseWrite()
	gomega.NewWithT(t).Expect(ended(t, s, "got FIN")).To(gomega.Equal([]string{"got FIN", "closed the connection"}))
	if s.Received() != int64(len("late")) {
		t.Errorf("the peer got %d bytes", s.Received())
	}
}

// A reset comes as one, behind what was sent before it, in whatever state the connection is.
func TestRelayedRST(t *testing.T) {
	for name, test := range map[string]struct {
		script []Step
		want   string
		client func(*net.TCPConn)
	}{
		"at once":             {[]Step{RST()}, "", func(*net.TCPConn) {}},
		"behind data":         {[]Step{SendPlain("bye"), RST()}, "bye", func(*net.TCPConn) {}},
		"behind a FIN":        {[]Step{SendPlain("bye"), FIN(), RST()}, "bye", func(*net.TCPConn) {}},
		"behind the client's": {[]Step{ExpectEnd(), SendPlain("bye"), RST()}, "bye", func(c *net.TCPConn) { c.CloseWrite() }},
		"where the client does not stop writing": {[]Step{SendPlain("bye"), RST()}, "bye", func(c *net.TCPConn) {
			for err := error(nil); err == nil; {
				_, err = c.Write(make([]byte, 1000))
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				s := start(t, append([]Step{Relayed(), Hold("up")}, test.script...)...)
				c := dial(t, s)
				s.Resume("up") // a reset that is too quick fails connect
				test.client(c)
				got, err := io.ReadAll(c)
				if err == nil { // behind a FIN
					for err == nil {
						_, err = c.Write(make([]byte, 1000))
					}
				}
				if string(got) != test.want || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
					t.Errorf("read %q, %v", got, err)
				}
			}
		})
	}
}

// The client's reset, too, comes as one, be it that the peer has closed its way before.
func TestRelayedClientRST(t *testing.T) {
	for name, script := range map[string][]Step{
		"at once":        {SendPlain("hello"), ExpectEnd()},
		"behind the FIN": {SendPlain("hello"), FIN(), ExpectEnd()},
		"while it holds": {SendPlain("hello"), Hold("reset"), ExpectEnd()},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, append([]Step{Relayed()}, script...)...)
			c := dial(t, s)
			read(t, c, "hello")
			io.WriteString(c, "bye")
			c.SetLinger(0)
			c.Close()
			s.Resume("reset")
			gomega.NewWithT(t).Expect(ended(t, s, "got")).To(gomega.ContainElement("got RST"))
			if s.Received() != int64(len("bye")) {
				t.Errorf("the peer got %d bytes", s.Received())
			}
		})
	}
}

// A peer that does not read stops a client that goes through a relay, too.
func TestRelayedSmallWindow(t *testing.T) {
	s := start(t, Relayed(), SmallWindow(), Hold("for ever"))
	c := dial(t, s)
	blocked := make(chan int)
	go func() {
		n, _ := c.Write(make([]byte, 64<<20))
		blocked <- n
	}()
	if _, err := s.Transcript().Await(t.Context(), func(e Entry) bool { return e.Kind == Held }); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if n := <-blocked; n > 16<<20 {
		t.Errorf("it takes %d bytes", n)
	}
}
