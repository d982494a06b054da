package fakeserver_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/certs"
	. "github.com/sslconform/sslconform/fakeserver"
	"github.com/sslconform/sslconform/fixtures/skip"
)

// What is made by hand is understood by the TLS library that made the handshake, and by another one: a hostile record
// that is malformed by accident would prove nothing.

// A cipherSuite is one that both sides are held to.
type cipherSuite struct {
	name    string // as OpenSSL has it
	version uint16
	rsa     bool
	number  uint16 // as crypto/tls has it, for TLS 1.2; under TLS 1.3 it cannot be told
}

var cipherSuites = []cipherSuite{
	{"TLS_AES_128_GCM_SHA256", tls.VersionTLS13, false, 0},
	{"TLS_AES_256_GCM_SHA384", tls.VersionTLS13, false, 0},
	{"TLS_CHACHA20_POLY1305_SHA256", tls.VersionTLS13, false, 0},
	{"ECDHE-ECDSA-AES128-GCM-SHA256", tls.VersionTLS12, false, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-ECDSA-AES256-GCM-SHA384", tls.VersionTLS12, false, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-ECDSA-CHACHA20-POLY1305", tls.VersionTLS12, false, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
	{"ECDHE-RSA-AES128-GCM-SHA256", tls.VersionTLS12, true, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-RSA-AES256-GCM-SHA384", tls.VersionTLS12, true, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-RSA-CHACHA20-POLY1305", tls.VersionTLS12, true, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
}

// A speaker is a client under test: it makes the handshake and tells what it read, and what it ended with.
type speaker func(t *testing.T, s *Server, suite cipherSuite) (read string, end string)

// pki is what the peer shows and the clients trust.
type pki struct {
	certificates map[bool]tls.Certificate // by whether the key is RSA
	config       *tls.Config
	authority    string // a file
}

func newPKI(t *testing.T) pki {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	p := pki{map[bool]tls.Certificate{}, &tls.Config{RootCAs: authority.Pool(), ServerName: certs.Name}, filepath.Join(t.TempDir(), "authority.pem")}
	for rsa, variant := range map[bool]certs.Variant{false: certs.Good, true: certs.GoodRSA} {
		if p.certificates[rsa], err = authority.Issue(variant); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(p.authority, authority.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// speakers are the two libraries.
func (p pki) speakers() map[string]speaker {
	return map[string]speaker{"crypto/tls": p.cryptoTLS, "openssl": p.openSSL}
}

func (p pki) cryptoTLS(t *testing.T, s *Server, suite cipherSuite) (string, string) {
	config := p.config.Clone()
	if suite.number != 0 {
		config.CipherSuites = []uint16{suite.number}
	} else if suite.name != cipherSuites[0].name {
		skip.Here(t, "crypto/tls does not let a client choose among the suites of TLS 1.3")
	}
	c := tls.Client(dial(t, s), config)
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, "hello")
	data, err := io.ReadAll(c)
	c.Close()
	return string(data), fmt.Sprint(err)
}

func (p pki) openSSL(t *testing.T, s *Server, suite cipherSuite) (string, string) {
	openssl := skip.Tool(t, "openssl")
	choose := []string{"-tls1_2", "-cipher", suite.name}
	if suite.version == tls.VersionTLS13 {
		choose = []string{"-tls1_3", "-ciphersuites", suite.name}
	}
	cmd := exec.CommandContext(t.Context(), openssl, append([]string{"s_client", "-quiet", "-verify_return_error", "-nocommands",
		"-CAfile", p.authority, "-connect", fmt.Sprintf("127.0.0.1:%d", s.Port())}, choose...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer kill.Stop()
	io.WriteString(in, "hello")
	data, _ := io.ReadAll(out)
	in.Close()
	cmd.Wait()
	return string(data), failures(log.String())
}

// failures are the lines of OpenSSL's log that tell of an error.
func failures(log string) string {
	var lines []string
	for scanner := bufio.NewScanner(strings.NewReader(log)); scanner.Scan(); {
		if strings.Contains(scanner.Text(), "error:") {
			lines = append(lines, scanner.Text())
		}
	}
	if lines == nil {
		return "<nil>"
	}
	return strings.Join(lines, "\n")
}

// Both ways of writing take turns with nothing lost, under every suite, over several changes of keys.
func TestTakeOver(t *testing.T) {
	p := newPKI(t)
	large := strings.Repeat("0123456789abcdef", 5000)
	for _, suite := range cipherSuites {
		for name, speak := range p.speakers() {
			t.Run(suite.name+" "+name, func(t *testing.T) {
				script := []Step{
					HandshakeWith(Config{Certificate: p.certificates[suite.rsa], Version: suite.version}), Expect("hello"),
					Send("by crypto/tls "), Joined(Send("twice "), ByHand(CraftedData("by hand "))), ByHand(EmptyRecord), Flood(3, CraftedData("x")),
				}
				if suite.version == tls.VersionTLS13 {
					script = append(script, ByHand(KeyUpdate(false)), Send(" new keys "), ByHand(KeyUpdate(true)), Send("newer ones "),
						ByHand(Crafted{What: "padded", Type: ApplicationData, Content: "padded ", Padding: 1000}), ByHand(NewSessionTicket))
				}
				s := start(t, append(script, Send(large), CloseNotify(), ExpectEnd())...)
				want := "by crypto/tls twice by hand xxx"
				if suite.version == tls.VersionTLS13 {
					want += " new keys newer ones padded "
				}
				got, end := speak(t, s, suite)
				if got != want+large || end != "<nil>" {
					t.Errorf("it read %.100q, %d bytes, and ended with %s", got, len(got), end)
				}
				if lines := strings.Join(ended(t, s, ""), "\n"); strings.Contains(lines, "could not") || !strings.Contains(lines, "got close_notify") {
					t.Errorf("the peer:\n%s", lines)
				}
			})
		}
	}
}

// What is made wrong on purpose is wrong in that way and in no other: both libraries name it.
func TestMadeWrong(t *testing.T) {
	p := newPKI(t)
	data := func(r Crafted) []Step {
		r.What, r.Content = "evil", "evil"
		return []Step{ByHand(r)}
	}
	for _, test := range []struct {
		name            string
		version         uint16 // 0 for both
		steps           []Step
		crypto, openssl string // how they call it
	}{
		{"broken", 0, data(Crafted{Type: ApplicationData, Broken: true}), "bad record MAC", "decryption failed or bad record mac"},
		{"a number left out", 0, data(Crafted{Type: ApplicationData, Skip: 1}), "bad record MAC", "decryption failed or bad record mac"},
		{"too much in it", 0, []Step{ByHand(CraftedData(strings.Repeat("x", 1<<14+1)))}, "record overflow", "data length too long"},
		{"unknown type", 0, data(Crafted{Type: 99}), "unexpected message", "unexpected message|unexpected record|bad record type"},
		{"another type outside", tls.VersionTLS13, data(Crafted{Type: ApplicationData, Outer: HandshakeRecord}), "unexpected message", "bad record type"},
		{"nothing but padding", tls.VersionTLS13, []Step{ByHand(Crafted{What: "padding", Padding: 10})}, "unexpected message", "bad record type"},
		// crypto/tls drops it at any time.
		{"change_cipher_spec", tls.VersionTLS13, []Step{ByHand(StrayChangeCipherSpec)}, "<nil>", "bad record type"},
		{"change_cipher_spec", tls.VersionTLS12, []Step{ByHand(StrayChangeCipherSpec)}, "unexpected message", "ccs received early"},
		{"CertificateRequest", tls.VersionTLS13, []Step{ByHand(CertificateRequest)}, "error decoding message", "unexpected message"},
		{"Finished", 0, []Step{ByHand(StrayFinished)}, "unexpected handshake message", "unexpected message"},
		{"fatal alert", 0, []Step{ByHand(CraftedAlert(Fatal, 40))}, "remote error: tls: handshake failure", "alert handshake failure"},
		{"alert of three bytes", 0, []Step{ByHand(Crafted{What: "alert", Type: AlertRecord, Content: "\x02\x28\x00"})}, "unexpected message", "bad alert|invalid alert"},
	} {
		for _, suite := range []cipherSuite{cipherSuites[0], cipherSuites[3]} {
			if test.version != 0 && test.version != suite.version {
				continue
			}
			for name, speak := range p.speakers() {
				t.Run(fmt.Sprintf("%s, %s %s", test.name, suite.name, name), func(t *testing.T) {
					script := append([]Step{HandshakeWith(Config{Certificate: p.certificates[false], Version: suite.version}), Expect("hello"), Send("good")}, test.steps...)
					s := start(t, append(script, FIN(), ExpectEnd())...)
					got, end := speak(t, s, suite)
					want := test.crypto
					if name == "openssl" {
						want = test.openssl
					}
					gomega.NewWithT(t).Expect(end).To(gomega.MatchRegexp(want))
					if got != "good" {
						t.Errorf("it read %.100q", got)
					}
				})
			}
		}
	}
}
