package conformance

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// A flaw makes arguments that cannot be used of those that can.
type flaw struct {
	name string
	make func(r *subject.Request, client *certs.Files)
}

// flawsOfFiles are files that are missing or malformed.
var flawsOfFiles = []flaw{
	{"a certificate file that is missing", func(r *subject.Request, _ *certs.Files) { r.Certificate = missing(r.Certificate) }},
	{"a key file that is missing", func(r *subject.Request, _ *certs.Files) { r.Key = missing(r.Key) }},
	{"a certificate file that is no PEM", func(r *subject.Request, client *certs.Files) { r.Certificate = client.NotPEM }},
	{"a key file that is no PEM", func(r *subject.Request, client *certs.Files) { r.Key = client.NotPEM }},
	{"a certificate file with garbage in its PEM", func(r *subject.Request, client *certs.Files) { r.Certificate = client.GarbageCertificate }},
	{"a certificate file that holds a key alone", func(r *subject.Request, client *certs.Files) { r.Certificate = client.Keys[certs.PKCS8] }},
	{"a key file that holds a certificate alone", func(r *subject.Request, client *certs.Files) { r.Key = client.Certificate }},
	{"a certificate file with a second certificate that is damaged", func(r *subject.Request, client *certs.Files) { r.Certificate = client.DamagedLink }},
}

// garbageKeys are files of each type of PEM that may hold a key.
func garbageKeys() (flaws []flaw) {
	for _, kind := range certs.GarbageTypes {
		name := fmt.Sprintf("a key file with garbage in its PEM (%s)", kind)
		if kind == "PRIVATE KEY" {
			name = "a key file with garbage in its PEM"
		}
		flaws = append(flaws, flaw{name, func(r *subject.Request, client *certs.Files) {
			r.Key = client.GarbageKeys[kind]
		}})
	}
	return flaws
}

// damagedKeys are encrypted keys that cannot be decrypted.
func damagedKeys() (flaws []flaw) {
	for _, damage := range certs.Damages {
		flaws = append(flaws, flaw{"a key file encrypted with " + damage.Name, func(r *subject.Request, client *certs.Files) {
			r.Key, r.Password = client.DamagedKeys[damage.Name], certs.Password
		}})
	}
	return flaws
}

// missing is a path beside another one where nothing is.
func missing(path string) string { return filepath.Join(filepath.Dir(path), "missing.pem") }

// argumentRefused holds the subject to: "it still requires that an SSL context be set up".
func (c *catalogue) argumentRefused() {
	c.of("argument/password-wrong")
	for _, form := range []certs.Form{certs.PBES2SHA256, certs.OlderEncrypted} {
		for _, password := range []string{"wrong horse", ""} {
			c.it(fmt.Sprintf("refuses the password %q for a key that is encrypted (%s)", password, form), func(sp *spec) {
				sp.refuses(func(r *subject.Request, client *certs.Files) {
					r.Key, r.Password = client.Keys[form], password
				})
			}).seen("openssl/openssl#13493")
		}
	}

	c.of("argument/file-missing")
	for _, f := range slices.Concat(flawsOfFiles, garbageKeys(), damagedKeys()) {
		c.it("refuses "+f.name, func(sp *spec) { sp.refuses(f.make) }).row("L7")
	}

	c.of("argument/key-missing")
	for _, f := range []flaw{
		{"a certificate without a key", func(r *subject.Request, _ *certs.Files) { r.Key = "" }},
		{"a key without a certificate", func(r *subject.Request, _ *certs.Files) { r.Certificate = "" }},
	} {
		c.it("refuses "+f.name+", and sends nothing", func(sp *spec) {
			p := sp.refuses(f.make)
			sp.Expect(p.noted(clientBytes)).To(be([]line{}), "what the peer got from the client")
		}).row("L6")
	}

	c.of("argument/key-mismatch")
	for _, pair := range []struct {
		certificate certs.Variant
		key         string
		of          func(*spec) string
	}{
		{certs.Client, "a key", func(sp *spec) string { return sp.client(certs.Client).OtherKey }},
		{certs.Client, "an RSA key", func(sp *spec) string { return sp.client(certs.ClientRSA).Keys[certs.PKCS8] }},
		{certs.Client, "an X25519 key", func(sp *spec) string { return sp.client(certs.Client).ExchangeKey }},
		{certs.ClientRSA, "an ECDSA key", func(sp *spec) string { return sp.client(certs.Client).Keys[certs.PKCS8] }},
	} {
		c.it(fmt.Sprintf("refuses %s that is not the certificate's (%s), in the outcome of wrap", pair.key, pair.certificate.Name), func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.ExpectEnd())
			sp.connected(p)
			r := sp.wrapAs(sp.client(pair.certificate), certs.PKCS8)
			r.Key = pair.of(sp)
			if answer := sp.do(r)[0]; answer.Error == nil {
				sp.fail("want: an error from wrap\n got: the %s", answer)
			}
		}).seen("janestreet/async_ssl#6")
	}
}

// refuses performs a wrap with arguments that cannot be used, and expects that the subject says so, once: by an error
// from wrap, or by an event. What is written to the socket that there may be must not get to the peer, which would
// welcome whoever it speaks TLS with. It returns when the peer has got all that will come.
func (sp *spec) refuses(spoil func(*subject.Request, *certs.Files)) *peer {
	client := sp.client(certs.Client)
	p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.Send(welcome), fakeserver.ExpectEnd())
	sp.connected(p)
	since := sp.mark()
	r := sp.wrapAs(client, certs.PKCS8)
	spoil(&r, client)
	if answer := sp.do(r)[0]; answer.Error == nil {
		sp.do(write(wrapped, "data"))
		sp.errorEvent(since)
		sp.do(closing(wrapped))
	}
	sp.do(closing(plain))
	sp.sees(p, "the end of the connection, all of which was closed", over)
	sp.Expect(p.received()).To(be(""), "the application data that the peer got")
	return p
}

// errorEvent waits until the subject tells what became of a wrap that it took, and expects that to be one error event.
func (sp *spec) errorEvent(since int) {
	const what = "an error from wrap, or one error event"
	sp.awaitSince(what, since, func(r subject.Record) bool { return r.Event == subject.OnEvent || r.Event == subject.OnRead })
	sp.fence()
	events := sp.events(since, subject.OnEvent, subject.OnRead)
	if len(events) != 1 || !events[0].Condition.Is(subject.EventError) {
		sp.fail("want: %s\n got: no error from wrap, and then\n%s", what, indented(lines(events)))
	}
}

func indented(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	return b.String()
}
