package mutants

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks the reading of files and passwords that are unlike the common ones.
var argumentFileMutants = []Mutant{
	{Name: "crlf-unread", Rows: []string{"L4"}, tamper: wrapRequests(crlfUnread),
		Breaks: []string{"argument/certificate", "argument/password", "argument/password-older"}},
	{Name: "first-block-alone-read", Breaks: []string{"argument/certificate"}, Rows: []string{"L4"}, tamper: wrapRequests(firstBlockAlone)},
	{Name: "short-password-refused", Rows: []string{"L4"}, tamper: wrapRequests(shortPasswordRefused),
		Breaks: []string{"argument/password", "argument/password-older"}},
	{Name: "password-trimmed", Rows: []string{"L4"}, tamper: wrapRequests(passwordTrimmed),
		Breaks: []string{"argument/password", "argument/password-older"}},
	{Name: "password-of-rsa-key-ignored", Rows: []string{"L4"}, tamper: wrapRequests(passwordOfRSAIgnored),
		Breaks: []string{"argument/password", "argument/password-older"}},
	{Name: "aes-256-alone-read", Breaks: []string{"argument/password"}, Rows: []string{"L4"}, tamper: wrapRequests(aes256Alone)},
	{Name: "key-that-cannot-sign-unnoticed", Breaks: []string{"argument/key-mismatch"}, tamper: wrapRequests(cannotSignUnnoticed)},
	{Name: "key-of-another-kind-unnoticed", Breaks: []string{"argument/key-mismatch"}, Rows: []string{"L5"}, tamper: wrapRequests(otherKindUnnoticed)},
	{Name: "file-of-another-kind-unnoticed", Breaks: []string{"argument/file-missing"}, Rows: []string{"L7"}, tamper: wrapRequests(wrongFileUnnoticed)},
	{Name: "damaged-link-passed-over", Breaks: []string{"argument/file-missing"}, tamper: wrapRequests(damagePassedOver)},
}

const unreadable = "/no/such/file.pem"

func crlfUnread(q *subject.Request) {
	if bytes.Contains(contentOf(q.Key), []byte("\r\n")) {
		q.Key = unreadable
	}
}

// firstBlockAlone finds nothing in a file that begins with something else.
func firstBlockAlone(q *subject.Request) {
	if block := firstBlock(q.Certificate); block != nil && block.Type != "CERTIFICATE" {
		q.Certificate = unreadable
	}
	if block := firstBlock(q.Key); block != nil && !strings.HasSuffix(block.Type, "PRIVATE KEY") {
		q.Key = unreadable
	}
}

// firstBlock is what a file begins with, nil if that is no PEM.
func firstBlock(path string) *pem.Block {
	block, _ := pem.Decode(contentOf(path))
	return block
}

// shortPasswordRefused has the limit that OpenSSL has for what people type.
func shortPasswordRefused(q *subject.Request) {
	if len(q.Password) < 4 {
		q.Password = ""
	}
}

func passwordTrimmed(q *subject.Request) { q.Password = strings.TrimSpace(q.Password) }

func passwordOfRSAIgnored(q *subject.Request) {
	if kindOfCertificate(q.Certificate) == x509.RSA && encrypted(q.Key) {
		q.Password = ""
	}
}

// aes256Alone reads no key that is encrypted by PBES2 with a shorter key.
func aes256Alone(q *subject.Request) {
	block := firstBlock(q.Key)
	if block == nil || block.Type != "ENCRYPTED PRIVATE KEY" {
		return
	}
	for _, shorter := range []asn1.ObjectIdentifier{{2, 16, 840, 1, 101, 3, 4, 1, 2}, {2, 16, 840, 1, 101, 3, 4, 1, 22}} {
		if id, err := asn1.Marshal(shorter); err == nil && bytes.Contains(block.Bytes, id) {
			q.Key = unreadable
		}
	}
}

// cannotSignUnnoticed presents nothing where there is a key that could not sign for it.
func cannotSignUnnoticed(q *subject.Request) {
	if _, exchanges := keyOf(q.Key).(*ecdh.PrivateKey); exchanges {
		certificateWithheld(q)
	}
}

// otherKindUnnoticed keeps certificates and keys in a place for each kind, as OpenSSL does, and finds none with both.
func otherKindUnnoticed(q *subject.Request) {
	certificate, key := kindOfCertificate(q.Certificate), kindOfKey(q.Key)
	if certificate != x509.UnknownPublicKeyAlgorithm && key != x509.UnknownPublicKeyAlgorithm && certificate != key {
		certificateWithheld(q)
	}
}

func kindOfCertificate(path string) x509.PublicKeyAlgorithm {
	if block := firstBlock(path); block != nil {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			return certificate.PublicKeyAlgorithm
		}
	}
	return x509.UnknownPublicKeyAlgorithm
}

func kindOfKey(path string) x509.PublicKeyAlgorithm {
	switch keyOf(path).(type) {
	case *ecdsa.PrivateKey:
		return x509.ECDSA
	case *rsa.PrivateKey:
		return x509.RSA
	}
	return x509.UnknownPublicKeyAlgorithm
}

// keyOf reads a key in plain PKCS#8, nil for any other.
func keyOf(path string) any {
	block := firstBlock(path)
	if block == nil {
		return nil
	}
	key, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	return key
}

// wrongFileUnnoticed finds nothing that it knows in a file of PEM, and takes that for nothing to be presented.
func wrongFileUnnoticed(q *subject.Request) {
	unknown := func(path string, known ...string) bool {
		content := contentOf(path)
		return bytes.Contains(content, []byte("-----BEGIN ")) && !slices.ContainsFunc(known, func(kind string) bool {
			return bytes.Contains(content, []byte("-----BEGIN "+kind+"-----"))
		})
	}
	if unknown(q.Certificate, "CERTIFICATE") || unknown(q.Key, "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY") {
		certificateWithheld(q)
	}
}

// damagePassedOver reads what there is, as decoders of PEM do that look for the next block.
func damagePassedOver(q *subject.Request) {
	var read []byte
	for block, rest := pem.Decode(contentOf(q.Certificate)); block != nil; block, rest = pem.Decode(rest) {
		read = append(read, pem.EncodeToMemory(block)...)
	}
	if whole := q.Certificate + ".whole"; read != nil && os.WriteFile(whole, read, 0o600) == nil { // beside it, with which it is removed
		q.Certificate = whole
	}
}
