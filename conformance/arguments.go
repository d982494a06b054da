package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// arguments holds the subject to: "(defun wrap-in-ssl (socket/stream &key certificate key password
// (method 'cl+ssl::ssl-v23-client-method) close-cb))".
func (c *catalogue) arguments() {
	c.argumentCertificate()
	c.argumentPassword()
	c.argumentTerminal()
	c.argumentRefused()
	c.argumentOriginal()
	c.argumentPerWrap()
	c.argumentMethod()
	c.argumentClosed()
}

func (c *catalogue) argumentCertificate() {
	c.of("argument/certificate")
	for _, v := range versions {
		c.it("presents the certificate to a peer that asks, under "+v.name, func(sp *spec) {
			client := sp.client(certs.Client)
			r := sp.wrapAs(client, certs.PKCS8)
			p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(sp.under(v, &r)), fakeserver.ExpectEnd())
			sp.presentsLeaf(p, client, r)
		}).needing(v.needs)
		c.satisfies(certs.Client, v)
		c.satisfies(certs.ClientRSA, v)
	}
	c.presents("of a key in its older form: "+certs.Client.Name, certs.Client, certs.Older).row("L4")
	c.presents("of a key in its older form: "+certs.ClientRSA.Name, certs.ClientRSA, certs.Older).row("L4")
	// What a file holds beside what is looked for, and how its lines end, is to be no matter (RFC 7468, sections 2 and 3).
	c.presents("in files whose lines end in CR LF", certs.Client, certs.PKCS8, crlf).row("L4")
	c.presents("in one file with its key, the key first", certs.Client, certs.PKCS8, func(r *subject.Request, client *certs.Files) {
		r.Certificate, r.Key = client.KeyFirst, client.KeyFirst
	}).row("L4")
	c.presents("in one file with its key, the key last", certs.Client, certs.PKCS8, func(r *subject.Request, client *certs.Files) {
		r.Certificate, r.Key = client.CertificateFirst, client.CertificateFirst
	}).row("L4")

	c.of("argument/chain")
	for _, v := range versions {
		c.it("presents all certificates of the file, under "+v.name, func(sp *spec) {
			client := sp.client(certs.ClientChain)
			r := sp.wrapAs(client, certs.PKCS8)
			p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(sp.under(v, &r)), fakeserver.ExpectEnd())
			sp.connected(p)
			sp.must(r)
			chain, presented := chainOf(client), sp.presented(p)
			presented = presented[:min(len(presented), len(chain))] // an authority that is trusted may stand behind them
			sp.Expect(presented).To(be(chain), "the certificates presented")
		}).needing(v.needs).row("L8")
		c.satisfies(certs.ClientChain, v)
	}
}

// satisfies adds a spec: a peer that requires a certificate accepts one of the authority that it trusts.
func (c *catalogue) satisfies(own certs.Variant, v version) {
	c.it(fmt.Sprintf("is accepted by a peer that requires a certificate it can trust (%s), under %s", own.Name, v.name), func(sp *spec) {
		r := sp.wrapAs(sp.client(own), certs.PKCS8)
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.HandshakeWith(fakeserver.Config{
			Certificate: sp.suite.leaf, Version: sp.under(v, &r).number,
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: sp.suite.issuer.Pool(),
		}), fakeserver.Send(welcome), fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		sp.must(r)
		sp.sees(p, "the end of the handshake", entryKind(fakeserver.Handshake))
		sp.awaitBytes("what the peer sends to whom it has accepted", since, len(welcome))
	}).needing(v.needs)
}

func (c *catalogue) argumentPassword() {
	opens := func(forms ...certs.Form) {
		for _, form := range forms {
			for _, v := range []certs.Variant{certs.Client, certs.ClientRSA} {
				c.presents(fmt.Sprintf("of a key that the password opens (%s): %s", form, v.Name), v, form).row("L4")
			}
		}
		form := forms[0]
		c.presents(fmt.Sprintf("of a key that the password opens (%s), in files whose lines end in CR LF", form), certs.Client, form, crlf).row("L4")
		c.presents(fmt.Sprintf("of a key that a password of 3 characters opens (%s)", form), certs.Client, form, by(certs.ShortPassword, form)).
			seen("codedge-llc/pigeon#113")
		c.presents(fmt.Sprintf("of a key that a password of spaces and punctuation opens (%s)", form), certs.Client, form, by(certs.OddPassword, form)).row("L4")
	}
	// PBES2 with scrypt is left out: RFC 8018 does not know it, and there are libraries that do not read it.
	c.of("argument/password")
	opens(certs.PBES2SHA256, certs.PBES2SHA1)
	for _, form := range []certs.Form{certs.PBES2AES128, certs.PBES2AES192} {
		c.presents(fmt.Sprintf("of a key that the password opens (%s)", form), certs.Client, form).row("L4")
	}

	c.of("argument/password-older")
	opens(certs.OlderEncrypted)

	c.of("argument/password-unneeded")
	for _, form := range []certs.Form{certs.PKCS8, certs.Older} {
		c.presents(fmt.Sprintf("of a key that needs no password (%s), and ignores that there is one", form), certs.Client, form, func(r *subject.Request, _ *certs.Files) {
			r.Password = certs.Password
		}).row("L3")
	}
}

