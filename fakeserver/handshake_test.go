package fakeserver_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/certs"
	. "github.com/sslconform/sslconform/fakeserver"
)

// identities are certificates of one authority, and what a client is that trusts it.
func identities(t *testing.T) (server Config, client *tls.Config) {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	own, err := authority.Issue(certs.Client)
	if err != nil {
		t.Fatal(err)
	}
	server = Config{Certificate: leaf, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool()}
	return server, &tls.Config{RootCAs: authority.Pool(), ServerName: certs.Name, Certificates: []tls.Certificate{own}}
}

var versions = []uint16{tls.VersionTLS12, tls.VersionTLS13}

// Whoever needs it finds the version and the client's certificate in the entry.
func TestHandshakeEntry(t *testing.T) {
	server, client := identities(t)
	for _, version := range versions {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			server.Version = version
			s := start(t, HandshakeWith(server), ExpectEnd())
			c := tls.Client(dial(t, s), client)
			if err := c.Handshake(); err != nil {
				t.Fatal(err)
			}
			c.Close()
			ended(t, s, "")
			done := find(s, Handshake)
			if len(done) != 1 || done[0].Version != version {
				t.Fatalf("the handshakes: %v", done)
			}
			if got := done[0].Certificates; len(got) != 1 || !got[0].Equal(client.Certificates[0].Leaf) {
				t.Errorf("the client's certificates: %v", got)
			}
		})
	}
}

func TestRefuseClient(t *testing.T) {
	server, client := identities(t)
	_, stranger := identities(t)
	for _, version := range versions {
		server.Version = version
		for name, test := range map[string]struct {
			own         []tls.Certificate
			text, alert string
		}{
			"missing":   {nil, "refused the client: tls: client didn't provide a certificate", missingAlert[version]},
			"untrusted": {stranger.Certificates, "refused the client: tls: failed to verify certificate: x509: certificate signed by unknown authority", "unknown certificate authority"},
		} {
			t.Run(fmt.Sprintf("%s %s", tls.VersionName(version), name), func(t *testing.T) {
				s := start(t, RefuseClient(server), ExpectEnd())
				tcp := dial(t, s)
				config := client.Clone()
				// Not by Certificates: crypto/tls leaves out those that the server would not trust.
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					if test.own == nil {
						return &tls.Certificate{}, nil
					}
					return &test.own[0], nil
				}
				_, err := tls.Client(tcp, config).Read(make([]byte, 1))
				gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.ContainSubstring("remote error: tls: " + test.alert)))
				tcp.Close()
				lines := ended(t, s, "refused")
				gomega.NewWithT(t).Expect(lines).NotTo(gomega.BeEmpty())
				gomega.NewWithT(t).Expect(lines[0]).To(gomega.HavePrefix(test.text))
				gomega.NewWithT(t).Expect(lines[len(lines)-1]).To(gomega.Equal("closed the connection"))
			})
		}
	}
}

var missingAlert = map[uint16]string{tls.VersionTLS12: "handshake failure", tls.VersionTLS13: "certificate required"}

// A client that is not refused fails the script; so does one that refuses the server.
func TestNotRefused(t *testing.T) {
	server, client := identities(t)
	_, stranger := identities(t)
	for name, test := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"accepted":       {client, "the peer could not refuse the client's certificate: the handshake is done"},
		"server refused": {stranger, "the peer could not refuse the client's certificate: remote error: tls: bad certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, RefuseClient(server))
			tls.Client(dial(t, s), test.config).Handshake()
			gomega.NewWithT(t).Expect(failure(t, s)).To(gomega.Equal(test.want))
		})
	}
}

// Refused or not, the script goes on, and takes note of all that the client sends.
func TestOfferHandshake(t *testing.T) {
	server, client := identities(t)
	_, stranger := identities(t)
	for _, version := range versions {
		server.Version, server.ClientAuth = version, tls.NoClientCert
		t.Run(tls.VersionName(version)+" accepted", func(t *testing.T) {
			s := start(t, OfferHandshake(server, "hello"), Expect("hi"), ExpectEnd())
			tcp := dial(t, s)
			c := tls.Client(tcp, client)
			read(t, c, "hello")
			io.WriteString(c, "hi")
			c.CloseWrite()
			read(t, c, "")
			tcp.Close()
			lines := ended(t, s, "sent 5 bytes under TLS")
			gomega.NewWithT(t).Expect(lines).To(gomega.ContainElements("got 2 bytes under TLS: \"hi\"", "got FIN"))
			gomega.NewWithT(t).Expect(find(s, NoHandshake)).To(gomega.BeEmpty())
		})
		t.Run(tls.VersionName(version)+" refused", func(t *testing.T) {
			s := start(t, OfferHandshake(server, "hello"), ExpectEnd())
			tcp := dial(t, s)
			tls.Client(tcp, stranger).Handshake()
			io.WriteString(tcp, "Still here.")
			tcp.CloseWrite()
			io.Copy(io.Discard, tcp)
			gomega.NewWithT(t).Expect(ended(t, s, "sent")).To(gomega.ContainElements(
				"there is no handshake: remote error: tls: bad certificate", "got a record: type 83, 27756 bytes", "got FIN", "closed the connection",
			))
		})
		t.Run(tls.VersionName(version)+" left", func(t *testing.T) {
			s := start(t, OfferHandshake(server, "hello"), ExpectEnd())
			dial(t, s).Close()
			gomega.NewWithT(t).Expect(ended(t, s, "there is no handshake")).To(gomega.Equal([]string{
				"there is no handshake: the client closed TCP", "closed the connection",
			}))
		})
	}
}

