package certs_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/fixtures/skip"
)

func newAuthority(t *testing.T) *certs.Authority {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func issue(t *testing.T, authority *certs.Authority, v certs.Variant) tls.Certificate {
	t.Helper()
	issued, err := authority.Issue(v)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func pool(t *testing.T, authority *certs.Authority) *x509.CertPool {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority.PEM()) {
		t.Fatal("the authority's PEM holds no certificate")
	}
	return roots
}

// asClient is how a client that trusts an authority verifies what it got in a handshake.
func asClient(t *testing.T, authority *certs.Authority, issued tls.Certificate, host string) x509.VerifyOptions {
	t.Helper()
	options := x509.VerifyOptions{Roots: pool(t, authority), Intermediates: x509.NewCertPool(), DNSName: host}
	for _, der := range issued.Certificate[1:] {
		intermediate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		options.Intermediates.AddCert(intermediate)
	}
	return options
}

// handshake makes one over a pipe and returns what the server saw.
func handshake(t *testing.T, serverConfig, clientConfig *tls.Config) tls.ConnectionState {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	deadline := time.Now().Add(10 * time.Second)
	near.SetDeadline(deadline)
	far.SetDeadline(deadline)

	serverConfig.SessionTicketsDisabled = true // a pipe holds none until it is read
	server := tls.Server(far, serverConfig)
	ended := make(chan error, 1)
	go func() { ended <- server.Handshake() }()
	if err := tls.Client(near, clientConfig).Handshake(); err != nil {
		t.Errorf("the client: %v", err)
		near.Close()
	}
	if err := <-ended; err != nil {
		t.Errorf("the server: %v", err)
	}
	return server.ConnectionState()
}

// openssl runs the command and returns all that it says, and whether it succeeds.
func openssl(t *testing.T, arguments ...string) (string, bool) {
	t.Helper()
	command := exec.CommandContext(t.Context(), skip.Tool(t, "openssl"), arguments...)
	command.Stdin = bytes.NewReader(nil)
	output, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return string(output), err == nil
}
