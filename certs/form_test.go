package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/certs"
)

// schemes are the names that OpenSSL has for what stands in the forms that PBES2 encrypts.
var schemes = map[certs.Form][]string{
	certs.PBES2SHA1:   {"PBES2", "PBKDF2", "aes-256-cbc"},
	certs.PBES2SHA256: {"PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc"},
	certs.PBES2AES128: {"PBES2", "PBKDF2", "hmacWithSHA256", "aes-128-cbc"},
	certs.PBES2AES192: {"PBES2", "PBKDF2", "hmacWithSHA256", "aes-192-cbc"},
	certs.PBES2Scrypt: {"PBES2", "scrypt", "aes-256-cbc"},
}

// objects are the names that OpenSSL has for all object identifiers in a file.
func objects(t *testing.T, path string) []string {
	t.Helper()
	output, good := openssl(t, "asn1parse", "-in", path)
	if !good {
		t.Fatal(output)
	}
	var names []string
	for line := range strings.Lines(output) {
		if _, name, found := strings.Cut(line, "OBJECT"); found {
			names = append(names, strings.Trim(name, " :\n"))
		}
	}
	return names
}

// TestBlocks finds that each form says of itself what it is.
func TestBlocks(t *testing.T) {
	authority := newAuthority(t)
	for _, test := range []struct {
		variant certs.Variant
		form    certs.Form
		want    string
	}{
		{certs.Client, certs.PKCS8, "PRIVATE KEY"},
		{certs.Client, certs.Older, "EC PRIVATE KEY"},
		{certs.ClientRSA, certs.Older, "RSA PRIVATE KEY"},
		{certs.Client, certs.OlderEncrypted, "EC PRIVATE KEY 4,ENCRYPTED"},
		{certs.ClientRSA, certs.OlderEncrypted, "RSA PRIVATE KEY 4,ENCRYPTED"},
		{certs.Client, certs.PBES2SHA1, "ENCRYPTED PRIVATE KEY"},
		{certs.Client, certs.PBES2SHA256, "ENCRYPTED PRIVATE KEY"},
		{certs.Client, certs.PBES2Scrypt, "ENCRYPTED PRIVATE KEY"},
	} {
		text, err := test.form.Encode(issue(t, authority, test.variant).PrivateKey, "a password")
		if err != nil {
			t.Fatal(err)
		}
		block, rest := pem.Decode(text)
		if block == nil || len(rest) > 0 {
			t.Fatalf("%s: not one block:\n%s", test.form, text)
		}
		if got := strings.TrimSpace(block.Type + " " + block.Headers["Proc-Type"]); got != test.want {
			t.Errorf("%s: got %s, want %s", test.form, got, test.want)
		}
	}
}

// TestNoForm finds that what cannot be written is an error.
func TestNoForm(t *testing.T) {
	authority := newAuthority(t)
	for form, v := range map[certs.Form]certs.Variant{
		certs.Older: certs.GoodEd25519, certs.OlderEncrypted: certs.GoodEd25519, "no such form": certs.Good,
	} {
		if text, err := form.Encode(issue(t, authority, v).PrivateKey, "a password"); err == nil {
			t.Errorf("%s: %s", form, text)
		}
	}
}

// TestForms has OpenSSL open each form with the right password, and refuse it with another one and with none.
func TestForms(t *testing.T) {
	authority := newAuthority(t)
	for _, v := range []certs.Variant{certs.Client, certs.ClientRSA} {
		issued := issue(t, authority, v)
		public, err := x509.MarshalPKIXPublicKey(issued.Leaf.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range certs.Forms {
			t.Run(v.Name+", "+string(form), func(t *testing.T) {
				text, err := form.Encode(issued.PrivateKey, "a password")
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(t.TempDir(), "key.pem")
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
				if names := schemes[form]; names != nil {
					if diff := cmp.Diff(names, objects(t, path)); diff != "" {
						t.Error(diff)
					}
				}
				for _, password := range []string{"a password", "another password", ""} {
					output, opened := openssl(t, "pkey", "-in", path, "-passin", "pass:"+password, "-pubout")
					if want := password == "a password" || !form.Encrypted(); opened != want {
						t.Errorf("with the password %q: opened is %v\n%s", password, opened, output)
					}
					if block, _ := pem.Decode([]byte(output)); opened && !bytes.Equal(block.Bytes, public) {
						t.Errorf("with the password %q: it holds another key", password)
					}
				}
			})
		}
	}
}
