package certs

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"slices"
	"time"
)

// An Authority certifies leaves.
type Authority struct {
	*identity
}

// An identity is a certificate and the key that belongs to it.
type identity struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// NewAuthority makes an authority with a key of its own (ECDSA P-256). All authorities have the same name, so that
// one cannot be told from another without a look at the keys.
func NewAuthority() (*Authority, error) {
	made, err := certify(authorityTemplate("sslconform test authority", 0, 0), P256, nil)
	if err != nil {
		return nil, fmt.Errorf("make an authority: %w", err)
	}
	return &Authority{made}, nil
}

// Leaf makes a certificate for a server, good for [Name] and [Address].
func (a *Authority) Leaf() (tls.Certificate, error) { return a.Issue(Good) }

// Pool is what a client that trusts the authority alone goes by.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// PEM is the authority's certificate as a client trusts it.
func (a *Authority) PEM() []byte { return certificatePEM(a.certificate.Raw) }

// Issue makes a certificate, with a key of its own unless that is RSA, and the chain to send along; the authority is no
// part of that.
func (a *Authority) Issue(v Variant) (tls.Certificate, error) {
	chain, err := a.chain(v)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("issue a certificate (%s): %w", v.Name, err)
	}
	leaf := chain[0]
	issued := tls.Certificate{PrivateKey: leaf.key, Leaf: leaf.certificate}
	for _, link := range chain {
		issued.Certificate = append(issued.Certificate, link.certificate.Raw)
	}
	return issued, nil
}

// chain is what is sent in a handshake, the leaf first.
func (a *Authority) chain(v Variant) ([]*identity, error) {
	issuer, err := a.root(v)
	if err != nil {
		return nil, err
	}
	var chain []*identity
	if v.Via != nil {
		if issuer, err = certify(v.Via.template(), P256, issuer); err != nil {
			return nil, fmt.Errorf("make its intermediate: %w", err)
		}
		if !v.Via.Missing {
			chain = append(chain, issuer)
		}
	}
	leaf, err := certify(v.template(), v.Key, issuer)
	if err != nil {
		return nil, err
	}
	return slices.Insert(chain, 0, leaf), nil
}

// root is the end of a variant's chain; nil is the end of one that ends in itself.
func (a *Authority) root(v Variant) (*identity, error) {
	switch {
	case v.SelfSigned:
		return nil, nil
	case v.Unknown:
		other, err := NewAuthority()
		if err != nil {
			return nil, err
		}
		return other.identity, nil
	}
	return a.identity, nil
}

// certify makes a key and certifies it; without an issuer the certificate is self-signed. The serial number is left to
// x509, which takes a random one.
func certify(template *x509.Certificate, algorithm Algorithm, issuer *identity) (*identity, error) {
	key, err := algorithm.generate()
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	if issuer == nil {
		issuer = &identity{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read what was just signed: %w", err)
	}
	return &identity{certificate, key}, nil
}

func authorityTemplate(name string, from, until time.Duration) *x509.Certificate {
	t := template(name, from, until)
	t.IsCA = true
	t.BasicConstraintsValid = true
	t.KeyUsage = x509.KeyUsageCertSign
	return t
}

// template counts the time of validity from now. By default it is back-dated by a day, so that a clock a little off
// does no harm, and ends in a day.
func template(name string, from, until time.Duration) *x509.Certificate {
	const day = 24 * time.Hour
	if from == 0 {
		from = -day
	}
	if until == 0 {
		until = day
	}
	now := time.Now()
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: now.Add(from),
		NotAfter:  now.Add(until),
	}
}

// certificatePEM writes certificates one after the other, as a file holds a chain.
func certificatePEM(chain ...[]byte) []byte {
	var text []byte
	for _, der := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return text
}
