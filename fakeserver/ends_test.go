package fakeserver_test

import (
	"errors"
	"io"
	"syscall"
	"testing"

	"github.com/onsi/gomega"

	. "github.com/sslconform/sslconform/fakeserver"
)

// A script may leave what the client sent unread, and yet end with FIN, not with the RST that closing makes of it.
func TestUnread(t *testing.T) {
	s := start(t, Hold("sent"), SendPlain("bye"))
	c := dial(t, s)
	io.WriteString(c, "unread")
	s.Resume("sent")
	got, err := io.ReadAll(c)
	if string(got) != "bye" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := io.WriteString(c, "more"); err != nil {
		t.Error(err)
	}
	for _, e := range s.Transcript().Entries() {
		if e.Kind == Closed {
			t.Error("it is closed before the client has ended")
		}
	}
	c.CloseWrite()
	lines := ended(t, s, "sent FIN")
	gomega.NewWithT(t).Expect(lines[0]).To(gomega.Equal("sent FIN"))
	gomega.NewWithT(t).Expect(lines[len(lines)-2:]).To(gomega.Equal([]string{"got FIN", "closed the connection"}))
}

func TestRST(t *testing.T) {
	s := start(t, Hold("up"), SendPlain("bye"), RST(), SendPlain("never"))
	c := dial(t, s)
	s.Resume("up") // a reset that is too quick fails connect
	ended(t, s, "")
	got, err := io.ReadAll(c)
	if string(got) != "bye" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %q, %v", got, err)
	}
	want := []string{"goes on (up)", `sent 3 bytes in plain: "bye"`, "sent RST"}
	gomega.NewWithT(t).Expect(ended(t, s, "goes on")).To(gomega.Equal(want))
}

// What was joined goes out before the reset.
func TestJoinedRST(t *testing.T) {
	s := start(t, Hold("up"), Joined(SendPlain("b"), SendPlain("ye"), RST()))
	c := dial(t, s)
	s.Resume("up")
	ended(t, s, "")
	if got, err := io.ReadAll(c); string(got) != "bye" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %q, %v", got, err)
	}
}

// FIN alone is no end of TLS; after it the client can still be heard.
func TestFIN(t *testing.T) {
	s, c, _ := secured(t, Send("bye"), FIN(), FIN(), Expect("bye, too"), ExpectEnd())
	read(t, c, "bye")
	if _, err := c.NetConn().Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	io.WriteString(c, "bye, too")
	c.NetConn().Close()
	want := []string{"sent FIN", "got a record: application_data, 25 bytes", `got 8 bytes under TLS: "bye, too"`, "got FIN", "closed the connection"}
	gomega.NewWithT(t).Expect(ended(t, s, "sent FIN")).To(gomega.Equal(want))
}

// After close_notify the client can still be heard; close_notify is not sent twice, and what is no TLS can be sent.
func TestCloseNotify(t *testing.T) {
	s, c, tcp := secured(t, Send("bye"), CloseNotify(), CloseNotify(), Expect("bye, too"), SendPlain("raw"), ExpectEnd())
	read(t, c, "bye")
	read(t, c, "")
	io.WriteString(c, "bye, too")
	read(t, tcp, "raw")
	c.Close()
	want := []string{
		"sent close_notify", "got a record: application_data, 25 bytes", `got 8 bytes under TLS: "bye, too"`,
		`sent 3 bytes in plain: "raw"`, "got a record: application_data, 19 bytes", "got close_notify", "got FIN", "closed the connection",
	}
	gomega.NewWithT(t).Expect(ended(t, s, "sent close_notify")).To(gomega.Equal(want))
}

// A reset that only a write meets is told from a FIN.
func TestResetMetByWrite(t *testing.T) {
	s := start(t, SendPlain("x"), Hold("reset"), SendPlain("y"), ExpectEnd())
	c := dial(t, s)
	read(t, c, "x")
	c.SetLinger(0)
	c.Close()
	s.Resume("reset")
	gomega.NewWithT(t).Expect(failure(t, s)).To(gomega.HavePrefix(`the peer could not send "y" in plain: `))
	gomega.NewWithT(t).Expect(ended(t, s, "got ")[0]).To(gomega.Equal("got RST"))
}

// What a client still writes when a script has failed does not make TCP drop the alert that tells it why.
func TestAlertOutlivesWrites(t *testing.T) {
	step, _ := handshake(t)
	s := start(t, step)
	c := dial(t, s)
	io.WriteString(c, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03")
	if _, err := s.Transcript().Await(t.Context(), func(e Entry) bool { return e.Kind == Failed }); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := io.WriteString(c, "more"); err != nil {
			t.Errorf("write behind the peer's failure: %v", err)
		}
	}
	c.CloseWrite()
	got, err := io.ReadAll(c)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	gomega.NewWithT(t).Expect(string(got)).To(gomega.HavePrefix("\x15\x03"))
}
