package capture_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/capture"
	"github.com/sslconform/sslconform/conformance/verdict"
	. "github.com/sslconform/sslconform/fakeserver"
	"github.com/sslconform/sslconform/fixtures/skip"
)

const (
	greeting = "220 ready\r\n"
	command  = "STARTTLS\r\n"
	question = "is this private?"
	answer   = "nobody else hears it"
)

// identity is what the peer shows, and a client that trusts it.
func identity(t *testing.T) (Config, *tls.Config) {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Certificate: leaf}, &tls.Config{RootCAs: authority.Pool(), ServerName: certs.Name}
}

// captured has a client speak with a peer, and returns what passed.
func captured(t *testing.T, client func(*net.TCPConn), script ...Step) verdict.Capture {
	t.Helper()
	s, err := Start(append([]Step{Captured()}, script...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	client(c.(*net.TCPConn))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Transcript().Await(ctx, func(Entry) bool { return false }); !errors.Is(err, ErrOver) {
		t.Fatal(err)
	}
	got, _ := s.Capture()
	return verdict.Capture{Peer: "peer", Capture: got}
}

// upgraded is what passes where a client asks in plain for TLS, and then asks under TLS.
func upgraded(t *testing.T, version uint16) verdict.Capture {
	t.Helper()
	server, client := identity(t)
	server.Version = version
	return captured(t, func(c *net.TCPConn) {
		says(t, c, c, command, greeting)
		secure := tls.Client(c, client)
		says(t, secure, secure, question, answer)
		ends(c, secure)
	}, SendPlain(greeting), ExpectPlain(command), HandshakeWith(server), Expect(question), Send(answer), ExpectEnd())
}

// says writes, and reads what is said to it.
func says(t *testing.T, w io.Writer, r io.Reader, text, reply string) {
	t.Helper()
	got := make([]byte, len(reply))
	_, err := io.WriteString(w, text)
	if err == nil {
		_, err = io.ReadFull(r, got)
	}
	if err != nil || string(got) != reply {
		t.Errorf("read %q, %v", got, err)
	}
}

// ends closes TLS and TCP, and reads what the peer says to that: else it would be a reset.
func ends(c *net.TCPConn, secure *tls.Conn) {
	secure.CloseWrite()
	c.CloseWrite()
	io.Copy(io.Discard, c)
}

// written is the file of a capture.
func written(t *testing.T, captures ...verdict.Capture) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spec.pcapng")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(capture.Write(file, "close/explicit calls close-cb once", captures), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// tshark runs the command that shows a capture, and returns its lines.
func tshark(t *testing.T, path string, more ...string) []string {
	t.Helper()
	words := append(capture.Read(path), more...)
	out, err := exec.Command(skip.Tool(t, words[0]), words[1:]...).Output()
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	return slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return line == "" })
}

// fields are those that tshark reads of each packet that a filter lets through.
func fields(t *testing.T, path, filter string, names ...string) []string {
	t.Helper()
	more := []string{"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-E", "separator=,", "-E", "aggregator=+", "-Y", filter}
	for _, name := range names {
		more = append(more, "-e", name)
	}
	return tshark(t, path, more...)
}

// What is said in plain and under TLS is in the capture, from which side and in which order, with good checksums and
// sequence numbers that add up; the connection is one that begins and ends.
func TestDecrypted(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			c := upgraded(t, version)
			path := written(t, c)
			hex := func(port int, text string) string { return fmt.Sprintf("%d,%x", port, text) }
			want := []string{hex(c.Server, greeting), hex(c.Client, command), hex(c.Client, question), hex(c.Server, answer)}
			if diff := cmp.Diff(want, fields(t, path, "data", "tcp.srcport", "data.data")); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			for _, status := range fields(t, path, "tcp", "ip.checksum.status", "tcp.checksum.status", "tcp.analysis.flags") {
				if status != "1,1," { // good, good, and nothing odd
					t.Errorf("a packet's checksums, and what is odd of it: %s", status)
				}
			}
			if got := fields(t, path, "tls.alert_message.desc==0", "tcp.srcport"); len(got) != 2 {
				t.Errorf("close_notify is sent by %q, not by both", got)
			}
			if got := fields(t, path, "tcp.flags.fin==1 || tcp.flags.syn==1", "tcp.srcport"); len(got) != 4 {
				t.Errorf("SYN and FIN are sent by %q, not by both", got)
			}
		})
	}
}

