package identity

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestNoIdentity(t *testing.T) {
	if identity, err := Load("", "", "a password"); identity != nil || err != nil {
		t.Errorf("got %v, %v; want neither", identity, err)
	}
	refused(t, "a file", "", "", "certificate is given without key: give")
	refused(t, "", "a file", "", "key is given without certificate: give")
}

func TestCertificate(t *testing.T) {
	e, authority := newEd25519(t), newEd25519(t)
	leaf, ca, key := contents(t, e.certificate), contents(t, authority.certificate), contents(t, e.key)
	crlf := func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")) }
	other, text := block("X509 CRL", []byte("something else")), []byte("Bag Attributes\n    friendlyName: x\n")

	loaded(t, e, e.certificate, e.key, "")
	many := file(t, text, other, leaf, ca, other, ca, text)
	loaded(t, e, many, e.key, "a needless password", authority.der, authority.der)
	for _, both := range []string{
		file(t, leaf, ca, key), file(t, key, leaf, ca), file(t, crlf(key), crlf(leaf), crlf(ca)),
	} {
		loaded(t, e, both, both, "", authority.der)
	}

	malformed := block("CERTIFICATE", e.der[1:])
	truncated, _, _ := bytes.Cut(ca, []byte("-----END"))
	for _, test := range []struct{ name, path, want string }{
		{"empty", file(t), "no PEM in its 0 bytes"},
		{"DER", file(t, e.der), "no PEM in its"},
		{"no certificate", file(t, key, other), "no CERTIFICATE in it, but PRIVATE KEY, X509 CRL: give"},
		{"malformed leaf", file(t, malformed), "certificate 1 is malformed: x509: "},
		{"malformed link", file(t, leaf, malformed), "certificate 2 is malformed: x509: "},
		{"truncated link", file(t, leaf, truncated), "of its 2 PEM blocks only 1 can be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused(t, test.path, e.key, "", "the certificate file "+test.path+": ", test.want)
		})
	}
	err := refused(t, "no/such/file", e.key, "", "the certificate file no/such/file: it cannot be read: ")
	if !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), "no/such/file") != 1 {
		t.Errorf("the error %q is not fs.ErrNotExist, or names the file again", err)
	}
}

func TestPlainKey(t *testing.T) {
	rsa, ecdsa, ed25519 := newRSA(t), newECDSA(t), newEd25519(t)
	for _, test := range []struct {
		name string
		end
		key   string
		begin string
	}{
		{"PKCS#8 RSA", rsa, rsa.key, "-----BEGIN PRIVATE KEY"},
		{"PKCS#8 ECDSA", ecdsa, ecdsa.key, "-----BEGIN PRIVATE KEY"},
		{"PKCS#8 Ed25519", ed25519, ed25519.key, "-----BEGIN PRIVATE KEY"},
		{"PKCS#1", rsa, file(t, traditional(t, rsa)), "-----BEGIN RSA PRIVATE KEY"},
		{"SEC 1", ecdsa, file(t, traditional(t, ecdsa)), "-----BEGIN EC PRIVATE KEY"},
		{
			"SEC 1 after parameters", ecdsa,
			file(t, openssl(t, "ecparam", "-name", "prime256v1"), traditional(t, ecdsa)), "-----BEGIN EC PARAMETERS",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if data := contents(t, test.key); !bytes.HasPrefix(data, []byte(test.begin)) {
				t.Fatalf("the key is not the one to test: %.40q", data)
			}
			loaded(t, test.end, test.certificate, test.key, "")
			loaded(t, test.end, test.certificate, test.key, "a needless password")
		})
	}
}

func TestEncryptedKey(t *testing.T) {
	rsa, ecdsa, ed25519 := newRSA(t), newECDSA(t), newEd25519(t)
	for _, test := range []struct {
		name string
		end
		key  func(t *testing.T, password string) string
		mark string // what tells that openssl did as it was told
	}{
		{"PBKDF2-SHA-1 AES-128", rsa, pbes2(rsa, "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"), oidAES128CBC},
		{"PBKDF2-SHA-1 AES-256", rsa, pbes2(rsa, "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"), oidAES256CBC},
		{"PBKDF2-SHA-256 AES-128", ecdsa, pbes2(ecdsa, "-v2", "aes-128-cbc"), oidAES128CBC},
		{"PBKDF2-SHA-256 AES-192", ecdsa, pbes2(ecdsa, "-v2", "aes-192-cbc"), oidAES192CBC},
		{"PBKDF2-SHA-256 AES-256", ed25519, pbes2(ed25519, "-v2", "aes-256-cbc"), oidHMACWithSHA256},
		{"PBKDF2-SHA-1 3DES", rsa, pbes2(rsa, "-v2", "des3", "-v2prf", "hmacWithSHA1"), oidDESEDE3CBC},
		{"PBKDF2-SHA-256 3DES", ecdsa, pbes2(ecdsa, "-v2", "des3"), oidDESEDE3CBC},
		{"scrypt AES-256", ed25519, pbes2(ed25519, "-scrypt"), oidScrypt},
		{"scrypt AES-128", rsa, pbes2(rsa, "-scrypt", "-scrypt_p", "3", "-v2", "aes-128-cbc"), oidAES128CBC},
		{"PEM AES-128", rsa, legacy(rsa, "-aes128"), "DEK-Info: AES-128-CBC"},
		{"PEM AES-192", ecdsa, legacy(ecdsa, "-aes192"), "DEK-Info: AES-192-CBC"},
		{"PEM AES-256", ecdsa, legacy(ecdsa, "-aes256"), "DEK-Info: AES-256-CBC"},
		{"PEM 3DES", rsa, legacy(rsa, "-des3"), "DEK-Info: DES-EDE3-CBC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, password := range []string{"secret", "x", "pässwörd ключ 鍵"} {
				key := test.key(t, password)
				if data := contents(t, key); !bytes.Contains(append(data, der(t, data)...), oid(t, test.mark)) {
					t.Fatalf("the key has no %s:\n%s", test.mark, data)
				}
				loaded(t, test.end, test.certificate, key, password)
				for wrong, want := range map[string]string{"": "password is not given", password + "x": "password is wrong"} {
					err := refused(t, test.certificate, key, wrong, "the key file "+key+": ", want)
					if !errors.Is(err, ErrPassword) {
						t.Errorf("the error %q is not ErrPassword", err)
					}
				}
			}
		})
	}
	t.Run("empty password", func(t *testing.T) {
		loaded(t, rsa, rsa.certificate, encrypt(t, rsa, ""), "")
	})
	t.Run("CRLF", func(t *testing.T) {
		for _, key := range []string{encrypt(t, rsa, "secret"), legacy(rsa, "-aes128")(t, "secret")} {
			crlf := bytes.ReplaceAll(contents(t, key), []byte("\n"), []byte("\r\n"))
			loaded(t, rsa, rsa.certificate, file(t, crlf), "secret")
		}
	})
}

func pbes2(e end, options ...string) func(t *testing.T, password string) string {
	return func(t *testing.T, password string) string { return encrypt(t, e, password, options...) }
}

func legacy(e end, cipher string) func(t *testing.T, password string) string {
	return func(t *testing.T, password string) string {
		return file(t, traditional(t, e, cipher, "-passout", "pass:"+password))
	}
}