// Inside a session there is a session: first that ends, then the outer one, then TCP.
func TestHandshakeInside(t *testing.T) {
	server, client := identities(t)
	s := start(t, ExpectClientHello(), HandshakeWith(server), Send("outer"), HandshakeInside(server), Send("inner"), Expect("got it"), ExpectEnd())
	tcp := dial(t, s)
	outer := tls.Client(tcp, client)
	read(t, outer, "outer")
	inner := tls.Client(outer, client)
	read(t, inner, "inner")
	io.WriteString(inner, "got it")
	inner.CloseWrite()
	read(t, inner, "")
	outer.CloseWrite()
	read(t, outer, "")
	tcp.Close()
	var got []string
	ended(t, s, "")
	for _, e := range s.Transcript().Entries() {
		if e.Kind != Record && e.Kind != ClientHello {
			got = append(got, e.String())
		}
	}
	const done = "is done: TLS 1.3, TLS_AES_128_GCM_SHA256"
	gomega.NewWithT(t).Expect(got).To(gomega.Equal([]string{
		"the client connected", "the handshake " + done, `sent 5 bytes under TLS: "outer"`,
		"the handshake inside " + done, `sent 5 bytes under TLS inside: "inner"`, `got 6 bytes under TLS inside: "got it"`,
		"got close_notify inside", "sent close_notify inside", "got close_notify", "sent close_notify",
		"got FIN", "closed the connection",
	}))
	if n := len(find(s, ClientHello)); n != 2 {
		t.Errorf("%d ClientHellos", n)
	}
}

// What is corrupt of two sessions is the inner one: the outer one brings its record, and goes on.
func TestCorruptedInside(t *testing.T) {
	for _, version := range versions {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			server, client := identities(t)
			within := server
			within.Version = version
			s := start(t, HandshakeWith(server), HandshakeInside(within), Corrupted(Send("inner")), CloseNotify(), CloseNotify(), ExpectEnd())
			outer := tls.Client(dial(t, s), client)
			inner := tls.Client(outer, client)
			if _, err := inner.Read(make([]byte, 5)); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
				t.Errorf("reading what is corrupt: %v", err)
			}
			io.Copy(io.Discard, outer)
			outer.Close()
			ended(t, s, "")
			var got []string
			for _, e := range s.Transcript().Entries() {
				if e.Kind == TLSClosed || e.Kind == Alert {
					got = append(got, e.String())
				}
			}
			gomega.NewWithT(t).Expect(got).To(gomega.Equal([]string{
				"sent close_notify inside", "sent close_notify", "got a fatal alert inside: bad record MAC", "got close_notify"}))
		})
	}
}

// read reads what is to come; nothing is the end that close_notify makes.
func read(t *testing.T, r io.Reader, want string) {
	t.Helper()
	if want == "" {
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Fatalf("read %d bytes and %v, not close_notify", n, err)
		}
		return
	}
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); string(got) != want {
		t.Fatalf("read %.60q and %v, not %.60q", got[:n], err, want)
	}
}

// With tickets a second connection resumes the session.
func TestTickets(t *testing.T) {
	for _, version := range versions {
		for _, tickets := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s %v", tls.VersionName(version), tickets), func(t *testing.T) {
				server, client := identities(t)
				server.Version, server.Tickets = version, tickets
				cache := cacheFunc(make(chan struct{}, 10))
				client.ClientSessionCache = cache
				s := start(t, HandshakeWith(server), Send("x"), ExpectEnd())
				c := tls.Client(dial(t, s), client)
				read(t, c, "x")
				c.Close()
				if got := len(cache) > 0; got != tickets {
					t.Errorf("a ticket came: %v", got)
				}
			})
		}
	}
}

// cacheFunc counts the tickets.
type cacheFunc chan struct{}

func (c cacheFunc) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

func (c cacheFunc) Put(_ string, s *tls.ClientSessionState) {
	if s != nil {
		c <- struct{}{}
	}
}

// A step that needs TLS says so, and does not crash.
func TestNoHandshake(t *testing.T) {
	_, client := identities(t)
	for name, step := range map[string]Step{
		"Send": Send("x"), "Expect": Expect("x"), "Duplex": Duplex("x", "y"), "CloseNotify": CloseNotify(),
		"SendRecords": SendRecords(1, "x"), "HandshakeInside": HandshakeInside(Config{}),
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, step)
			dial(t, s)
			_, err := s.Transcript().Await(context.Background(), func(Entry) bool { return false })
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.HaveSuffix(": there was no handshake")))
		})
	}
	t.Run("a second one", func(t *testing.T) {
		server, _ := identities(t)
		s := start(t, HandshakeWith(server), HandshakeWith(server))
		tls.Client(dial(t, s), client).Handshake()
		if len(ended(t, s, "the peer could not make a handshake: ")) == 0 {
			t.Error("it was made")
		}
	})
}
