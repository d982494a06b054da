package reference_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net"
	"slices"
	"testing"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/reference"
)

// Read events carry a size only, also those of the wrapped socket, and each socket has a digest of its own.
func TestDigest(t *testing.T) {
	const size = 1 << 20
	c, _ := underTLS(t, echo)
	connect := c.connect()
	connect.Digest = true
	c.do(connect)
	c.do(c.wrap())
	c.do(subject.Request{Op: subject.Write, On: "tls", Size: size, Seed: 7})
	if data := c.reads("tls", size); data != nil {
		t.Errorf("%d bytes of data", len(data))
	}
	empty, all := sha256.Sum256(nil), sha256.Sum256(subject.Payload(size, 7))
	for on, want := range map[subject.Handle]subject.Result{
		"plain": {SHA256: hex.EncodeToString(empty[:])},
		"tls":   {Size: size, SHA256: hex.EncodeToString(all[:])},
	} {
		if got := c.do(subject.Request{Op: subject.Digest, On: on}); got.Size != want.Size || got.SHA256 != want.SHA256 {
			t.Errorf("%s: %v, want %v", on, got, want)
		}
	}
}

func TestStream(t *testing.T) {
	c, _ := underTLS(t, echo)
	connect := c.connect()
	connect.Stream = true
	c.do(connect)
	if got := c.do(c.wrap()); got.Kind != "stream" || got.SameAs != "" {
		t.Errorf("wrap gave %v", got)
	}
	if got := c.do(subject.Request{Op: subject.Read, On: "tls"}).Data; len(got) > 0 {
		t.Errorf("read %q before anything was there", got)
	}
	c.do(subject.Request{Op: subject.Write, On: "tls", Data: []byte("hello")})
	var got []byte
	for len(got) < len("hello") {
		if r := c.event(subject.OnRead); r.On != "tls.socket" || r.Stream != "tls" || r.Arguments != 2 || r.Data != nil {
			t.Errorf("event %v", r)
		}
		got = append(got, c.do(subject.Request{Op: subject.Read, On: "tls"}).Data...)
	}
	if string(got) != "hello" {
		t.Errorf("read %q", got)
	}
	if a := c.ask(subject.Request{Op: subject.Read, On: "plain"}); a.Error == nil || !a.Error.Is(subject.TCPSSLError) || a.Error.Socket != "plain.socket" {
		t.Errorf("reading the original: %v", a)
	}
	if got := *c.do(subject.Request{Op: subject.Closed, On: "tls"}).Closed; got {
		t.Error("closed too early")
	}
	c.do(subject.Request{Op: subject.Close, On: "tls"})
	c.event(subject.OnClose)
	if got := *c.do(subject.Request{Op: subject.Closed, On: "tls"}).Closed; !got {
		t.Error("not closed")
	}
	if got := c.do(subject.Request{Op: subject.Read, On: "tls"}).Data; len(got) > 0 {
		t.Errorf("read %q after the end", got)
	}
}

// A certificate with an encrypted key, and each version of TLS.
func TestWrapOptions(t *testing.T) {
	states := make(chan tls.ConnectionState, 1)
	c, files := underTLS(t, func(conn *tls.Conn) {
		conn.Handshake()
		states <- conn.ConnectionState()
		echo(conn)
	})
	for method, want := range map[subject.TLSMethod]uint16{"": tls.VersionTLS13, subject.MethodTLS12: tls.VersionTLS12, subject.MethodTLS13: tls.VersionTLS13} {
		c.do(c.connect())
		wrap := c.wrap()
		wrap.Method, wrap.Certificate, wrap.Key, wrap.Password = method, files.Certificate, files.Keys[certs.PBES2SHA256], certs.Password
		c.do(wrap)
		c.event(subject.OnConnect)
		if s := <-states; s.Version != want || len(s.PeerCertificates) != 1 || s.ServerName != certs.Name {
			t.Errorf("method %q: version %#x and %d certificates", method, s.Version, len(s.PeerCertificates))
		}
	}
	wrap := c.wrap()
	c.do(c.connect())
	if wrap.Method = "tls9"; c.ask(wrap).Error == nil {
		t.Error("an unknown method is accepted")
	}
}

// A certificate for another name is refused, unless no authority is told: then any is good.
func TestAuthority(t *testing.T) {
	c, _ := underTLS(t, echo)
	wrap := c.wrap()
	wrap.ServerName = "other.sslconform.test"
	c.do(c.connect())
	c.do(wrap)
	if r := c.event(subject.OnEvent); !r.Condition.Is(subject.TCPSSLError) {
		t.Errorf("event %v", r)
	}
	wrap.Authority = ""
	c.do(c.connect())
	c.do(wrap)
	c.do(subject.Request{Op: subject.Write, On: "tls", Data: []byte("hello")})
	if got := string(c.reads("tls", len("hello"))); got != "hello" {
		t.Errorf("read %q", got)
	}
}

// The alert that the peer sends is told.
func TestAlert(t *testing.T) {
	c := open(t, reference.New(), "", func(c *net.TCPConn) {
		c.Read(make([]byte, 1))
		c.Write([]byte{21, 3, 3, 0, 2, 2, 40}) // handshake_failure
		io.Copy(io.Discard, c)
	})
	c.do(c.connect())
	c.event(subject.OnConnect)
	c.do(c.wrap())
	if r := c.event(subject.OnEvent); !r.Condition.Is(subject.TCPSSLError) || r.Condition.Alert != 40 {
		t.Errorf("event %v, alert %d", r, r.Condition.Alert)
	}
}

func TestDescribe(t *testing.T) {
	c, _ := underTLS(t, echo)
	c.do(c.connect())
	c.do(c.wrap())
	plain, wrapped := c.do(subject.Request{Op: subject.Describe, On: "plain"}), c.do(subject.Request{Op: subject.Describe, On: "tls"})
	if !slices.Equal(plain.Classes, []string{"socket"}) || !slices.Equal(wrapped.Classes, []string{"ssl-socket", "socket"}) {
		t.Errorf("classes %v and %v", plain.Classes, wrapped.Classes)
	}
	want := []string{"Close", "Closed", "Data", "Disable", "Enable", "SetData", "SetTimeouts", "Write"}
	if !slices.Equal(plain.Members, want) || !slices.Equal(wrapped.Members, want) {
		t.Errorf("members %v and %v", plain.Members, wrapped.Members)
	}
}
