package conformance

import (
	"crypto/tls"
	"fmt"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// A notice is something that a peer may send at any time, and that is neither data nor an error.
type notice struct {
	how   string
	step  fakeserver.Step
	under version // the only one that has it; by default any
	row   string  // of those who took it for one
}

// Under TLS 1.3 the level of an alert says nothing, but peers send this one as a warning (RFC 8446, section 6).
var (
	canceled  = notice{"a user_canceled alert", fakeserver.ByHand(fakeserver.CraftedAlert(fakeserver.Warning, userCanceled)), anyVersion, "G8"}
	keyUpdate = notice{"a KeyUpdate", fakeserver.ByHand(fakeserver.KeyUpdate(false)), tls13, "J7"}
	tickets   = notice{"two session tickets", fakeserver.Flood(2, fakeserver.NewSessionTicket), tls13, "J4"}
)

// What is no error.
func (c *catalogue) errorNone() {
	c.of("error/none")
	for _, v := range versions {
		// The peer that asks for a certificate, and takes none, sends its ticket behind the handshake under TLS 1.3.
		for _, auth := range []tls.ClientAuthType{tls.NoClientCert, tls.RequestClientCert} {
			text := "takes a session ticket for no data and no error, under " + v.name
			if auth != tls.NoClientCert {
				text += ", from a peer that asks for a certificate"
			}
			c.it(text, func(sp *spec) {
				sp.expectNothingOf(fakeserver.HandshakeWith(fakeserver.Config{Certificate: sp.suite.leaf, Version: v.number, ClientAuth: auth, Tickets: true}))
			}).needing(v.needs).seen("openssl/openssl#4135")
		}
	}
	for _, n := range []notice{canceled, keyUpdate, tickets} {
		for _, v := range (fault{under: n.under}).versions() {
			c.it(fmt.Sprintf("takes %s for no data and no error, under %s", n.how, v.name), func(sp *spec) {
				sp.expectNothingOf(sp.handshakeUnder(v), n.step)
			}).needing(v.needs).row(n.row)
		}
	}
	// It should be dropped (RFC 8446, section 5), and there are libraries that take no more than one.
	c.it("takes a change_cipher_spec too many within a handshake of TLS 1.3 for nothing, or for one error", func(sp *spec) {
		p := sp.greetingThen(fakeserver.MoreChangeCipherSpec(sp.handshakeUnder(tls13)), fakeserver.Send(nevertheless), fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		sp.begin(sp.wrap(closeCB)) // which may be refused
		sp.wentOnOrFailed(since)
	}).needing(subject.TLS13)
	// It should be an error (RFC 8446, section 5), and there are libraries that drop it.
	for _, stray := range []struct {
		how  string
		step fakeserver.Step
	}{
		{"in plain", fakeserver.SendPlain("\x14\x03\x03\x00\x01\x01")},
		{"encrypted", fakeserver.ByHand(fakeserver.StrayChangeCipherSpec)},
	} {
		c.it(fmt.Sprintf("takes a change_cipher_spec behind a handshake of TLS 1.3, %s, for nothing, or for one error", stray.how), func(sp *spec) {
			sp.goesOnOrFails(sp.handshakeUnder(tls13), stray.step)
		}).needing(subject.TLS13)
	}
	// What a warning says that is none of these is a matter of taste, but it is not nothing: it either leaves the session
	// as it was, or ends it.
	c.it("takes a warning of TLS 1.2 for nothing, or for one error", func(sp *spec) {
		for _, description := range descriptions {
			sp.round(fmt.Sprintf("the warning was %d", description), func() {
				sp.goesOnOrFails(sp.handshakeUnder(tls12), fakeserver.ByHand(fakeserver.CraftedAlert(fakeserver.Warning, description)))
			})
		}
	}).needing(subject.TLS12).row("G8")
	c.flood("session tickets", fakeserver.NewSessionTicket, tls13)
	for _, v := range versions {
		c.flood("user_canceled alerts", fakeserver.CraftedAlert(fakeserver.Warning, userCanceled), v)
	}
}

// expectNothingOf expects that what comes between data, twice, is neither data nor an error.
func (sp *spec) expectNothingOf(handshake fakeserver.Step, notices ...fakeserver.Step) {
	p := sp.peer(slices.Concat([]fakeserver.Step{fakeserver.SendPlain(greeting), handshake},
		notices, []fakeserver.Step{fakeserver.Send("one"), fakeserver.Expect("two")},
		notices, []fakeserver.Step{fakeserver.Send("three"), fakeserver.ExpectEnd()})...)
	since := sp.upgraded(p)
	sp.awaitBytes("what the peer sent behind it", since, len("one"))
	sp.must(write(wrapped, "two"))
	sp.awaitBytes("the peer's answer", since, len("onethree"))
	sp.fence()
	sp.Expect(sp.outline(since)).To(be([]line{`read "onethree"`}), "the callbacks called since the wrap")
	for _, r := range sp.events(since, subject.OnRead) {
		if len(r.Data) == 0 {
			sp.fail("want: no call of a read callback but for data\n got: the %s", r)
		}
	}
}

// goesOnOrFails lets a peer do what an implementation may bear or not, and expects that either the data behind it is
// delivered, or one failure is reported, and that nothing hangs.
func (sp *spec) goesOnOrFails(handshake fakeserver.Step, steps ...fakeserver.Step) {
	p := sp.peer(standing(handshake, fault{steps: append(steps, fakeserver.Send(nevertheless))})...)
	since := sp.upgraded(p)
	p.Resume(theWrap)
	sp.wentOnOrFailed(since)
}

// nevertheless is the data behind what may be borne or not.
const nevertheless = "nevertheless"

func (sp *spec) wentOnOrFailed(since int) {
	sp.awaitBytesOrFailure("the data behind it, or a failure", since, len(nevertheless))
	sp.fence()
	failed := slices.ContainsFunc(sp.records[since:], func(r subject.Record) bool { return r.Error != nil })
	var want []line
	if len(sp.events(since, subject.OnEvent)) > 0 {
		sp.expectOneEvent(since)
		want = []line{"event"}
	} else if !failed {
		want = []line{`read "` + nevertheless + `"`}
	}
	sp.Expect(sp.outline(since)).To(be(want), "the callbacks called since the wrap")
	sp.do(closing(wrapped))
}

// flood adds a spec of so many records in a row which are nothing, for the clause that is open: an attack if there is no
// end to it, so a client may give up.
func (c *catalogue) flood(of string, each fakeserver.Crafted, v version) {
	const n = 1000
	c.it(fmt.Sprintf("lives through %d %s in a row, or reports one failure, under %s", n, of, v.name), func(sp *spec) {
		sp.goesOnOrFails(sp.handshakeUnder(v), fakeserver.Flood(n, each))
	}).needing(v.needs)
}

// Key updates while there is much to write.
func (c *catalogue) errorKeyUpdate() {
	c.of("error/key-update")
	const size = 8 << 20
	for _, requested := range []bool{false, true} {
		text := "loses nothing of 8 MiB written to a peer that updates its keys before it reads"
		if requested {
			text += ", and wants the same of the client"
		}
		c.it(text, func(sp *spec) {
			update := fakeserver.ByHand(fakeserver.KeyUpdate(requested))
			half := bulk()[:size/2]
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(tls13), fakeserver.Hold("the update"),
				update, fakeserver.Send("updated"), fakeserver.Expect(half), update, fakeserver.Send(" twice"),
				fakeserver.Expect(bulk()[size/2:size]), fakeserver.Send(" and read"), fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			sp.must(writeBulk(size))
			sp.fence() // what can leave has left
			p.Resume("the update")
			sp.awaitReceived(p, "all that was written", size)
			sp.awaitBytes("what the peer sent under each of its keys", since, len("updated twice and read"))
			sp.fence()
			sp.Expect(sp.outline(since)).To(be([]line{`read "updated twice and read"`}), "the callbacks called since the wrap")
		}).seen("openssl/openssl#8677", "openssl/openssl#12485", "yandex/odyssey#1459")
	}
	c.flood("key updates", fakeserver.KeyUpdate(false), tls13)
	c.flood("key updates that want one in return", fakeserver.KeyUpdate(true), tls13)
}

// A wish for a handshake anew, which is not fulfilled by most.
func (c *catalogue) errorRenegotiation() {
	c.of("error/renegotiation")
	c.it("goes on upon a HelloRequest, or reports one failure", func(sp *spec) {
		sp.goesOnOrFails(sp.handshakeUnder(tls12), fakeserver.ByHand(fakeserver.HelloRequest))
	}).seen("openssl/openssl#14722", "rustls/rustls#952")
}
