package fakeserver_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	. "github.com/sslconform/sslconform/fakeserver"
)

// segments is how many segments have come, and how many of them with data, as the kernel has counted: struct tcp_info
// of linux/tcp.h, of which the package syscall knows the beginning only.
func segments(t *testing.T, c *net.TCPConn) (all, data uint32) {
	t.Helper()
	info := make([]byte, 192)
	size := uint32(len(info))
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info[0])), uintptr(unsafe.Pointer(&size)), 0)
	}); err != nil || errno != 0 {
		t.Fatal(err, errno)
	}
	return binary.NativeEndian.Uint32(info[140:]), binary.NativeEndian.Uint32(info[152:])
}

// How many segments the peer sends. The client sends nothing, so that there are no acknowledgements among them.
func TestSegments(t *testing.T) {
	apart := []Step{SendPlain("a"), SendPlain("b"), SendPlain("c"), FIN()}
	for name, test := range map[string]struct {
		script         []Step
		want           string
		fins, withData uint32 // segments that have no data, after the handshake of TCP; and those that do
	}{
		"by themselves":       {apart, "abc", 1, 3},
		"joined with the FIN": {[]Step{Joined(apart...)}, "abc", 0, 1},
		"joined without it":   {[]Step{Joined(apart[:3]...), FIN()}, "abc", 1, 1},
		"joined twice":        {[]Step{Joined(Joined(apart[:2]...), apart[2], apart[3])}, "abc", 0, 1},
		"dribbled":            {[]Step{Dribbled(SendPlain("defg")), FIN()}, "defg", 1, 4},
		"joined and dribbled": {[]Step{Dribbled(Joined(SendPlain("de"), SendPlain("fg"))), FIN()}, "defg", 1, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, append([]Step{Hold("connected")}, test.script...)...)
			c := dial(t, s)
			before, none := segments(t, c)
			s.Resume("connected")
			got, err := io.ReadAll(c)
			if string(got) != test.want || err != nil {
				t.Errorf("read %q, %v", got, err)
			}
			after, withData := segments(t, c)
			if withData-none != test.withData || after-before-withData != test.fins {
				t.Errorf("%d segments have data, and %d have none", withData-none, after-before-withData)
			}
		})
	}
}

// The server's last flight under TLS 1.2, ChangeCipherSpec and Finished, is in one segment with the data behind it; and
// with what ends the connection, if that is joined, too.
func TestJoinedFlight(t *testing.T) {
	server, client := identities(t)
	server.Version = tls.VersionTLS12
	for name, test := range map[string]struct {
		script []Step
		want   uint32 // segments with data: the first flight, and what comes after it
	}{
		"apart":  {[]Step{HandshakeWith(server), Send("one"), Send("two"), CloseNotify(), FIN()}, 5},
		"joined": {[]Step{Joined(HandshakeWith(server), Send("one"), Send("two"), CloseNotify(), FIN())}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, test.script...)
			tcp := dial(t, s)
			c := tls.Client(tcp, client)
			if got, err := io.ReadAll(c); string(got) != "onetwo" || err != nil {
				t.Fatalf("read %q, %v", got, err)
			}
			if _, got := segments(t, tcp); got != test.want {
				t.Errorf("%d segments", got)
			}
		})
	}
}

// Under TLS 1.3 what crypto/tls sends after it has read the client's certificate is joined.
func TestJoinedTickets(t *testing.T) {
	server, client := identities(t)
	server.Version, server.Tickets = tls.VersionTLS13, true
	s := start(t, Joined(HandshakeWith(server), Send("one")), ExpectEnd())
	tcp := dial(t, s)
	c := tls.Client(tcp, client)
	read(t, c, "one")
	if _, got := segments(t, tcp); got != 2 {
		t.Errorf("%d segments", got)
	}
	c.Close()
}

// Many records come in few segments.
func TestRecordSegments(t *testing.T) {
	s, c, tcp := secured(t, SendRecords(10_000, "x"), ExpectEnd())
	read(t, c, strings.Repeat("x", 10_000))
	if _, got := segments(t, tcp); got > 100 {
		t.Errorf("%d segments", got)
	}
	c.Close()
	ended(t, s, "")
}
