package certs

import (
	"crypto/x509"
	"net"
	"time"
)

const (
	otherName  = "other.sslconform.test"
	clientName = "client.sslconform.test"
)

// What a client accepts, by [Name] and by [Address] (clause verify/good); P-384 and Ed25519 only if it knows them.
var (
	Good        = Variant{Name: "good"}
	GoodP384    = Variant{Name: "good, ECDSA P-384", Key: P384}
	GoodEd25519 = Variant{Name: "good, Ed25519", Key: Ed25519}
	GoodRSA     = Variant{Name: "good, RSA", Key: RSA2048}
	GoodChain   = Variant{Name: "good, behind an intermediate", Via: &Intermediate{}}
)

// Accepted are the variants good for a server.
var Accepted = []Variant{Good, GoodP384, GoodEd25519, GoodRSA, GoodChain}

// What a client of an authority that it does not know refuses (clause verify/untrusted).
var (
	UnknownAuthority = Variant{Name: "unknown authority", Unknown: true}
	SelfSigned       = Variant{Name: "self-signed", SelfSigned: true}
)

// What it refuses for the time (clause verify/expired, RFC 5280 section 4.1.2.5).
var (
	Expired             = Variant{Name: "expired", Until: -time.Hour}
	NotYetValid         = Variant{Name: "not yet valid", From: time.Hour}
	ExpiredIntermediate = Variant{Name: "expired intermediate", Via: &Intermediate{Until: -time.Hour}}
)

// What it refuses for the host (clauses verify/wrong-host and verify/cn-only, RFC 9525 section 6). Each differs in one
// thing: OtherName is still good for [Address], and OtherAddress for [Name].
var (
	OtherName    = Variant{Name: "other name", Host: otherName}
	OtherAddress = Variant{Name: "other address", Address: net.IPv4(192, 0, 2, 1)} // one for documentation, RFC 5737
	CNOnly       = Variant{Name: "name only in the CN", CNOnly: true}
)

// What it refuses since somebody was not meant to do this (clause verify/purpose, RFC 5280 sections 4.2.1.12, 4.2.1.9
// and 4.2.1.10).
var (
	WrongPurpose = Variant{Name: "only for clients", Purpose: x509.ExtKeyUsageClientAuth}
	IssuedByLeaf = Variant{Name: "issued by a leaf", Via: &Intermediate{IsLeaf: true}}
	NotPermitted = Variant{Name: "issuer permits another domain only", Via: &Intermediate{Permitted: "elsewhere.test"}}
)

// MissingIntermediate is what a client refuses since it cannot build the chain (clause verify/incomplete).
var MissingIntermediate = Variant{Name: "missing intermediate", Via: &Intermediate{Missing: true}}

// Refused are the variants bad for a server: for one asked by [Name], or [OtherAddress] for one asked by [Address].
var Refused = []Variant{
	UnknownAuthority, SelfSigned,
	Expired, NotYetValid, ExpiredIntermediate,
	OtherName, OtherAddress, CNOnly,
	WrongPurpose, IssuedByLeaf, NotPermitted,
	MissingIntermediate,
}

// What a client shows to a server that asks (clauses argument/certificate and argument/chain).
var (
	Client      = Variant{Name: "client", Host: clientName, Purpose: x509.ExtKeyUsageClientAuth}
	ClientRSA   = Variant{Name: "client, RSA", Host: clientName, Purpose: x509.ExtKeyUsageClientAuth, Key: RSA2048}
	ClientChain = Variant{
		Name: "client, behind an intermediate", Host: clientName, Purpose: x509.ExtKeyUsageClientAuth,
		Via: &Intermediate{},
	}
)

// Clients are the variants good for a client.
var Clients = []Variant{Client, ClientRSA, ClientChain}
