package conformance

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// arguments holds the subject to: "(defun wrap-in-ssl (socket/stream &key certificate key password
// (method 'cl+ssl::ssl-v23-client-method) close-cb))".
func (c *catalogue) arguments() {
	c.argumentCertificate()
	c.argumentPassword()
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
		c.it("is accepted by a peer that requires a certificate it can trust, under "+v.name, func(sp *spec) {
			r := sp.wrapAs(sp.client(certs.Client), certs.PKCS8)
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
	for _, v := range []certs.Variant{certs.Client, certs.ClientRSA} {
		c.it("presents the certificate of a key in its older form: "+v.Name, func(sp *spec) {
			client := sp.client(v)
			p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.ExpectEnd())
			sp.presentsLeaf(p, client, sp.wrapAs(client, certs.Older))
		})
	}

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
	}
}

func (c *catalogue) argumentPassword() {
	opens := func(form certs.Form) {
		c.it(fmt.Sprintf("presents the certificate of a key that the password opens (%s)", form), func(sp *spec) {
			client := sp.client(certs.Client)
			p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.ExpectEnd())
			sp.presentsLeaf(p, client, sp.wrapAs(client, form))
		}).row("L4")
	}
	// PBES2 with scrypt is left out: RFC 8018 does not know it, and there are libraries that do not read it.
	c.of("argument/password")
	opens(certs.PBES2SHA256)
	opens(certs.PBES2SHA1)
	c.opensFile("which has three letters", "abc", bytes.Clone).seen("codedge-llc/pigeon#113")
	c.opensFile("in a file whose lines end as on Windows", certs.Password, func(file []byte) []byte {
		return bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n"))
	}).row("L4")

	c.of("argument/password-older")
	opens(certs.OlderEncrypted)

	c.of("argument/password-unneeded")
	for _, form := range []certs.Form{certs.PKCS8, certs.Older} {
		c.it(fmt.Sprintf("ignores a password for a key that needs none (%s)", form), func(sp *spec) {
			client := sp.client(certs.Client)
			p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.ExpectEnd())
			r := sp.wrapAs(client, form)
			r.Password = certs.Password
			sp.presentsLeaf(p, client, r)
		}).row("L3")
	}
}

// opensFile adds a spec of a key that is encrypted with a password, in a file that is changed.
func (c *catalogue) opensFile(what, password string, change func(file []byte) []byte) *entry {
	return c.it("presents the certificate of a key that the password opens, "+what, func(sp *spec) {
		client := sp.client(certs.Client)
		file, err := certs.PBES2SHA256.Encode(client.Issued.PrivateKey, password)
		if err != nil {
			sp.cannot(err)
		}
		r := sp.wrapAs(client, certs.PBES2SHA256)
		r.Key, r.Password = sp.file(change(file)), password
		p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.ExpectEnd())
		sp.presentsLeaf(p, client, r)
	})
}

// client returns the files of a client's certificate.
func (sp *spec) client(v certs.Variant) *certs.Files {
	files, err := sp.suite.client(v)
	if err != nil {
		sp.cannot(err)
	}
	return files
}

// file writes a file that goes with the suite, and returns its path.
func (sp *spec) file(content []byte) string {
	f, err := os.CreateTemp(sp.suite.folder, "file-*.pem")
	if err == nil {
		_, err = f.Write(content)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		sp.cannot(err)
	}
	return f.Name()
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
