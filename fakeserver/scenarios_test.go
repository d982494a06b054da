package fakeserver_test

import (
	"crypto/tls"
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

// What a client of crypto/tls reads, and what it then meets; nothing is an orderly end, a timeout is waited for.
var meets = map[string]struct{ data, err string }{
	"hello-1.2":                       {"hello", "i/o timeout"},
	"hello-1.3":                       {"hello", "i/o timeout"},
	"echo":                            {"", "i/o timeout"},
	"session-tickets":                 {"hello", "i/o timeout"},
	"tls-in-tls":                      {"outer", "i/o timeout"},
	"greeting-then-tls":               {"", "does not look like a TLS handshake"},
	"injected-plaintext":              {"", "does not look like a TLS handshake"},
	"plain-answer":                    {"", "does not look like a TLS handshake"},
	"alert-handshake-failure":         {"", "remote error: tls: handshake failure"},
	"version-not-offered":             {"", "unsupported protocol version"},
	"cipher-not-offered":              {"", "unconfigured cipher suite"},
	"end-in-handshake":                {"", "unexpected EOF"},
	"reset-in-handshake":              {"", "connection reset"},
	"stall-in-handshake":              {"", "i/o timeout"},
	"certificate-unknown":             {"", "unknown authority"},
	"certificate-expired":             {"", "expired"},
	"certificate-other-name":          {"", "not " + certs.Name},
	"client-certificate-asked":        {"hello", "i/o timeout"},
	"client-certificate-required-1.2": {"", "remote error: tls: handshake failure"},
	"client-certificate-required-1.3": {"", "remote error: tls: certificate required"},
	"dribbled":                        {"hello", ""},
	"coalesced":                       {"onetwothree", "i/o timeout"},
	"first-flight":                    {"hello", "i/o timeout"},
	"last-bytes":                      {"bye", ""},
	"close-notify-only":               {"bye", ""},
	"truncated":                       {"bye", ""}, // crypto/tls does not tell this one from an orderly end
	"cut-record":                      {"whole", "unexpected EOF"},
	"reset-after-data":                {"bye", "connection reset"},
	"silent-after-handshake":          {"", "i/o timeout"},
	"bad-record":                      {"good", "bad record MAC"},
	"garbage-after-handshake":         {"good", "tls: received record with version"},
	"overlong-record":                 {"good", "oversized record"},
	"unencrypted-record":              {"good", "bad record MAC"},
	"empty-records":                   {"onetwo", "i/o timeout"},
	"padded":                          {"hello", "i/o timeout"},
	"key-update":                      {"onetwo", "i/o timeout"},
	"user-canceled":                   {"onetwo", "i/o timeout"},
	"hello-request":                   {"one", "no renegotiation"},
	"flood-of-empty-records":          {"one", "too many"},
	"flood-of-key-updates":            {"one", "too many"},
	"alert-in-session":                {"good", "remote error: tls: internal error"},
	"wrong-sequence":                  {"good", "bad record MAC"},
	"too-full-record":                 {"good", "record overflow"},
	"certificate-request":             {"good", "error decoding message"},
	"data-behind-close-notify":        {"bye", ""},
	"flight-out-of-order":             {"", "bad record MAC"},
	"large-download":                  {strings.Repeat("0123456789abcdef", 2<<20), ""},
	"many-records":                    {strings.Repeat("x", 100_000), ""},
	"never-reads":                     {"", "i/o timeout"},
	"refused":                         {"", "connection refused"},
	"hanging":                         {"", "i/o timeout"},
}

// Every scenario does what it says, to two clients one after the other.
func TestScenarios(t *testing.T) {
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := NewIdentity(authority)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: authority.Pool(), ServerName: certs.Name}
	seen := map[string]bool{}
	before := gleak.Goroutines()
	t.Run("all", func(t *testing.T) {
		for _, scenario := range Scenarios() {
			want, known := meets[scenario.Name]
			if !known || seen[scenario.Name] || scenario.About == "" {
				t.Errorf("%s: not in the table, or twice, or not explained", scenario.Name)
			}
			seen[scenario.Name] = true
			t.Run(scenario.Name, func(t *testing.T) {
				t.Parallel()
				s, err := scenario.Start(identity, func(int, Entry) {})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Stop()
				patience := 20 * time.Second
				if want.err == "i/o timeout" {
					patience = 200 * time.Millisecond
				}
				for range 2 {
					data, err := visit(s.Port(), config, len(want.data), patience)
					if data != want.data {
						t.Errorf("read %d bytes %.60q, %v", len(data), data, err)
					}
					gomega.NewWithT(t).Expect(fmt.Sprint(err)).To(gomega.ContainSubstring(want.err))
					if (err == nil) != (want.err == "") {
						t.Errorf("the end is %v", err)
					}
				}
			})
		}
	})
	if len(seen) != len(meets) {
		t.Errorf("%d of %d scenarios are there", len(seen), len(meets))
	}
	gomega.NewWithT(t).Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before))
}

// visit reads what it wants, and has patience for the end that follows.
func visit(port int, config *tls.Config, want int, patience time.Duration) (string, error) {
	tcp, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), patience)
	if err != nil {
		return "", err
	}
	defer tcp.Close()
	c := tls.Client(tcp, config)
	got := make([]byte, want)
	if want > 0 {
		c.SetDeadline(time.Now().Add(20 * time.Second))
		if n, err := io.ReadFull(c, got); err != nil {
			return string(got[:n]), err
		}
	}
	c.SetDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(c)
	return string(got) + string(rest), err
}

// Every connection has a number, and its entries are told as they come.
func TestServe(t *testing.T) {
	type told struct {
		connection int
		text       string
	}
	notes := make(chan told, 100)
	s, err := Serve(func(n int, e Entry) { notes <- told{n, e.String()} }, Echo())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	first, second := dial(t, s), dial(t, s)
	io.WriteString(second, "two") // both are served at the same time
	read(t, second, "two")
	io.WriteString(first, "one")
	read(t, first, "one")
	s.Stop()
	close(notes)
	got := map[told]bool{}
	for n := range notes {
		got[n] = true
	}
	for _, want := range []told{
		{1, "the client connected"}, {1, `got 3 bytes in plain: "one"`}, {2, "the client connected"}, {2, `got 3 bytes in plain: "two"`},
	} {
		if !got[want] {
			t.Errorf("it does not tell %v", want)
		}
	}
}
