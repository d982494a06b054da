package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// Alerts in the handshake, in both directions, and what the client answers with one.
func (c *catalogue) errorAlerts() {
	c.of("error/alert")
	c.it("reports a fatal alert in place of the ServerHello", func(sp *spec) {
		failure := sp.refusedBy(sp.peer(answering(alertFault)...))
		sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
	})
	c.it("reports a fatal alert in a record of TLS 1.0", func(sp *spec) {
		alert := fault{steps: []fakeserver.Step{fakeserver.SendPlain("\x15\x03\x01\x00\x02\x02\x28")}}
		failure := sp.refusedBy(sp.peer(answering(alert)...))
		sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
	}).seen("tokio-rs/tls#77")
	// Fatal by its level, close_notify by its description: some take it for the one, some for the other. Neither is a
	// clean end where there was no session, nor is it nothing at all.
	c.it("reports an error for a close_notify that is called fatal, in place of the ServerHello", func(sp *spec) {
		alert := fault{steps: []fakeserver.Step{fakeserver.SendPlain("\x15\x03\x01\x00\x02\x02\x00")}}
		failure := sp.refusedBy(sp.peer(answering(alert)...))
		sp.Expect(failure.condition).To(beAnError(), "the condition reported")
	}).seen("tokio-rs/tls#77")

	c.of("error/alert-named")
	for _, alert := range alerts {
		c.it(fmt.Sprintf("tells that the alert was %s (%d)", alert.name, alert.number), func(sp *spec) {
			failure := sp.refusedBy(sp.peer(answering(fault{steps: []fakeserver.Step{fakeserver.SendAlert(alert.number)}})...))
			sp.Expect(failure.condition.Alert).To(be(int(alert.number)), "the alert that the condition tells")
		}).seen("tokio-rs/tls#77")
	}

	c.of("error/version")
	c.it("reports a ServerHello with a version that was not offered", func(sp *spec) {
		failure := sp.refusedBy(sp.peer(answering(versionFault)...))
		sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
	})

	c.of("error/cipher")
	c.it("reports a ServerHello with a cipher suite that was not offered", func(sp *spec) {
		failure := sp.refusedBy(sp.peer(answering(cipherFault)...))
		sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
	})

	c.of("error/alert-sent")
	for _, f := range []fault{versionFault, cipherFault} {
		c.it("sends an alert to a peer that chose "+f.how, func(sp *spec) {
			p := sp.peer(answering(f)...)
			sp.connected(p)
			sp.begin(sp.wrap(closeCB)) // what becomes of it is the business of other clauses
			said := sp.sees(p, "an alert of the client, or the end of TCP", func(e fakeserver.Entry) bool { return isAlert(e) || clientEnd(e) })
			if !isAlert(said) {
				sp.fail("want: an alert, and then the end of TCP\n got: %s, and no alert before it", said.Kind)
			}
		}).seen("netty/netty#5003", "h2o/h2o#2685")
	}

	c.of("error/cause")
	c.it("reports an alert that a reset follows at once as the alert", func(sp *spec) {
		alert := fault{steps: []fakeserver.Step{fakeserver.SendAlert(handshakeFailure), fakeserver.RST()}}
		failure := sp.refusedBy(sp.peer(answering(alert)...))
		sp.Expect(failure.condition.Alert).To(be(handshakeFailure), "the alert that the first condition tells: it is a %s", failure.condition)
	}).seen("nodejs/node#23631")
	c.it("reports an alert in a session that a reset follows at once as the alert", func(sp *spec) {
		alert := fault{steps: append(slices.Clone(lateFault.steps), fakeserver.RST())}
		_, since := sp.upgradedThen(sp.handshake(), alert)
		failure := sp.awaitEvent("an event that reports the alert", since)
		sp.Expect(failure.Condition.Alert).To(be(internalError), "the alert that the first condition tells: it is a %s", failure.Condition)
	}).seen("nodejs/node#23631").row("J2")
}

// isAlert tells whether the client sent an alert, in plain.
func isAlert(e fakeserver.Entry) bool {
	return e.Side == fakeserver.Client && e.Kind == fakeserver.Record && e.Type == fakeserver.AlertRecord
}

