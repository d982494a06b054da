package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Name is what a good leaf is issued for, beside [Address]. It has a dot, since some clients send no SNI without one.
const Name = "server.sslconform.test"

// Address is the other thing that a good leaf is issued for.
var Address = net.IPv4(127, 0, 0, 1)

// An Authority certifies leaves.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes an authority with a key of its own (ECDSA P-256).
func NewAuthority() (*Authority, error) {
	template := template("sslconform test authority")
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	key, der, err := sign(template, template, nil)
	if err != nil {
		return nil, fmt.Errorf("make an authority: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the authority just made: %w", err)
	}
	return &Authority{certificate, key}, nil
}

// Leaf makes a certificate for a server, good for [Name] and [Address].
func (a *Authority) Leaf() (tls.Certificate, error) {
	template := template(Name)
	template.DNSNames = []string{Name}
	template.IPAddresses = []net.IP{Address}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	key, der, err := sign(template, a.certificate, a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a leaf: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// PEM is the authority's certificate as a client trusts it.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// template is back-dated, so that a clock a little off does no harm.
func template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: now.Add(-24 * time.Hour),
		NotAfter:  now.Add(24 * time.Hour),
	}
}

// sign makes a key and certifies it; without a parent's key the certificate is self-signed.
func sign(template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if parentKey == nil {
		parentKey = key
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	return key, der, err
}
