package certs_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/certs"
)

// A fault is why a variant is refused: how crypto/x509 and OpenSSL put it, and what takes it away.
type fault struct {
	is      func(error) bool
	openssl []string // numbers of X509_V_ERR
	without func(*x509.VerifyOptions, *x509.Certificate)
}

func unknown(err error) bool   { return errors.As(err, new(x509.UnknownAuthorityError)) }
func wrongHost(err error) bool { return errors.As(err, new(x509.HostnameError)) }
func invalid(reason x509.InvalidReason) func(error) bool {
	return func(err error) bool {
		var e x509.CertificateInvalidError
		return errors.As(err, &e) && e.Reason == reason
	}
}

// notAuthority finds what crypto/x509 only mentions in the text of another error.
func notAuthority(err error) bool {
	return unknown(err) && strings.Contains(err.Error(), x509.ConstraintViolationError{}.Error())
}

// trusted makes nothing matter that is above the leaf.
func trusted(o *x509.VerifyOptions, leaf *x509.Certificate) { o.Roots.AddCert(leaf) }

func at(offset time.Duration) func(*x509.VerifyOptions, *x509.Certificate) {
	return func(o *x509.VerifyOptions, _ *x509.Certificate) { o.CurrentTime = time.Now().Add(offset) }
}

func asked(host string) func(*x509.VerifyOptions, *x509.Certificate) {
	return func(o *x509.VerifyOptions, _ *x509.Certificate) { o.DNSName = host }
}

func forClients(o *x509.VerifyOptions, _ *x509.Certificate) {
	o.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}

var faults = map[string]fault{
	certs.UnknownAuthority.Name:    {unknown, []string{"20"}, trusted},
	certs.SelfSigned.Name:          {unknown, []string{"18"}, trusted},
	certs.Expired.Name:             {invalid(x509.Expired), []string{"10"}, at(-2 * time.Hour)},
	certs.NotYetValid.Name:         {invalid(x509.Expired), []string{"9"}, at(2 * time.Hour)},
	certs.ExpiredIntermediate.Name: {invalid(x509.Expired), []string{"10"}, at(-2 * time.Hour)},
	certs.OtherName.Name:           {wrongHost, []string{"62"}, asked(certs.Address.String())},
	certs.OtherAddress.Name:        {wrongHost, []string{"64"}, asked(certs.Name)},
	certs.CNOnly.Name:              {wrongHost, nil, asked("")}, // OpenSSL takes the CN where there is no SAN
	certs.WrongPurpose.Name:        {invalid(x509.IncompatibleUsage), []string{"26"}, forClients},
	certs.IssuedByLeaf.Name:        {notAuthority, []string{"79", "26", "32"}, trusted},
	certs.NotPermitted.Name:        {invalid(x509.CANotAuthorizedForThisName), []string{"47"}, trusted},
	certs.MissingIntermediate.Name: {unknown, []string{"20"}, trusted},
}

// host is what a client asks for that meets the fault of a variant.
func host(v certs.Variant) string {
	if v.Name == certs.OtherAddress.Name {
		return certs.Address.String()
	}
	return certs.Name
}

// TestRefused finds that each bad variant has the fault it is named for, and no other.
func TestRefused(t *testing.T) {
	authority := newAuthority(t)
	for _, v := range certs.Refused {
		t.Run(v.Name, func(t *testing.T) {
			fault, known := faults[v.Name]
			if !known {
				t.Fatal("the test does not know why it is refused")
			}
			issued := issue(t, authority, v)
			options := asClient(t, authority, issued, host(v))
			if _, err := issued.Leaf.Verify(options); !fault.is(err) {
				t.Errorf("refused for another reason, or not at all: %v", err)
			}
			fault.without(&options, issued.Leaf)
			if _, err := issued.Leaf.Verify(options); err != nil {
				t.Errorf("there is more amiss: %v", err)
			}
		})
	}
	if len(certs.Refused) != len(faults) {
		t.Errorf("%d variants for %d faults", len(certs.Refused), len(faults))
	}
}

func TestAccepted(t *testing.T) {
	authority := newAuthority(t)
	for _, v := range certs.Accepted {
		t.Run(v.Name, func(t *testing.T) {
			issued := issue(t, authority, v)
			for _, host := range []string{certs.Name, certs.Address.String()} {
				if _, err := issued.Leaf.Verify(asClient(t, authority, issued, host)); err != nil {
					t.Error(err)
				}
				for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
					handshake(t, &tls.Config{Certificates: []tls.Certificate{issued}},
						&tls.Config{RootCAs: pool(t, authority), ServerName: host, MaxVersion: version})
				}
			}
		})
	}
}

