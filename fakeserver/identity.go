package fakeserver

import (
	"crypto/tls"
	"fmt"

	"github.com/sslconform/sslconform/certs"
)

// An Identity is what the peers of scenarios show.
type Identity struct {
	Good, Unknown, Expired, OtherName tls.Certificate
}

// NewIdentity has its certificates issued by the authority, but for the one of an authority that nobody knows.
func NewIdentity(a *certs.Authority) (Identity, error) {
	var id Identity
	for _, each := range []struct {
		variant certs.Variant
		into    *tls.Certificate
	}{{certs.Good, &id.Good}, {certs.UnknownAuthority, &id.Unknown}, {certs.Expired, &id.Expired}, {certs.OtherName, &id.OtherName}} {
		issued, err := a.Issue(each.variant)
		if err != nil {
			return id, fmt.Errorf("make the identity of scenarios: %w", err)
		}
		*each.into = issued
	}
	return id, nil
}
