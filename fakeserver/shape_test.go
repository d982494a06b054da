package fakeserver_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/onsi/gomega"

	. "github.com/sslconform/sslconform/fakeserver"
)

// A handshake works in any shape that only cuts it, and what follows it, too.
func TestShapedHandshake(t *testing.T) {
	server, client := identities(t)
	for name, shape := range map[string]func(...Step) Step{"Dribbled": Dribbled, "Joined": Joined} {
		for _, version := range versions {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				server.Version = version
				s := start(t, shape(HandshakeWith(server), Send("first"), Expect("second")), Send("third"), ExpectEnd())
				c := tls.Client(dial(t, s), client)
				read(t, c, "first")
				io.WriteString(c, "second")
				read(t, c, "third")
				c.Close()
				if lines := ended(t, s, "the peer could not"); lines != nil {
					t.Error(lines)
				}
			})
		}
	}
}

func TestCorrupted(t *testing.T) {
	s, c, tcp := secured(t, Send("good"), Corrupted(Send("bad")), Echo())
	read(t, c, "good")
	_, err := c.Read(make([]byte, 3))
	gomega.NewWithT(t).Expect(err).To(gomega.MatchError("local error: tls: bad record MAC"))
	tcp.Close()
	ended(t, s, "")
	alerts := find(s, Alert)
	if len(alerts) != 1 || alerts[0].String() != "got a fatal alert: bad record MAC" {
		t.Errorf("the alerts: %v", alerts)
	}
}

// Of every record one bit is flipped, and the headers are whole, however they are written.
func TestCorruptedRecords(t *testing.T) {
	plain := "\x17\x03\x03\x00\x03abc" + "\x16\x03\x03\x00\x01d" + "\x17\x03\x03\x00\x00" + "\x17\x03\x03\x00\x01e"
	want := "\x17\x03\x03\x00\x03acc" + "\x16\x03\x03\x00\x01d" + "\x17\x03\x03\x00\x00" + "\x17\x03\x03\x00\x01d"
	var bytewise []Step
	for _, b := range []byte(plain) {
		bytewise = append(bytewise, SendPlain(string(b)))
	}
	for name, steps := range map[string][]Step{"at once": {SendPlain(plain)}, "byte by byte": bytewise} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Corrupted(steps...), SendPlain("\x17\x03\x03\x00\x01f"))
			read(t, dial(t, s), want+"\x17\x03\x03\x00\x01f")
		})
	}
}

func TestCut(t *testing.T) {
	s := start(t, Cut(7, SendPlain("hello "), SendPlain("world"), SendPlain("!")), SendPlain("again"), ExpectPlain("ok"), FIN())
	c := dial(t, s)
	read(t, c, "hello wagain")
	io.WriteString(c, "ok") // behind the cut the client is heard again
	if got, err := io.ReadAll(c); len(got) > 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	c.Close()
	if lines := ended(t, s, "the peer could not"); lines != nil {
		t.Error(lines)
	}
}

// recorder keeps what is read.
type recorder struct {
	net.Conn
	got []byte
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.got = append(r.got, p[:n]...)
	return n, err
}

// What was cut is not answered; the script does not wait for it.
func TestCutHandshake(t *testing.T) {
	step, config := handshake(t)
	for _, n := range []int{0, 1, 100} {
		s := start(t, Cut(n, step, Send("never")), FIN())
		below := &recorder{Conn: dial(t, s)}
		if err := tls.Client(below, config).Handshake(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: %v", n, err)
		}
		below.Close()
		if got := len(below.got); got != n {
			t.Errorf("%d bytes came, not %d", got, n)
		}
		if lines := ended(t, s, "the peer could not"); lines != nil {
			t.Error(lines)
		}
	}
}

// A record that is cut is no end that TLS knows.
func TestCutRecord(t *testing.T) {
	s, c, _ := secured(t, Send("whole"), Cut(10, Send("half")), FIN(), ExpectEnd())
	read(t, c, "whole")
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	c.Close()
	ended(t, s, "")
}

// A step that fails in a group is named.
func TestFailedGroup(t *testing.T) {
	s := start(t, Joined(SendPlain("x"), Dribbled(ExpectPlain("y"))))
	c := dial(t, s)
	read(t, c, "x") // it was kept until the peer waited
	io.WriteString(c, "z")
	gomega.NewWithT(t).Expect(failure(t, s)).To(gomega.Equal(`the peer could not join: dribble: expect "y" in plain: got "z"`))
}

// A dribbled text is one entry of the transcript, since that is what the script says.
func TestDribbledEntry(t *testing.T) {
	s := start(t, Dribbled(SendPlain(strings.Repeat("d", 20))), Echo())
	c := dial(t, s)
	read(t, c, strings.Repeat("d", 20))
	c.Close()
	ended(t, s, "")
	if got := len(find(s, Bytes)); got != 1 {
		t.Errorf("%d entries", got)
	}
}
