package fakeserver_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/onsi/gomega"

	. "github.com/sslconform/sslconform/fakeserver"
)

// secured starts a server whose script begins with a handshake, and is its client after it.
func secured(t *testing.T, script ...Step) (*Server, *tls.Conn, *net.TCPConn) {
	t.Helper()
	step, config := handshake(t)
	s := start(t, append([]Step{step}, script...)...)
	tcp := dial(t, s)
	return s, tls.Client(tcp, config), tcp
}

const large = 32 << 20

// However large data is, all of it passes, and little of it is kept.
func TestLarge(t *testing.T) {
	data := strings.Repeat("0123456789abcdef", large/16)
	s, c, _ := secured(t, Send(data), Expect(data), ExpectEnd())
	read(t, c, data)
	if _, err := io.WriteString(c, data); err != nil {
		t.Fatal(err)
	}
	c.Close()
	ended(t, s, "")
	if s.Sent() != large || s.Received() != large {
		t.Errorf("sent %d, received %d", s.Sent(), s.Received())
	}
	entries := find(s, Data)
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	for _, e := range entries {
		want := fmt.Sprintf(`%d bytes under TLS: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"…`, large)
		if e.Length != large || len(e.Data) != 1<<10 || !strings.HasSuffix(e.String(), want) {
			t.Errorf("%d bytes, of which %d are kept: %s", e.Length, len(e.Data), e)
		}
	}
}

// Neither side reads all before it writes all: that works only if both are done at the same time.
func TestDuplex(t *testing.T) {
	out, in := strings.Repeat("o", large), strings.Repeat("i", large)
	s, c, _ := secured(t, Duplex(out, in), Send("done"), ExpectEnd())
	if _, err := io.WriteString(c, in); err != nil {
		t.Fatal(err)
	}
	read(t, c, out+"done")
	c.Close()
	if lines := ended(t, s, "the peer could not"); lines != nil {
		t.Error(lines)
	}
}

// When one half fails the other does not go on for ever, though the client reads nothing.
func TestDuplexFails(t *testing.T) {
	s, c, _ := secured(t, Duplex(strings.Repeat("o", large), "in"))
	io.WriteString(c, "iX")
	gomega.NewWithT(t).Expect(failure(t, s)).To(gomega.ContainSubstring(`: got "iX"`))
}

// Where it cannot send it does not wait for a client that says nothing.
func TestDuplexCannotSend(t *testing.T) {
	s, c, _ := secured(t, FIN(), Duplex("out", "in"))
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	gomega.NewWithT(t).Expect(ended(t, s, "the peer could not")).NotTo(gomega.BeEmpty())
}

func TestSendRecords(t *testing.T) {
	const n = 100_000
	s, c, _ := secured(t, SendRecords(n, "x"), Send("y"), ExpectEnd())
	read(t, c, strings.Repeat("x", n)+"y")
	c.Close()
	ended(t, s, "")
	records := 0
	for _, e := range find(s, Record) {
		if e.Side == Peer && e.Length == 18 {
			records += max(e.Count, 1)
		}
	}
	if records != n+1 { // and that of y
		t.Errorf("%d records", records)
	}
	// Those that are alike are noted together, once for a write.
	if got := len(find(s, Record)); got > 100 {
		t.Errorf("%d entries about records", got)
	}
	if got := find(s, Data)[0]; got.Length != n {
		t.Errorf("the entry: %v", got)
	}
}

func TestEchoTLS(t *testing.T) {
	s, c, tcp := secured(t, Echo())
	for _, text := range []string{"one", "two"} {
		io.WriteString(c, text)
		read(t, c, text)
	}
	c.CloseWrite()
	read(t, c, "")
	tcp.Close()
	lines := ended(t, s, "got close_notify")
	want := []string{"got close_notify", "sent a record: application_data, 19 bytes", "sent close_notify", "got FIN", "closed the connection"}
	gomega.NewWithT(t).Expect(lines).To(gomega.Equal(want))
	if s.Sent() != 6 || s.Received() != 6 {
		t.Errorf("sent %d, received %d", s.Sent(), s.Received())
	}
}

// What comes in the place of something is shown, as much of it as a person wants to see.
func TestOtherData(t *testing.T) {
	long := strings.Repeat("a", 100_000)
	for name, test := range map[string]struct{ want, sent, text string }{
		"short":      {"yes", "no!", `the peer could not expect "yes": got "no!"`},
		"long":       {long, strings.Repeat("b", 100), `the peer could not expect "` + long[:60] + `"…: got "` + strings.Repeat("b", 60) + `"…`},
		"in the end": {"ab", "a", `the peer could not expect "ab": the client closed TLS`},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, _ := secured(t, Expect(test.want))
			io.WriteString(c, test.sent)
			c.CloseWrite()
			gomega.NewWithT(t).Expect(failure(t, s)).To(gomega.Equal(test.text))
			var got bytes.Buffer
			for _, e := range find(s, Data) {
				got.Write(e.Data)
			}
			if got.String() != test.sent {
				t.Errorf("the transcript has %q", got.String())
			}
		})
	}
}

// A client that does not read keeps the peer from sending on; the progress can be watched.
func TestProgress(t *testing.T) {
	s, c, _ := secured(t, Send(strings.Repeat("s", large)), ExpectEnd())
	read(t, c, "ssss")
	g := gomega.NewWithT(t)
	g.Eventually(s.Sent).Should(gomega.BeNumerically(">", 0))
	s.Stop()
	if sent := s.Sent(); sent >= large {
		t.Errorf("sent %d", sent)
	}
	if got, _ := io.Copy(io.Discard, c); got >= large {
		t.Errorf("read %d", got)
	}
}
