package fakeserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/gomega"

	. "github.com/sslconform/sslconform/fakeserver"
	"github.com/sslconform/sslconform/fixtures/skip"
)

func TestHold(t *testing.T) {
	s := start(t, Hold("early"), SendPlain("a"), Hold("late"), SendPlain("b"), Hold("late"), FIN())
	s.Resume("early")
	c := dial(t, s)
	read(t, c, "a")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Transcript().Await(ctx, func(e Entry) bool { return e.Kind == Held && e.Text == "late" }); err != nil {
		t.Fatal(err)
	}
	if got := s.Sent(); got != 1 {
		t.Errorf("sent %d bytes", got)
	}
	s.Resume("late")
	s.Resume("late")
	read(t, c, "b")
	c.Close()
	want := []string{
		"holds (early)", "goes on (early)", `sent 1 bytes in plain: "a"`, "holds (late)", "goes on (late)",
		`sent 1 bytes in plain: "b"`, "holds (late)", "goes on (late)", "sent FIN",
	}
	gomega.NewWithT(t).Expect(ended(t, s, "holds")[:len(want)]).To(gomega.Equal(want))
}

// In the midst of a write, or of one byte after the other, the script holds where it is told to, and nowhere else.
func TestHoldAfter(t *testing.T) {
	write := []Step{SendPlain("one "), SendPlain("two "), SendPlain("three")}
	for name, steps := range map[string][]Step{"writes": write, "bytes": {Dribbled(write...)}} {
		t.Run(name, func(t *testing.T) {
			s := start(t, HoldAfter(6, "half", steps...), ExpectEnd())
			c := dial(t, s)
			read(t, c, "one tw")
			if _, err := s.Transcript().Await(t.Context(), func(e Entry) bool { return e.Kind == Held && e.Text == "half" }); err != nil {
				t.Fatal(err)
			}
			raw, err := c.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			raw.Control(func(fd uintptr) {
				_, _, err = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			})
			if err != syscall.EAGAIN {
				t.Errorf("there is more: %v", err)
			}
			s.Resume("half")
			read(t, c, "o three")
			c.Close()
			gomega.NewWithT(t).Expect(ended(t, s, "goes on")).To(gomega.ContainElements("goes on (half)", "got FIN"))
		})
	}
}

// Stop ends a script that holds, and says nothing of a failure.
func TestStopHeld(t *testing.T) {
	for _, step := range []Step{Hold("for ever"), HoldAfter(1, "for ever", SendPlain("x"))} {
		s := start(t, step)
		dial(t, s)
		if _, err := s.Transcript().Await(t.Context(), func(e Entry) bool { return e.Kind == Held }); err != nil {
			t.Fatal(err)
		}
		s.Stop()
		s.Stop()
		lines := ended(t, s, "")
		gomega.NewWithT(t).Expect(lines[0]).To(gomega.Equal("the client connected"))
		gomega.NewWithT(t).Expect(lines[len(lines)-1]).To(gomega.Equal("holds (for ever)"))
	}
}

// With a small window a client's writes soon wait.
func TestSmallWindow(t *testing.T) {
	taken := func(script ...Step) int {
		s := start(t, script...)
		c := dial(t, s)
		c.SetWriteBuffer(4096)
		c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, _ := c.Write(make([]byte, 16<<20))
		return n
	}
	small, usual := taken(SmallWindow(), Hold("")), taken(Hold(""))
	if small > 32<<10 || usual < 2*small {
		t.Errorf("it takes %d bytes, and %d without", small, usual)
	}
	if inner := taken(Joined(SmallWindow()), Hold("")); inner > 32<<10 {
		t.Errorf("inside another step it takes %d bytes", inner)
	}
}

// Several of a client's segments fit into a small window: the one that does not may wait for ever.
func TestSmallSegments(t *testing.T) {
	raw, err := dial(t, start(t, SmallWindow(), Hold(""))).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	raw.Control(func(fd uintptr) { size, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG) })
	if size > 1024 || err != nil {
		t.Errorf("a segment has up to %d bytes, %v", size, err)
	}
}

// descriptors counts what is open, where the system tells.
func descriptors(t *testing.T) int {
	t.Helper()
	if l, err := net.Listen("tcp4", "127.0.0.1:0"); err == nil {
		l.Close() // the first use opens what the runtime keeps
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		skip.Here(t, "there is no /proc")
	}
	return len(entries)
}

// Connects are refused, and the port is not free all the same.
func TestRefusing(t *testing.T) {
	before := descriptors(t)
	s, err := StartRefusing()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", s.Port())
	for range 3 {
		if _, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v", err)
		}
	}
	if _, err := net.Listen("tcp4", address); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listen: %v", err)
	}
	noPeer(t, s, before)
}

// Connects do not complete, however many there are.
func TestHanging(t *testing.T) {
	if runtime.GOOS != "linux" {
		skip.Here(t, "Linux only")
	}
	before := descriptors(t)
	s, err := StartHanging()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	results := make(chan error)
	for range 5 {
		go func() {
			var d net.Dialer
			_, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
			results <- err
		}()
	}
	for range 5 {
		if err := <-results; err == nil || !strings.Contains(err.Error(), "timeout") {
			t.Errorf("dial: %v", err)
		}
	}
	noPeer(t, s, before)
}

// noPeer stops a server that nobody can connect to: nothing is left of it.
func noPeer(t *testing.T, s *Server, descriptorsBefore int) {
	t.Helper()
	s.Stop()
	s.Stop()
	if _, err := s.Transcript().Await(t.Context(), func(Entry) bool { return true }); !errors.Is(err, ErrOver) {
		t.Errorf("the transcript: %v", err)
	}
	if after := descriptors(t); after != descriptorsBefore {
		t.Errorf("%d descriptors, %d before", after, descriptorsBefore)
	}
	if _, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port())); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Stop: %v", err)
	}
}

// A server leaves no descriptor, however its script ends.
func TestDescriptors(t *testing.T) {
	for name, script := range map[string][]Step{
		"at the end": {SendPlain("x")}, "failed": {ExpectPlain("never")}, "reset": {ExpectPlain("other"), RST()},
		"stopped": {SendPlain("x"), Hold("")},
	} {
		t.Run(name, func(t *testing.T) {
			before := descriptors(t)
			s, err := Start(script...)
			if err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
			if err != nil {
				t.Fatal(err)
			}
			c.Write([]byte("other"))
			c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
			io.ReadAll(c)
			s.Stop()
			c.Close()
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors, %d before", after, before)
			}
		})
	}
}
