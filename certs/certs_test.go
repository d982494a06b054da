package certs_test

import (
	"crypto/x509"
	"testing"

	"github.com/sslconform/sslconform/certs"
)

func TestLeaf(t *testing.T) {
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	other, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(leaf.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what  string
		roots *certs.Authority
		name  string
		good  bool
	}{
		{"its name", authority, certs.Name, true},
		{"its address", authority, certs.Address.String(), true},
		{"another name", authority, "other.sslconform.test", false},
		{"another authority", other, certs.Name, false},
	} {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(test.roots.PEM()) {
			t.Fatal("the authority's PEM holds no certificate")
		}
		_, err := certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: test.name})
		if (err == nil) != test.good {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}