// presents adds a spec: the certificate is presented whose key has a form, its arguments changed or not.
func (c *catalogue) presents(which string, v certs.Variant, form certs.Form, changes ...func(*subject.Request, *certs.Files)) *entry {
	return c.it("presents the certificate "+which, func(sp *spec) {
		client := sp.client(v)
		r := sp.wrapAs(client, form)
		for _, change := range changes {
			change(&r, client)
		}
		p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.ExpectEnd())
		sp.presentsLeaf(p, client, r)
	})
}

// by gives the key that a password opens which is not the usual one.
func by(password string, form certs.Form) func(*subject.Request, *certs.Files) {
	return func(r *subject.Request, client *certs.Files) {
		r.Key, r.Password = client.Secrets[certs.Secret{Form: form, Password: password}], password
	}
}

// crlf gives the files in a copy whose lines end so.
func crlf(r *subject.Request, client *certs.Files) {
	for form, path := range client.Keys {
		if r.Key == path {
			r.Certificate, r.Key = client.CRLF.Certificate, client.CRLF.Keys[form]
			return
		}
	}
}

// client returns the files of a client's certificate.
func (sp *spec) client(v certs.Variant) *certs.Files {
	files, err := sp.suite.client(v)
	if err != nil {
		sp.cannot(err)
	}
	return files
}

// wrapAs is the request to wrap the original as a client whose key has this form.
func (sp *spec) wrapAs(client *certs.Files, form certs.Form) subject.Request {
	r := sp.wrap(closeCB)
	r.Certificate, r.Key = client.Certificate, client.Keys[form]
	if form.Encrypted() {
		r.Password = certs.Password
	}
	return r
}

// under has a wrap speak a version, by its method or else by the peer's choice, and returns which one the peer is to have:
// so what is wrong with one of the two does not tell on what else a wrap is given.
func (sp *spec) under(v version, r *subject.Request) (peers version) {
	if !sp.offers(subject.Method) {
		return v
	}
	r.Method = v.method
	return anyVersion
}

// asking is a handshake in which the peer asks for a certificate, and takes any, or none: what it got is the spec's to
// judge.
func (sp *spec) asking(v version) fakeserver.Step {
	return fakeserver.HandshakeWith(fakeserver.Config{
		Certificate: sp.suite.leaf, ClientAuth: tls.RequestClientCert, ClientCAs: sp.suite.issuer.Pool(), Version: v.number,
	})
}

// presentsLeaf wraps the original, and expects that the client's own certificate is presented, whatever follows it.
func (sp *spec) presentsLeaf(p *peer, client *certs.Files, r subject.Request) {
	sp.connected(p)
	sp.must(r)
	sp.Expect(sp.presentedLeaf(p)).To(be(chainOf(client)[0]), "the first certificate presented")
}

// presented is what the peer was shown in the handshake, the leaf first.
func (sp *spec) presented(p *peer) []line {
	return certificateLines(sp.sees(p, "the end of the handshake", entryKind(fakeserver.Handshake)).Certificates)
}

// presentedLeaf is the first of them, if there is one.
func (sp *spec) presentedLeaf(p *peer) line {
	return append(sp.presented(p), noCertificate)[0]
}

const noCertificate line = "none"

// chainOf is what stands in a client's certificate file, as presented tells it.
func chainOf(client *certs.Files) []line {
	var chain []*x509.Certificate
	for _, der := range client.Issued.Certificate {
		link, err := x509.ParseCertificate(der)
		if err != nil {
			panic(fmt.Sprintf("a certificate that the suite has made: %v", err))
		}
		chain = append(chain, link)
	}
	return certificateLines(chain)
}

func certificateLines(chain []*x509.Certificate) []line {
	var lines []line
	for _, c := range chain {
		lines = append(lines, line(fmt.Sprintf("%s, issued by %s (number %.8s…)", c.Subject.CommonName, c.Issuer.CommonName, c.SerialNumber.Text(16))))
	}
	return lines
}
