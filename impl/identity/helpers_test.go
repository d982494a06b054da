package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/fixtures/skip"
)

// end is a certificate with its key in PKCS#8, in files and not encrypted.
type end struct {
	certificate, key string
	der              []byte
	signer           crypto.Signer
}

func newEnd(t *testing.T, signer crypto.Signer, err error) end {
	t.Helper()
	fail(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an end"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	fail(t, err)
	return end{file(t, block("CERTIFICATE", der)), file(t, block("PRIVATE KEY", pkcs8(t, signer))), der, signer}
}

func newRSA(t *testing.T) end {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return newEnd(t, key, err)
}

func newECDSA(t *testing.T) end {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return newEnd(t, key, err)
}

func newEd25519(t *testing.T) end {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return newEnd(t, key, err)
}

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	fail(t, err)
	return der
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func file(t *testing.T, parts ...[]byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file.pem")
	fail(t, os.WriteFile(path, bytes.Join(parts, nil), 0o600))
	return path
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	fail(t, err)
	return data
}

// openssl returns what the command writes.
func openssl(t *testing.T, arguments ...string) []byte {
	t.Helper()
	command := exec.Command(skip.Tool(t, "openssl"), arguments...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, &stderr)
	}
	return out
}

// encrypt writes the key of an end as PKCS#8 with a password, as the options say.
func encrypt(t *testing.T, e end, password string, options ...string) (path string) {
	t.Helper()
	arguments := []string{"pkcs8", "-topk8", "-in", e.key, "-passout", "pass:" + password}
	return file(t, openssl(t, append(arguments, options...)...))
}

// traditional writes the key of an end as PKCS#1 or SEC 1.
func traditional(t *testing.T, e end, options ...string) []byte {
	t.Helper()
	return openssl(t, append([]string{"pkey", "-traditional", "-in", e.key}, options...)...)
}

// refused checks that an identity is not loaded, and that the error holds all of want.
func refused(t *testing.T, certificate, key, password string, want ...string) error {
	t.Helper()
	identity, err := Load(certificate, key, password)
	if identity != nil || err == nil {
		t.Fatalf("got %v, %v; want an error alone", identity, err)
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not have %q", err, part)
		}
	}
	return err
}

// loaded checks that an identity is loaded, that it is of that end, and that it can be used.
func loaded(t *testing.T, e end, certificate, key, password string, chain ...[]byte) {
	t.Helper()
	identity, err := Load(certificate, key, password)
	fail(t, err)
	if diff := cmp.Diff(append([][]byte{e.der}, chain...), identity.Certificate); diff != "" {
		t.Errorf("the chain (-want +got):\n%s", diff)
	}
	if !e.signer.(interface{ Equal(crypto.PrivateKey) bool }).Equal(identity.PrivateKey) {
		t.Error("the key is another one")
	}
	if !bytes.Equal(identity.Leaf.Raw, e.der) {
		t.Error("the leaf is another one")
	}
	hello := &tls.ClientHelloInfo{
		SupportedVersions: []uint16{tls.VersionTLS13},
		SignatureSchemes:  []tls.SignatureScheme{tls.PSSWithSHA256, tls.ECDSAWithP256AndSHA256, tls.Ed25519},
		SupportedCurves:   []tls.CurveID{tls.X25519},
	}
	if err := hello.SupportsCertificate(identity); err != nil {
		t.Error(err)
	}
}
