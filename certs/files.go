package certs

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Password opens the encrypted keys that [Authority.WriteFiles] writes, but for those that say otherwise.
const Password = "correct horse"

// Less common ones, for [Files.Secrets]. Others than ASCII are left out: how they are to be encoded is not settled (RFC
// 8018 section 3), and a line to a driver cannot hold them.
const (
	ShortPassword = "abc"                                                  // OpenSSL lets nobody type one of less than 4
	OddPassword   = " 50% of #odd: {horses} & $CO's; <ever> ~/so,`much`? " // nothing may be cut off at its ends
)

// Files are the paths of what a subject is given that wants a certificate and a key in files: a good pair in all forms,
// and what must not work.
type Files struct {
	Issued tls.Certificate // what the files hold

	PEM                                          // as everybody writes them
	CRLF                       PEM               // the same, with lines that end in CR LF
	KeyFirst, CertificateFirst string            // certificate and plain key in one file
	Secrets                    map[Secret]string // more encrypted keys

	OtherKey string // plain PKCS#8 and P-256, but not the certificate's (clause argument/key-mismatch)

	ExchangeKey string // an X25519 key, which signs nothing and so belongs to no certificate

	NotPEM, GarbageCertificate string            // malformed (clause argument/file-missing); garbage is within good PEM
	GarbageKeys                map[string]string // by the type of their PEM, that of no form included
	DamagedKeys                map[string]string // encrypted, by the name of their [Damage]
	DamagedLink                string            // the certificate, and behind it one whose PEM is damaged
}

// GarbageTypes are the types of PEM in which there is a key of garbage: those of [Forms], that of OpenSSH, and one that
// there is not.
var GarbageTypes = []string{"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY", "UNKNOWN PRIVATE KEY"}

// PEM are the paths of a certificate and its key.
type PEM struct {
	Certificate string          // the whole chain, the leaf first (clause argument/chain)
	Keys        map[Form]string // the encrypted ones open with [Password]
}

// A Secret is how a key is encrypted.
type Secret struct {
	Form     Form   // OlderEncrypted or PBES2SHA256
	Password string // ShortPassword or OddPassword
}

// WriteFiles issues a certificate and writes it, with all that [Files] names, into an existing folder. It overwrites
// nothing: each certificate needs a folder of its own.
func (a *Authority) WriteFiles(folder string, v Variant) (*Files, error) {
	issued, err := a.Issue(v)
	if err != nil {
		return nil, err
	}
	other, err := P256.generate()
	if err != nil {
		return nil, fmt.Errorf("make another key: %w", err)
	}
	w := writer{folder: folder}
	certificate := certificatePEM(issued.Certificate...)
	plain := w.encode(PKCS8, issued.PrivateKey, "")
	files := &Files{
		Issued:             issued,
		PEM:                PEM{w.write("certificate.pem", 0o644, certificate), make(map[Form]string)},
		CRLF:               PEM{w.write("crlf-certificate.pem", 0o644, crlf(certificate)), make(map[Form]string)},
		KeyFirst:           w.write("key-first.pem", 0o600, slices.Concat(plain, certificate)),
		CertificateFirst:   w.write("certificate-first.pem", 0o600, slices.Concat(certificate, plain)),
		Secrets:            make(map[Secret]string),
		OtherKey:           w.write("other-key.pem", 0o600, w.encode(PKCS8, other, "")),
		NotPEM:             w.write("not-pem.pem", 0o644, []byte("This is no PEM.\n")),
		GarbageCertificate: w.write("garbage-certificate.pem", 0o644, garbage("CERTIFICATE")),
		ExchangeKey:        w.write("exchange-key.pem", 0o600, exchangeKey()),
		GarbageKeys:        make(map[string]string),
		DamagedKeys:        make(map[string]string),
		DamagedLink:        w.write("damaged-link.pem", 0o644, slices.Concat(certificate, damaged(certificate))),
	}
	for _, form := range Forms {
		key, name := w.encode(form, issued.PrivateKey, Password), "key-"+string(form)+".pem"
		files.Keys[form] = w.write(name, 0o600, key)
		files.CRLF.Keys[form] = w.write("crlf-"+name, 0o600, crlf(key))
	}
	for _, kind := range GarbageTypes {
		name := "garbage-" + strings.ToLower(strings.ReplaceAll(kind, " ", "-")) + ".pem"
		files.GarbageKeys[kind] = w.write(name, 0o600, garbage(kind))
	}
	for n, damage := range Damages {
		content, err := damage.spoilt(issued.PrivateKey, Password)
		if err != nil {
			return nil, fmt.Errorf("encrypt a key with %s: %w", damage.Name, err)
		}
		files.DamagedKeys[damage.Name] = w.write(fmt.Sprintf("damaged-key-%d.pem", n+1), 0o600, content)
	}
	for kind, password := range map[string]string{"short": ShortPassword, "odd": OddPassword} {
		for _, form := range []Form{OlderEncrypted, PBES2SHA256} {
			name := fmt.Sprintf("key-%s-%s.pem", form, kind)
			files.Secrets[Secret{form, password}] = w.write(name, 0o600, w.encode(form, issued.PrivateKey, password))
		}
	}
	if w.err != nil {
		return nil, fmt.Errorf("write the files of a certificate (%s): %w", v.Name, w.err)
	}
	return files, nil
}

func crlf(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }

// exchangeKey is a key that is only good for the exchange of others, in PKCS#8.
func exchangeKey() []byte {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // there is no way to fail
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// damaged is PEM with what is not base64 in its first line.
func damaged(text []byte) []byte { return bytes.Replace(text, []byte("-\n"), []byte("-\n**"), 1) }

// A writer writes files until one fails.
type writer struct {
	folder string
	err    error
}

// write makes a new file and returns its path.
func (w *writer) write(name string, mode os.FileMode, content []byte) string {
	path := filepath.Join(w.folder, name)
	if w.err != nil {
		return path
	}
	// A file that is there already would keep its mode, so it must not be.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		w.err = err
		return path
	}
	_, w.err = file.Write(content)
	if err := file.Close(); w.err == nil {
		w.err = err
	}
	return path
}

// encode writes nothing yet.
func (w *writer) encode(form Form, key any, password string) []byte {
	content, err := form.Encode(key, password)
	if w.err == nil {
		w.err = err
	}
	return content
}

// garbage is good PEM of random bytes that do not begin as DER of any certificate or key does.
func garbage(kind string) []byte {
	noise := make([]byte, 256)
	rand.Read(noise)
	noise[0] = 0xff
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: noise})
}
