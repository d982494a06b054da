package certs

import (
	"cmp"
	"crypto/rand"
	"crypto/x509"
	"net"
	"time"
)

// Name is what a good leaf is issued for, beside [Address]. It has a dot, since some clients send no SNI without one.
const Name = "server.sslconform.test"

// Address is the other thing that a good leaf is issued for.
var Address = net.IPv4(127, 0, 0, 1)

// A Variant is a certificate, told by what differs from a good one: with all fields at their defaults it is a server's
// that every client accepts.
type Variant struct {
	Name string // what it is, in words that can name a spec or a subtest

	Host    string           // the name it is issued for, in the SAN and the CN; by default the constant Name
	Address net.IP           // the address it is issued for; by default the variable Address
	CNOnly  bool             // there is no SAN: Host stands only in the CN, Address nowhere
	Purpose x509.ExtKeyUsage // by default (0) server authentication
	Key     Algorithm        // by default P256

	From, Until time.Duration // the time of validity, counted from now; by default from a day ago until in a day

	Unknown    bool          // its authority is not the one that issues it, but another of the same name
	SelfSigned bool          // there is no authority: the chain ends in what its own key has signed
	Via        *Intermediate // what stands between it and its authority; by default nothing
}

// An Intermediate is an authority below the authority, told like a [Variant] by what differs from a good one.
type Intermediate struct {
	Until     time.Duration // by default in a day
	Permitted string        // the only domain that it may issue for; by default any
	IsLeaf    bool          // it is no authority, but a good leaf for another name
	Missing   bool          // it is not sent along
}

func (v Variant) template() *x509.Certificate {
	host := cmp.Or(v.Host, Name)
	t := template(host, v.From, v.Until)
	t.SubjectKeyId = []byte(rand.Text()) // most leaves have one; any value will do (RFC 5280 section 4.2.1.2)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{cmp.Or(v.Purpose, x509.ExtKeyUsageServerAuth)}
	if v.CNOnly {
		return t
	}
	t.DNSNames = []string{host}
	t.IPAddresses = []net.IP{Address}
	if v.Address != nil {
		t.IPAddresses = []net.IP{v.Address}
	}
	return t
}

func (i Intermediate) template() *x509.Certificate {
	if i.IsLeaf {
		return Variant{Host: otherName, Until: i.Until}.template()
	}
	t := authorityTemplate("sslconform test intermediate", 0, i.Until)
	if i.Permitted != "" {
		t.PermittedDNSDomains = []string{i.Permitted}
		t.PermittedDNSDomainsCritical = true
	}
	return t
}
