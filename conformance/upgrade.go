package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// upgrade holds the subject to: "you can convert a non-SSL socket to SSL fairly simply", at every moment of a
// connection, and to what is known to go wrong at that moment.
func (c *catalogue) upgrade() {
	c.upgradeInCallbacks()
	c.upgradeHandshake()
	c.upgradePendingOutput()
	c.upgradeEveryPath()
	c.upgradeInjected()
}

func (c *catalogue) upgradeInCallbacks() {
	c.of("upgrade/in-read-callback")
	for _, v := range versions {
		c.it("wraps inside the read callback that gets the peer's consent, and the dialogue goes on under "+v.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectPlain(startTLS), fakeserver.SendPlain(goAhead),
				sp.handshakeUnder(v), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
			sp.connected(p)
			wrapping := sp.deferred(when(subject.OnRead, plain, sp.wrap(closeCB)))
			sp.must(write(plain, startTLS))
			sp.awaitDone("the wrap inside the read callback", wrapping)
			sp.talkUnderTLS(p)
		}).needing(v.needs).seen("aio-libs/aiosmtpd#83")
	}

	c.of("upgrade/in-connect-callback")
	c.it("wraps inside the connect callback, and the dialogue goes on under TLS", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		wrapping := sp.deferred(when(subject.OnConnect, plain, sp.wrap(closeCB)))
		sp.must(connect(p, plain, callbacks, also(subject.OnConnect)))
		sp.awaitDone("the wrap inside the connect callback", wrapping)
		sp.talkUnderTLS(p)
	}).seen("eventmachine/eventmachine#362")

	c.of("upgrade/in-write-callback")
	c.it("wraps inside the write callback of the last plain line, and the dialogue goes on under TLS", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectPlain(startTLS),
			sp.handshake(), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.connected(p, also(subject.OnWrite))
		ids := sp.begin(when(subject.OnWrite, plain, sp.wrap(closeCB)), write(plain, startTLS))
		sp.performed(ids)
		sp.awaitDone("the wrap inside the write callback", ids[0])
		sp.talkUnderTLS(p)
	}).row("Q3")
}

func (c *catalogue) upgradeHandshake() {
	c.of("upgrade/handshake-starts")
	hears := func(sp *spec, p *peer, since int) {
		sp.sees(p, "a ClientHello, though the application writes nothing", entryKind(fakeserver.ClientHello))
		sp.awaitBytes("what the peer says first under TLS", since, len(answer))
	}
	c.it("starts the handshake of an open socket without anything being written", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		sp.begin(sp.wrap(closeCB))
		hears(sp, p, since)
	}).seen("orthecreedence/cl-async#49", "Spinoco/fs2-crypto#2", "tokio-rs/tls#96")
	c.it("starts the handshake of a socket that was wrapped before it was connected, without anything being written", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Send(answer), fakeserver.ExpectEnd())
		since := sp.mark()
		sp.begin(connect(p, plain, callbacks), sp.wrap(closeCB))
		hears(sp, p, since)
	}).needing(subject.WrapBeforeConnect).seen("orthecreedence/cl-async#49")
}

// talkUnderTLS lets the client ask and the peer answer, and expects that each gets what the other has sent.
func (sp *spec) talkUnderTLS(p *peer) {
	since := sp.mark()
	asking := sp.begin(write(wrapped, question))
	sp.sees(p, "the client's question under TLS", clientData)
	sp.performed(asking)
	sp.awaitBytes("the peer's answer under TLS", since, len(answer))
	sp.fence()
	sp.Expect(line(sp.handed(since))).To(be(line(answer)), "what the read callback was handed since the question")
}
