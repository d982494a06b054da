package conformance

import (
	"crypto/tls"
	"fmt"
	"slices"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) verifyGood() {
	c.of("verify/good")
	for _, v := range []certs.Variant{certs.Good, certs.GoodRSA, certs.GoodChain} {
		for _, asked := range []struct{ by, host string }{{"name", certs.Name}, {"address", askedAddress}} {
			for _, under := range versions {
				c.it(fmt.Sprintf("accepts a certificate (%s) by %s, under %s", v.Name, asked.by, under.name), func(sp *spec) {
					p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.HandshakeWith(sp.showing(v, under)), fakeserver.Send(welcome), fakeserver.ExpectEnd())
					sp.connected(p)
					since := sp.mark()
					sp.must(sp.wrapAsking(asked.host))
					sp.expectWelcome(since)
				}).needing(under.needs)
			}
		}
	}
	// Not everybody has to know these (RFC 8446, section 9.1). Under TLS 1.3 a client that offers an algorithm verifies
	// certificates that have it; under TLS 1.2 the curve is another matter.
	for _, known := range []struct {
		v      certs.Variant
		scheme tls.SignatureScheme
	}{{certs.GoodP384, tls.ECDSAWithP384AndSHA384}, {certs.GoodEd25519, tls.Ed25519}} {
		c.it(fmt.Sprintf("accepts a certificate (%s) if it offers the algorithm, under %s", known.v.Name, tls13.name), func(sp *spec) {
			p := sp.stalling(fakeserver.HandshakeWith(sp.showing(known.v, tls13)), fakeserver.Send(welcome), fakeserver.ExpectEnd())
			sp.connected(p)
			since := sp.mark()
			ids := sp.begin(sp.wrap(closeCB))
			hello := sp.sees(p, "a ClientHello", entryKind(fakeserver.ClientHello)).Hello
			if !slices.Contains(hello.Signatures, uint16(known.scheme)) {
				return
			}
			p.Resume(serverHello)
			sp.performed(ids)
			sp.expectWelcome(since)
		}).needing(tls13.needs)
	}
	for _, under := range versions {
		c.it("accepts a certificate that comes one byte in a segment and with a rest in between, and reports nothing before, under "+under.name, func(sp *spec) {
			const half = "half of the flight"
			flight := fakeserver.Dribbled(fakeserver.HoldAfter(600, half, fakeserver.HandshakeWith(sp.showing(certs.GoodChain, under))))
			p := sp.peer(fakeserver.SendPlain(greeting), flight, fakeserver.Send(welcome), fakeserver.ExpectEnd())
			sp.connected(p)
			since := sp.mark()
			ids := sp.begin(sp.wrap(closeCB))
			sp.holding(p, half)
			sp.fence()
			sp.Expect(sp.outline(since)).To(be([]line{}), "what was delivered and reported when half of the flight had come")
			p.Resume(half)
			sp.performed(ids)
			sp.expectWelcome(since)
		}).needing(under.needs).seen("circonus-labs/libmtev#698")
	}
}

// expectWelcome expects that what a peer says under TLS that was accepted is delivered, and nothing else reported since
// a record.
func (sp *spec) expectWelcome(since int) {
	sp.awaitBytesOrFailure("what the peer says under TLS", since, len(welcome))
	sp.fence()
	sp.Expect(sp.outline(since)).To(be([]line{`read "` + welcome + `"`}), "what was delivered and reported since the wrap")
}