// The end of a connection that has not become a session yet.
func (c *catalogue) errorInHandshake() {
	c.of("error/handshake-end")
	c.it("reports one error where the peer ends upon the ClientHello", func(sp *spec) {
		sp.expectError(sp.refusedBy(sp.peer(answering(endFault)...)))
	}).seen("nodejs/node#8803", "eventmachine/eventmachine#362", "janestreet/async_ssl#6")
	c.it("reports one error where the peer ends within its first flight", func(sp *spec) {
		cut := fault{steps: []fakeserver.Step{fakeserver.Cut(100, sp.handshake()), fakeserver.FIN()}}
		sp.expectError(sp.refusedBy(sp.peer(answering(cut)...)))
	}).seen("nodejs/node#8803", "python/asyncio#472")
	c.it("reports one error where the peer ends, and no timeout where one was set", func(sp *spec) {
		sp.connected(sp.peer(answering(endFault)...), readTimeout(60_000))
		sp.expectError(sp.refused(sp.wrap(closeCB)))
	}).needing(subject.ReadTimeout).seen("AsyncHttpClient/async-http-client#1242")
	c.it("reports one error where the peer ends as soon as TCP stands", func(sp *spec) {
		p := sp.peer(fakeserver.FIN(), fakeserver.ExpectEnd())
		since := sp.mark()
		ids := sp.begin(connect(p, plain, callbacks), sp.wrap(closeCB))
		sp.expectError(sp.awaitFailure("an event that reports the end", since, ids[1]))
	}).needing(subject.WrapBeforeConnect).row("N6")
	c.cutFlights("reports one error where the peer ends", func(sp *spec, cut fakeserver.Step) {
		sp.expectError(sp.refusedBy(sp.greetingThen(fakeserver.ExpectClientHello(), cut, fakeserver.FIN(), fakeserver.ExpectEnd())))
	})

	c.of("error/handshake-reset")
	c.it("reports one event, no timeout, where the peer resets upon the ClientHello, and calls close-cb", func(sp *spec) {
		sp.expectResetOnce(sp.refusedBy(sp.peer(answering(resetFault)...)))
	}).seen("apple/swift-nio-ssl#253")
	c.it("reports one event, no timeout, where the peer resets within its first flight, and calls close-cb", func(sp *spec) {
		sp.again(func() { sp.expectResetOnce(sp.resetBehind(fakeserver.Cut(100, sp.handshake()))) })
	}).seen("apple/swift-nio-ssl#253")
	c.cutFlights("reports one event, no timeout, where the peer resets, and calls close-cb", func(sp *spec, cut fakeserver.Step) {
		sp.expectResetOnce(sp.resetBehind(cut))
	})
}

// resetBehind has the peer answer the ClientHello with some bytes, and a reset behind them that is met together with
// them; it waits until the subject tells of that.
func (sp *spec) resetBehind(bytes fakeserver.Step) failedWrap {
	p := sp.stalling(bytes, fakeserver.RST())
	since, ids := sp.greets(p)
	sp.meanwhile(func() { p.Resume(serverHello) })
	return sp.awaitFailure("an error from wrap, or an event that tells of its failure", since, ids...)
}

func (sp *spec) expectError(f failedWrap) {
	sp.fence()
	sp.Expect(f.condition).To(beAnError(), "the condition reported")
	sp.expectOne(f)
}

func (sp *spec) expectResetOnce(f failedWrap) {
	if !f.answered() { // else there never was a socket for close-cb to tell of
		sp.awaitCall("the call of close-cb", f.since, subject.OnClose)
	}
	sp.fence()
	if f.condition.Is(subject.TCPTimeout) {
		sp.fail("want: a reset that is no timeout\n got: %s", f.condition)
	}
	sp.expectOne(f)
	if n := len(sp.closings(f.since)); n > 1 {
		sp.fail("want: one call of close-cb\n got: %d of them", n)
	}
}

// A client certificate that the peer does not accept. Under TLS 1.3 the client learns of that when its handshake is done.
func (c *catalogue) errorOfClientCertificate() {
	c.of("error/client-certificate-refused")
	for _, v := range versions {
		c.it(fmt.Sprintf("reports that the peer wants a certificate and was shown none, under %s", v.name), func(sp *spec) {
			failure := sp.refusedBy(sp.demanding(v))
			sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
		}).needing(v.needs).seen("openssl/openssl#8500", "rustls/rustls#1707", "golang/go#28779")
		c.it(fmt.Sprintf("reports that the peer does not accept the certificate, under %s", v.name), func(sp *spec) {
			sp.connected(sp.demanding(v))
			sp.Expect(sp.refused(sp.wrapAs(sp.client(certs.Client), certs.PKCS8)).condition).To(beA(subject.TCPSSLError), "the condition reported")
		}).needing(v.needs).seen("openssl/openssl#11118", "rustls/tokio-rustls#38", "erlang/otp#5575")
	}
	c.it("reports the refusal where something was written meanwhile, under TLS 1.3", func(sp *spec) {
		sp.connected(sp.demanding(tls13))
		since := sp.mark()
		ids := sp.begin(sp.wrap(closeCB), write(wrapped, "in the gap")) // which may be refused, or may look as sent
		failure := sp.awaitFailure("an event that reports the refusal", since, ids[0])
		sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
	}).needing(subject.TLS13).seen("haskell-tls/hs-tls#463")
}

// demanding starts a peer that wants a certificate of an authority of which there are none.
func (sp *spec) demanding(v version) *peer {
	return sp.peer(fakeserver.SendPlain(greeting), fakeserver.RefuseClient(fakeserver.Config{
		Certificate: sp.suite.leaf, Version: v.number, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(),
	}), fakeserver.ExpectEnd())
}
