package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
)

// An Algorithm is the kind of a leaf's key. Whatever the leaf has, those above it have P-256.
type Algorithm int

// The algorithms that RFC 8446 section 9.1 makes every TLS 1.3 know for certificates (P-256 and RSA), and two more.
const (
	P256 Algorithm = iota
	P384
	Ed25519
	RSA2048 // takes the better part of a tenth of a second to make, so it is made once in a process
)

// Ahead makes what takes long to make, before it is needed.
func Ahead() error {
	_, err := theRSAKey()
	return err
}

var theRSAKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (a Algorithm) generate() (crypto.Signer, error) {
	switch a {
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case RSA2048:
		return theRSAKey()
	}
	return nil, fmt.Errorf("no algorithm has the number %d", int(a))
}
