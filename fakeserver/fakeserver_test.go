package fakeserver_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/sslconform/sslconform/certs"
	. "github.com/sslconform/sslconform/fakeserver"
)

// start starts a server that is gone, with all its goroutines, when the test ends.
func start(t *testing.T, script ...Step) *Server {
	t.Helper()
	before := gleak.Goroutines()
	s, err := Start(script...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		gomega.NewWithT(t).Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before))
	})
	return s
}

func dial(t *testing.T, s *Server) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// ended waits for the end of the script and returns what passed, a line each, from the first that has the prefix.
func ended(t *testing.T, s *Server, from string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := s.Transcript().Await(ctx, func(Entry) bool { return false })
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("the script does not end")
	}
	var lines []string
	for _, e := range s.Transcript().Entries() {
		if line := e.String(); strings.HasPrefix(line, from) || lines != nil {
			lines = append(lines, line)
		}
	}
	return lines
}

// failure waits for the end of the script, and returns what the peer could not do; empty if it could do everything.
func failure(t *testing.T, s *Server) string {
	t.Helper()
	if lines := ended(t, s, "the peer could not"); lines != nil {
		return lines[0]
	}
	return ""
}

func handshake(t *testing.T) (Step, *tls.Config) {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	return HandshakeAs(leaf), &tls.Config{RootCAs: authority.Pool(), ServerName: certs.Name}
}

func TestPlain(t *testing.T) {
	s := start(t, SendPlain("hello"), Echo())
	c := dial(t, s)
	c.Write([]byte("again"))
	got := make([]byte, len("helloagain"))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "helloagain" {
		t.Errorf("read %q, %v", got, err)
	}
	c.CloseWrite()
	want := []string{"the client connected", `sent 5 bytes in plain: "hello"`, `got 5 bytes in plain: "again"`,
		`sent 5 bytes in plain: "again"`, "got FIN", "closed the connection"}
	gomega.NewWithT(t).Expect(ended(t, s, "")).To(gomega.Equal(want))
}

// The ways in which a client can end are told apart.
func TestEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*tls.Conn, *net.TCPConn)
		want []string
	}{
		"close_notify and FIN": {
			func(c *tls.Conn, tcp *net.TCPConn) { c.CloseWrite(); tcp.CloseWrite() },
			[]string{`sent a record: application_data, 19 bytes`, `got a record: application_data, 19 bytes`, "got close_notify", `sent a record: application_data, 19 bytes`, "sent close_notify", "got FIN", "closed the connection"},
		},
		"FIN alone": {
			func(_ *tls.Conn, tcp *net.TCPConn) { tcp.CloseWrite() },
			[]string{`sent a record: application_data, 19 bytes`, "got FIN", "closed the connection"},
		},
		"RST": {
			func(_ *tls.Conn, tcp *net.TCPConn) { tcp.SetLinger(0); tcp.Close() },
			[]string{`sent a record: application_data, 19 bytes`, "got RST", "closed the connection"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			step, config := handshake(t)
			s := start(t, step, Expect("up"), Send("ok"), ExpectEnd())
			tcp := dial(t, s)
			c := tls.Client(tcp, config)
			c.Write([]byte("up"))
			if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
				t.Fatal(err)
			}
			test.end(c, tcp)
			gomega.NewWithT(t).Expect(ended(t, s, "sent 2 bytes under TLS")[1:]).To(gomega.Equal(test.want))
		})
	}
}

func TestPlainAnswerToClientHello(t *testing.T) {
	_, config := handshake(t)
	s := start(t, ExpectClientHello(), SendPlain("500 no\r\n"), ExpectEnd())
	tcp := dial(t, s)
	if err := tls.Client(tcp, config).Handshake(); err == nil {
		t.Error("the handshake succeeded")
	}
	tcp.Close()
	lines := ended(t, s, "got a record: handshake")
	gomega.NewWithT(t).Expect(lines[1:]).To(gomega.Equal([]string{"got a ClientHello: TLS 1.3 or TLS 1.2, 13 cipher suites, for " + certs.Name, `sent 8 bytes in plain: "500 no\r\n"`, "got FIN", "closed the connection"}))
}

// A script that cannot go on says why, to those who wait for something else.
func TestFailedScript(t *testing.T) {
	step, config := handshake(t)
	for name, test := range map[string]struct {
		script []Step
		client func(*net.TCPConn)
		want   string
	}{
		"other data": {
			[]Step{step, Expect("this")},
			func(tcp *net.TCPConn) { tls.Client(tcp, config).Write([]byte("that")) },
			`the peer could not expect "this": got "that"`,
		},
		"no ClientHello": {
			[]Step{ExpectClientHello()},
			func(tcp *net.TCPConn) { tcp.Write([]byte("GET / HTTP/1.0\r\n")) },
			"the peer could not expect a ClientHello: got a record of type 71",
		},
		"an end": {
			[]Step{ExpectClientHello()},
			func(tcp *net.TCPConn) { tcp.CloseWrite() },
			"the peer could not expect a ClientHello: the client closed TCP",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, test.script...)
			test.client(dial(t, s))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := s.Transcript().Await(ctx, func(e Entry) bool { return e.Text == "never" })
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError(test.want))
		})
	}
}

// Stop ends a script wherever it is; start sees to it that nothing of it is left.
func TestStop(t *testing.T) {
	t.Run("before a client came", func(t *testing.T) { start(t, Echo()) })
	t.Run("in the middle", func(t *testing.T) {
		s := start(t, ExpectClientHello())
		dial(t, s)
		s.Transcript().Await(t.Context(), func(e Entry) bool { return e.Kind == Connected })
		s.Stop()
		gomega.NewWithT(t).Expect(ended(t, s, "")).To(gomega.Equal([]string{"the client connected"}))
	})
}