// TestClients finds that a server accepts what a client shows, and gets the whole chain.
func TestClients(t *testing.T) {
	authority := newAuthority(t)
	server := issue(t, authority, certs.Good)
	for _, v := range certs.Clients {
		t.Run(v.Name, func(t *testing.T) {
			issued := issue(t, authority, v)
			if _, err := issued.Leaf.Verify(asClient(t, authority, issued, "")); !invalid(x509.IncompatibleUsage)(err) {
				t.Errorf("good for a server: %v", err)
			}
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				seen := handshake(t, &tls.Config{
					Certificates: []tls.Certificate{server},
					ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: pool(t, authority),
				}, &tls.Config{
					Certificates: []tls.Certificate{issued},
					RootCAs:      pool(t, authority), ServerName: certs.Name, MaxVersion: version,
				})
				var chain [][]byte
				for _, c := range seen.PeerCertificates {
					chain = append(chain, c.Raw)
				}
				if diff := cmp.Diff(issued.Certificate, chain); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// TestOpenSSL has another judge of the same, with the strict mode that wants good certificates flawless.
func TestOpenSSL(t *testing.T) {
	authority := newAuthority(t)
	for _, group := range []struct {
		purpose  string
		variants []certs.Variant
	}{
		{"sslserver", slices.Concat(certs.Accepted, certs.Refused)},
		{"sslclient", certs.Clients},
	} {
		for _, v := range group.variants {
			t.Run(v.Name, func(t *testing.T) {
				arguments := []string{"-purpose", group.purpose}
				switch {
				case group.purpose == "sslclient":
				case net.ParseIP(host(v)) != nil:
					arguments = append(arguments, "-verify_ip", host(v))
				default:
					arguments = append(arguments, "-verify_hostname", host(v))
				}
				output := opensslVerify(t, authority, issue(t, authority, v), arguments...)
				var numbers []string
				for _, match := range regexp.MustCompile(`(?m)^error (\d+) at`).FindAllStringSubmatch(output, -1) {
					numbers = append(numbers, match[1])
				}
				if diff := cmp.Diff(faults[v.Name].openssl, numbers); diff != "" {
					t.Errorf("%s%s", diff, output)
				}
			})
		}
	}
}

func opensslVerify(t *testing.T, authority *certs.Authority, issued tls.Certificate, arguments ...string) string {
	t.Helper()
	var chain []byte
	for _, der := range issued.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	root, sent := filepath.Join(t.TempDir(), "root.pem"), filepath.Join(t.TempDir(), "sent.pem")
	if err := errors.Join(os.WriteFile(root, authority.PEM(), 0o600), os.WriteFile(sent, chain, 0o600)); err != nil {
		t.Fatal(err)
	}
	arguments = append([]string{"verify", "-x509_strict", "-CAfile", root, "-untrusted", sent}, arguments...)
	output, _ := openssl(t, append(arguments, sent)...)
	return output
}

// TestDefaults finds that what is not a variant's fault is as it should be, and that nothing is issued twice.
func TestDefaults(t *testing.T) {
	authority := newAuthority(t)
	algorithms := map[string]string{
		certs.GoodP384.Name: "ECDSA P-384", certs.GoodEd25519.Name: "Ed25519",
		certs.GoodRSA.Name: "RSA 2048", certs.ClientRSA.Name: "RSA 2048",
	}
	serials, keys := map[string]bool{}, map[string]bool{}
	all := slices.Concat(certs.Accepted, certs.Refused, certs.Clients)
	for _, v := range slices.Concat(all, []certs.Variant{certs.Good, certs.Good}) {
		leaf := issue(t, authority, v).Leaf
		want := algorithms[v.Name]
		if want == "" {
			want = "ECDSA P-256"
		}
		if got := algorithm(leaf); got != want {
			t.Errorf("%s: its key is %s, want %s", v.Name, got, want)
		}
		if age := time.Since(leaf.NotBefore); age < 24*time.Hour && v.Name != certs.NotYetValid.Name {
			t.Errorf("%s: back-dated by %v only", v.Name, age)
		}
		serial, key := leaf.SerialNumber.String(), string(leaf.RawSubjectPublicKeyInfo)
		if serials[serial] || keys[key] && v.Key != certs.RSA2048 {
			t.Errorf("%s: its serial number or key is another's", v.Name)
		}
		serials[serial], keys[key] = true, true
	}
}

func algorithm(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprint("RSA ", key.N.BitLen())
	}
	return c.PublicKeyAlgorithm.String()
}
