package fakeserver_test

import (
	"crypto/tls"
	"io"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/certs"
	. "github.com/sslconform/sslconform/fakeserver"
)

// find returns the entries of a kind.
func find(s *Server, kind Kind) []Entry {
	all := s.Transcript().Entries()
	return slices.DeleteFunc(all, func(e Entry) bool { return e.Kind != kind })
}

func TestExpectPlain(t *testing.T) {
	s := start(t, ExpectPlain("STARTTLS"), SendPlain("go"), ExpectPlain("now"))
	c := dial(t, s)
	io.WriteString(c, "STARTTLSno")
	if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "t"); err != nil {
		t.Fatal(err)
	}
	gomega.NewWithT(t).Expect(failure(t, s)).To(gomega.ContainSubstring(`the peer could not expect "now" in plain: got "`))
	if s.Sent() != 2 || s.Received() < 10 {
		t.Errorf("sent %d, received %d", s.Sent(), s.Received())
	}
}

// A ClientHello is noted once, with the same content, whether it was expected or left to the handshake; and one that was
// expected is left for the handshake.
func TestClientHello(t *testing.T) {
	step, config := handshake(t)
	config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS13
	config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	tls13 := []uint16{tls.TLS_AES_128_GCM_SHA256, tls.TLS_AES_256_GCM_SHA384, tls.TLS_CHACHA20_POLY1305_SHA256}
	want := &Hello{
		ServerName: certs.Name, Versions: []uint16{tls.VersionTLS13, tls.VersionTLS12},
		Ciphers: append([]uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, tls13...),
	}
	for name, script := range map[string][]Step{
		"expected": {ExpectClientHello(), step, ExpectEnd()},
		"left":     {step, ExpectEnd()},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, script...)
			c := tls.Client(dial(t, s), config)
			if err := c.Handshake(); err != nil {
				t.Fatal(err)
			}
			c.Close()
			ended(t, s, "")
			hellos := find(s, ClientHello)
			if len(hellos) != 1 {
				t.Fatalf("%d ClientHellos", len(hellos))
			}
			got := hellos[0].Hello
			order := cmpopts.SortSlices(func(a, b uint16) bool { return a > b })
			if !slices.Contains(got.Signatures, uint16(tls.ECDSAWithP256AndSHA256)) {
				t.Errorf("the signatures %x", got.Signatures)
			}
			if want.Signatures == nil {
				want.Signatures = got.Signatures // which ones crypto/tls offers is its own business
			}
			if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Hello{}), order); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if records := find(s, Record); records[1].Type == HandshakeRecord && records[1].Side == Client {
				t.Errorf("the ClientHello was noted twice: %v", records)
			}
		})
	}
}

// A client of old offers one version; it has no extension for it.
func TestLegacyVersion(t *testing.T) {
	step, config := handshake(t)
	for name, script := range map[string][]Step{"expected": {ExpectClientHello()}, "left": {step}} {
		t.Run(name, func(t *testing.T) {
			s := start(t, script...)
			c := dial(t, s)
			tls.Client(legacy{c}, config).Handshake()
			c.CloseWrite()
			ended(t, s, "")
			if got := find(s, ClientHello)[0].Hello.Versions; !slices.Equal(got, []uint16{tls.VersionTLS12}) {
				t.Errorf("versions %x", got)
			}
		})
	}
}

// legacy hides the extension supported_versions of what is written first.
type legacy struct{ net.Conn }

func (l legacy) Write(p []byte) (int, error) {
	hidden := []byte{0, 43, 0, 5, 4, 3, 4, 3, 3}
	for i := range p {
		if i+len(hidden) <= len(p) && string(p[i:i+len(hidden)]) == string(hidden) {
			p = slices.Clone(p)
			p[i+1] = 99
			break
		}
	}
	return l.Conn.Write(p)
}

func TestMalformedClientHello(t *testing.T) {
	for name, record := range map[string]string{
		"too short":       "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03",
		"no ClientHello":  "\x16\x03\x01\x00\x04\x02\x00\x00\x00",
		"an empty record": "\x16\x03\x01\x00\x00",
		"too long":        "\x16\x03\x01\x00\x04\x01\xff\xff\xff",
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, ExpectClientHello())
			io.WriteString(dial(t, s), record)
			want := "the peer could not expect a ClientHello: the ClientHello is malformed"
			gomega.NewWithT(t).Expect(failure(t, s)).To(gomega.Equal(want))
		})
	}
}

// What a client says to an answer in plain.
func TestPlainAnswers(t *testing.T) {
	_, config := handshake(t)
	for name, test := range map[string]struct {
		step   Step
		err    string
		record string
	}{
		"alert":   {SendAlert(40), "remote error: tls: handshake failure", "sent a record: alert, 2 bytes"},
		"version": {ServerHelloVersion(), "tls: server selected unsupported protocol version 300", "sent a record: handshake, 42 bytes"},
		"cipher":  {ServerHelloCipher(), "tls: server chose an unconfigured cipher suite", "sent a record: handshake, 49 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, ExpectClientHello(), test.step, ExpectEnd())
			tcp := dial(t, s)
			err := tls.Client(tcp, config).Handshake()
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError(test.err))
			tcp.Close()
			gomega.NewWithT(t).Expect(ended(t, s, "got a ClientHello")).To(gomega.ContainElement(test.record))
		})
	}
}
