package conformance

import (
	"fmt"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// verify holds a subject that declares it to what RFC 5280 (the chain) and RFC 9525 (the name) ask of whoever verifies a
// peer. The documentation is silent, and one that does not declare it is not judged.
func (c *catalogue) verify() {
	c.verifyRefused()
	c.verifyGood()
	c.verifyBeforeData()
	c.verifySNI()
}

// What a wrap is told to look for in a certificate, beside certs.Name.
var askedAddress = certs.Address.String()

func (c *catalogue) verifyRefused() {
	const unverified = "orthecreedence/cl-async#189"
	for _, group := range []struct {
		clause    string
		variants  []certs.Variant
		incidents []string
	}{
		{"verify/untrusted", []certs.Variant{certs.UnknownAuthority, certs.SelfSigned}, []string{unverified}},
		{"verify/expired", []certs.Variant{certs.Expired, certs.NotYetValid, certs.ExpiredIntermediate}, []string{unverified}},
		{"verify/wrong-host", []certs.Variant{certs.OtherName, certs.OtherAddress}, []string{unverified}},
		{"verify/cn-only", []certs.Variant{certs.CNOnly}, nil},
		{"verify/purpose", []certs.Variant{certs.WrongPurpose, certs.IssuedByLeaf, certs.NotPermitted}, nil},
		{"verify/incomplete", []certs.Variant{certs.MissingIntermediate}, nil},
	} {
		c.of(group.clause)
		for _, v := range group.variants {
			for _, under := range versions {
				c.it(fmt.Sprintf("refuses a certificate (%s) under %s", v.Name, under.name), func(sp *spec) {
					sp.expectRefusal(v, under)
				}).needing(under.needs).seen(group.incidents...)
			}
		}
	}
}

// askedFor is what a wrap is told to look for that is to meet the fault of a certificate.
func askedFor(v certs.Variant) string {
	if v.Name == certs.OtherAddress.Name {
		return askedAddress
	}
	return certs.Name
}

// expectRefusal expects that a peer's certificate is refused, and nothing delivered that such a peer says.
func (sp *spec) expectRefusal(v certs.Variant, under version) {
	p := sp.offering(v, under)
	sp.connected(p)
	since := sp.mark()
	refusal := sp.decision(since, sp.begin(sp.wrapAsking(askedFor(v)))[0])
	if refusal == nil {
		sp.fail("want: a tcp-ssl-error, since the certificate is not good for %s: %s\n got: the peer was accepted, and what it said delivered", askedFor(v), v.Name)
	}
	sp.Expect(refusal).To(beA(subject.TCPSSLError), "the condition reported")
	sp.fence()
	sp.Expect(sp.reads(since)).To(be([]line{}), "the calls of read callbacks after the wrap")
}

// decision waits until a subject shows what it makes of the peer's certificate: it returns the condition that a wrap was
// refused with, or that an event callback got, or none where data of the peer was delivered.
func (sp *spec) decision(since, wrapping int) *subject.Condition {
	if a := sp.answer(wrapping); a.Error != nil {
		return &a.Error.Condition
	}
	return sp.awaitSince("an event that reports the peer's certificate, or the peer's data", since, func(r subject.Record) bool {
		return r.Event == subject.OnEvent || r.Event == subject.OnRead
	}).Condition
}

// offering is a peer that shows a certificate, and says welcome under TLS, so that it shows if it was accepted.
func (sp *spec) offering(v certs.Variant, under version) *peer {
	return sp.peer(fakeserver.SendPlain(greeting), fakeserver.OfferHandshake(sp.showing(v, under), welcome), fakeserver.ExpectEnd())
}

// showing is how a peer makes a handshake that shows a certificate.
func (sp *spec) showing(v certs.Variant, under version) fakeserver.Config {
	certificate, err := sp.suite.shows(v)
	if err != nil {
		sp.cannot(err)
	}
	return fakeserver.Config{Certificate: certificate, Version: under.number}
}

// wrapAsking is the request to wrap the original, and to look for a name or address in the peer's certificate.
func (sp *spec) wrapAsking(host string) subject.Request {
	r := sp.wrap(closeCB)
	r.ServerName = host
	return r
}

// toTheTrusted is what only a peer may get whose certificate is good.
const toTheTrusted = "SECRET: this is for whom we trust\r\n"

func (c *catalogue) verifyBeforeData() {
	c.of("verify/before-data")
	for _, v := range []certs.Variant{certs.UnknownAuthority, certs.OtherName} {
		for _, under := range versions {
			c.it(fmt.Sprintf("sends nothing that was written at once to a peer with a bad certificate (%s) under %s", v.Name, under.name), func(sp *spec) {
				sp.expectUntold(v, under)
			}).needing(under.needs)
		}
	}
}

// expectUntold writes in the turn of the wrap, when there can be no handshake yet, and expects that nothing of that gets
// to a peer with a bad certificate, in no form, up to the end of its connection. That the peer is refused is for other
// clauses to judge.
func (sp *spec) expectUntold(v certs.Variant, under version) {
	p := sp.offering(v, under)
	sp.connected(p)
	since := sp.mark()
	ids := sp.begin(sp.wrapAsking(askedFor(v)), write(wrapped, toTheTrusted)) // which may be refused
	sp.decision(since, ids[0])
	sp.do(closing(wrapped), closing(plain)) // as far as they are open
	sp.sees(p, "the end of the connection, all of which was closed", over)
	for _, e := range p.Transcript().Entries() {
		if seen := betrays(e); seen != "" {
			sp.fail("want: nothing of what was written gets to the peer, whose certificate is bad (%s)\n got: %s: the peer %s", v.Name, seen, e)
		}
	}
}

func (c *catalogue) verifySNI() {
	c.of("verify/sni")
	const name = "sends the name that wrap is told"
	c.it(name, func(sp *spec) {
		sp.expectSNI(certs.Name, certs.Name)
	}).seen("libwww-perl/LWP-Protocol-https#24", "lysine-dev/okhttp#6557")
	c.it(name+", for a stream", func(sp *spec) {
		sp.expectSNI(certs.Name, certs.Name, streaming)
	}).needing(subject.Stream)
	c.it("sends no name where wrap is told an address", func(sp *spec) {
		sp.expectSNI(askedAddress, "")
	}).seen("oven-sh/bun#29432")
	c.it("sends no name where wrap is told none, and an address was connected to", func(sp *spec) {
		sp.expectSNI("", "")
	}).seen("oven-sh/bun#33476", "andris9/simplesmtp#28")
}

// expectSNI expects a name, or none, in the ClientHello of a wrap that is told a name, an address, or nothing. Whoever
// cannot do without may refuse to be told nothing, and sends no ClientHello then.
func (sp *spec) expectSNI(told, want string, changes ...change) {
	p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectClientHello(), sp.handshake(), fakeserver.ExpectEnd())
	sp.connected(p, changes...)
	id := sp.begin(sp.wrapAsking(told))[0]
	hello := entryKind(fakeserver.ClientHello)
	if told == "" && sp.answer(id).Error != nil && len(p.entries(hello)) == 0 {
		return
	}
	sp.Expect(line(sp.sees(p, "a ClientHello", hello).Hello.ServerName)).To(be(line(want)), "the name in the ClientHello of a wrap that was told %q", told)
}
