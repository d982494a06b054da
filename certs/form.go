package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// A Form is how a private key stands in a PEM file.
type Form string

// The plain forms (clauses argument/certificate and argument/password-unneeded).
const (
	PKCS8 Form = "pkcs8" // PRIVATE KEY, RFC 5958
	Older Form = "older" // EC PRIVATE KEY, RFC 5915; RSA PRIVATE KEY, RFC 8017 appendix A.1.2. Ed25519 has none.
)

// The encrypted forms, with AES-256-CBC unless another is named (clause argument/password; OlderEncrypted:
// argument/password-older).
const (
	OlderEncrypted Form = "older-encrypted" // Proc-Type: 4,ENCRYPTED of RFC 1421, as OpenSSL extends it
	PBES2SHA1      Form = "pbes2-sha1"      // ENCRYPTED PRIVATE KEY, RFC 8018: PBKDF2 with HMAC-SHA-1, its default
	PBES2SHA256    Form = "pbes2-sha256"    // PBKDF2 with HMAC-SHA-256, which OpenSSL writes
	PBES2AES128    Form = "pbes2-aes-128"   // the same with AES-128-CBC, the key's length given
	PBES2AES192    Form = "pbes2-aes-192"   // and with AES-192-CBC
	PBES2Scrypt    Form = "pbes2-scrypt"    // scrypt, RFC 7914 section 7
)

// Forms are all of them.
var Forms = []Form{PKCS8, Older, OlderEncrypted, PBES2SHA1, PBES2SHA256, PBES2AES128, PBES2AES192, PBES2Scrypt}

// Encrypted is whether it takes a password to read the key.
func (f Form) Encrypted() bool { return f != PKCS8 && f != Older }

// Encode writes a key in this form; a plain form needs no password.
func (f Form) Encode(key crypto.PrivateKey, password string) ([]byte, error) {
	block, err := f.block(key, password)
	if err != nil {
		return nil, fmt.Errorf("write a key as %s: %w", f, err)
	}
	return pem.EncodeToMemory(block), nil
}

func (f Form) block(key crypto.PrivateKey, password string) (*pem.Block, error) {
	switch f {
	case Older:
		return older(key)
	case OlderEncrypted:
		plain, err := older(key)
		if err != nil {
			return nil, err
		}
		//lint:ignore SA1019 it is insecure, and in use: that a subject can read it is what is asked
		return x509.EncryptPEMBlock(rand.Reader, plain.Type, plain.Bytes, []byte(password), x509.PEMCipherAES256)
	}
	if f == PKCS8 {
		plain, err := x509.MarshalPKCS8PrivateKey(key)
		return &pem.Block{Type: "PRIVATE KEY", Bytes: plain}, err
	}
	scheme, known := schemes[f]
	if !known {
		return nil, fmt.Errorf("there is no such form")
	}
	sealed, err := scheme.encrypt(key, password)
	if err != nil {
		return nil, err
	}
	return sealed.block()
}

// older is the form that has a type of its own for each algorithm.
func older(key crypto.PrivateKey) (*pem.Block, error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(key)
		return &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}, err
	case *rsa.PrivateKey:
		return &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}, nil
	}
	return nil, fmt.Errorf("a %T has no such form", key)
}
