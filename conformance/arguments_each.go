package conformance

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) argumentPerWrap() {
	c.of("argument/per-wrap")
	for _, order := range [][]string{{"one", "none", "another"}, {"none", "one", "none"}, {"one", "another", "one"}} {
		c.it("presents to each peer what its own wrap was given: "+strings.Join(order, ", "), func(sp *spec) {
			clients := map[string]*certs.Files{"one": sp.client(certs.Client), "another": sp.client(certs.ClientRSA)}
			var want, got []line
			for n, name := range order {
				p := sp.wrapNext(n, sp.asking(anyVersion), func(r *subject.Request) {
					if client := clients[name]; client != nil {
						r.Certificate, r.Key = client.Certificate, client.Keys[certs.PKCS8]
					}
				})
				want = append(want, leafOf(clients[name]))
				got = append(got, sp.presentedLeaf(p))
			}
			sp.Expect(got).To(be(want), "the certificate presented in each wrap")
		}).seen("CVE-2021-22897")
	}
	c.it("presents to each peer what its own wrap was given, where all are made in one turn", func(sp *spec) {
		clients := []*certs.Files{sp.client(certs.Client), nil, sp.client(certs.ClientRSA), nil}
		peers, turn := make([]*peer, len(clients)), make([]subject.Request, len(clients))
		for n, client := range clients {
			peers[n], turn[n] = sp.connectNext(n, sp.asking(anyVersion))
			if client != nil {
				turn[n].Certificate, turn[n].Key = client.Certificate, client.Keys[certs.PKCS8]
			}
		}
		sp.must(turn...)
		var want, got []line
		for n, client := range clients {
			want, got = append(want, leafOf(client)), append(got, sp.presentedLeaf(peers[n]))
		}
		sp.Expect(got).To(be(want), "the certificate presented in each wrap")
	})
	c.it("offers the versions that it offered before, after a wrap that was told one", func(sp *spec) {
		var offered [3][]string
		for n, method := range []subject.TLSMethod{"", subject.MethodTLS12, ""} {
			p := sp.wrapNext(n, sp.handshake(), func(r *subject.Request) { r.Method = method })
			offered[n], _ = sp.spoken(p)
		}
		sp.Expect(offered[2]).To(be(offered[0]), "the versions offered in a wrap that is told none, beside those before one that was told TLS 1.2")
	}).needing(subject.Method, subject.TLS12)
}

// leafOf is the certificate that a client is to present, or none.
func leafOf(client *certs.Files) line {
	if client == nil {
		return noCertificate
	}
	return chainOf(client)[0]
}

// argumentMethod holds the subject to: "(method 'cl+ssl::ssl-v23-client-method)".
func (c *catalogue) argumentMethod() {
	c.of("argument/method-default")
	for _, v := range versions {
		c.it("speaks to a peer that has only "+v.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v), fakeserver.Send(welcome), fakeserver.ExpectEnd())
			sp.connected(p)
			since := sp.mark()
			sp.must(sp.wrap(closeCB))
			sp.sees(p, "the end of the handshake", entryKind(fakeserver.Handshake))
			sp.awaitBytes("what the peer sends under TLS", since, len(welcome))
		}).needing(v.needs)
	}

	c.of("argument/method")
	for _, v := range versions {
		c.it("speaks and offers nothing but "+v.name+", to a peer that has both versions", func(sp *spec) {
			sp.obeys(v.method)
		}).needing(v.needs)
	}
	c.it("obeys each wrap for itself: TLS 1.2, then TLS 1.3, then TLS 1.2", func(sp *spec) {
		sp.obeys(subject.MethodTLS12, subject.MethodTLS13, subject.MethodTLS12)
	}).needing(subject.TLS12, subject.TLS13).row("L10")
	c.it("obeys each wrap for itself: TLS 1.3, then TLS 1.2, then TLS 1.3", func(sp *spec) {
		sp.obeys(subject.MethodTLS13, subject.MethodTLS12, subject.MethodTLS13)
	}).needing(subject.TLS12, subject.TLS13).row("L10")
}

// obeys wraps a connection by each method, and expects that each time just this version is offered, and spoken.
func (sp *spec) obeys(methods ...subject.TLSMethod) {
	var want, got []line
	for n, method := range methods {
		p := sp.wrapNext(n, sp.handshake(), func(r *subject.Request) { r.Method = method })
		offered, spoken := sp.spoken(p)
		got = append(got, line(fmt.Sprintf("%s: offered %s, spoke %s", method, strings.Join(offered, " and "), spoken)))
		for _, v := range versions {
			if v.method == method {
				want = append(want, line(fmt.Sprintf("%s: offered %s, spoke %s", method, v.name, v.name)))
			}
		}
	}
	sp.Expect(got).To(be(want), "the versions of TLS in each wrap")
}

// wrapNext connects to a peer of its own and wraps that, as one of several in a session.
func (sp *spec) wrapNext(n int, handshake fakeserver.Step, change func(*subject.Request)) *peer {
	p, r := sp.connectNext(n, handshake)
	change(&r)
	sp.must(r)
	return p
}

// connectNext connects to a peer of its own, and returns the request to wrap that.
func (sp *spec) connectNext(n int, handshake fakeserver.Step) (*peer, subject.Request) {
	p := sp.startPeer(fmt.Sprintf("peer %d", n+1), fakeserver.SendPlain(greeting), handshake, fakeserver.ExpectEnd())
	original := connect(p, subject.Handle(fmt.Sprintf("%s%d", plain, n+1)), callbacks)
	sp.connectedAs(original)
	return p, sp.wrapOf(original.As, subject.Handle(fmt.Sprintf("%s%d", wrapped, n+1)), closeCB)
}

// spoken is which versions were offered, best first, and which one was taken.
func (sp *spec) spoken(p *peer) (offered []string, taken string) {
	done := sp.sees(p, "the end of the handshake", entryKind(fakeserver.Handshake))
	hello := sp.sees(p, "the ClientHello", entryKind(fakeserver.ClientHello)).Hello
	numbers := slices.Clone(hello.Versions)
	slices.Sort(numbers)
	for _, v := range slices.Backward(numbers) {
		if v&0x0f0f != 0x0a0a { // made up, so that peers learn to ignore what they do not know (RFC 8701)
			offered = append(offered, tls.VersionName(v))
		}
	}
	return offered, tls.VersionName(done.Version)
}