// A single byte in plain, as PostgreSQL's server says it, is not taken for the beginning of a record.
func TestByte(t *testing.T) {
	server, client := identity(t)
	c := captured(t, func(c *net.TCPConn) {
		says(t, c, c, command, "S")
		secure := tls.Client(c, client)
		says(t, secure, secure, question, answer)
		ends(c, secure)
	}, ExpectPlain(command), SendPlain("S"), HandshakeWith(server), Expect(question), Send(answer), ExpectEnd())
	want := []string{fmt.Sprintf("%x", command), fmt.Sprintf("%x", "S"), fmt.Sprintf("%x", question), fmt.Sprintf("%x", answer)}
	if diff := cmp.Diff(want, fields(t, written(t, c), "data", "data.data")); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// All connections of a spec are in its file, each under the name of its peer, in the order of time.
func TestConnections(t *testing.T) {
	first, second := upgraded(t, tls.VersionTLS12), upgraded(t, tls.VersionTLS13)
	first.Peer, second.Peer = "other peer", "peer"
	got := fields(t, written(t, second, first), "data.len==16", "frame.interface_name", "data.data")
	want := []string{fmt.Sprintf("other peer,%x", question), fmt.Sprintf("peer,%x", question)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the questions (-want +got):\n%s", diff)
	}
}

// Records that the peer makes by hand are decrypted like others, under new keys, too.
func TestByHand(t *testing.T) {
	server, client := identity(t)
	server.Version = tls.VersionTLS13
	c := captured(t, func(c *net.TCPConn) {
		secure := tls.Client(c, client)
		says(t, secure, secure, question, "one"+"two"+"three")
		ends(c, secure)
	}, HandshakeWith(server), Expect(question), ByHand(CraftedData("one")), ByHand(KeyUpdate(false)), Send("two"), Joined(Send("three"), FIN()), ExpectEnd())
	want := []string{fmt.Sprintf("%x,0", question), fmt.Sprintf("%x,0", "one"), fmt.Sprintf("%x,0", "two"), fmt.Sprintf("%x,1", "three")}
	if diff := cmp.Diff(want, fields(t, written(t, c), "data", "data.data", "tcp.flags.fin")); diff != "" {
		t.Errorf("data, and whether the packet ends the connection (-want +got):\n%s", diff)
	}
}

// What is too much is cut, and that is said where it is missing; the end has its place behind it all the same.
func TestCut(t *testing.T) {
	const size = 3 << 20
	c := captured(t, func(c *net.TCPConn) {
		if n, err := io.Copy(io.Discard, c); n != size || err != nil {
			t.Errorf("read %d bytes, %v", n, err)
		}
		c.Close()
	}, SendPlain(strings.Repeat("x", size/2)), SendPlain(strings.Repeat("y", size/2)), FIN())
	kept := 0
	for _, p := range c.Packets {
		kept += len(p.Data)
	}
	if kept > 1<<20 || kept < 1<<19 {
		t.Errorf("%d bytes are kept", kept)
	}
	path := written(t, c)
	if got := fields(t, path, "frame.comment contains \"bytes more of the peer's follow here that were not kept\"", "tcp.seq"); len(got) != 1 {
		t.Errorf("it is said %d times that it was cut", len(got))
	}
	if got, want := fields(t, path, "tcp.flags.fin==1 && tcp.srcport=="+fmt.Sprint(c.Server), "tcp.seq"), fmt.Sprint(size+1); len(got) != 1 || got[0] != want {
		t.Errorf("FIN has the sequence number %q, want %q", got, want)
	}
}

// RST is where it came, from either side.
func TestReset(t *testing.T) {
	byPeer := captured(t, func(c *net.TCPConn) { says(t, c, c, command, greeting) }, SendPlain(greeting), ExpectPlain(command), RST())
	byClient := captured(t, func(c *net.TCPConn) {
		says(t, c, c, command, greeting)
		c.SetLinger(0)
		c.Close()
	}, SendPlain(greeting), ExpectPlain(command), ExpectEnd())
	got := fields(t, written(t, byPeer, byClient), "tcp.flags.reset==1 || tcp.flags.fin==1", "tcp.srcport", "tcp.flags.reset")
	if diff := cmp.Diff([]string{fmt.Sprintf("%d,1", byPeer.Server), fmt.Sprintf("%d,1", byClient.Client)}, got); diff != "" {
		t.Errorf("who ends, and whether by RST (-want +got):\n%s", diff)
	}
}
