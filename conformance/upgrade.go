package conformance

import (
	"crypto/tls"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// What the two sides say under TLS when a wrap is to show that it works, and what a client says in plain that wants
// TLS. The peer's answer to that has but one byte, like PostgreSQL's: a wrap inside the callback that gets it leaves
// nothing unread, however data is cut.
const (
	question = "250 is this private?\r\n"
	answer   = "250 nobody else hears it\r\n"

	startTLS = "STARTTLS\r\n"
	goAhead  = "S"
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
	for _, v := range []struct {
		needs   subject.Capability
		version uint16
	}{{subject.TLS12, tls.VersionTLS12}, {subject.TLS13, tls.VersionTLS13}} {
		c.it("wraps inside the read callback that gets the peer's consent, and the dialogue goes on under "+tls.VersionName(v.version), func(sp *spec) {
			handshake := fakeserver.HandshakeWith(fakeserver.Config{Certificate: sp.suite.leaf, Version: v.version})
			p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectPlain(startTLS), fakeserver.SendPlain(goAhead),
				handshake, fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
			sp.connected(p)
			sp.must(when(subject.OnRead, plain, sp.wrap(closeCB)))
			wrapping := sp.id()
			sp.must(write(plain, startTLS))
			sp.ranWell("the wrap inside the read callback", wrapping)
			sp.talkUnderTLS(p)
		}).needing(v.needs).seen("aio-libs/aiosmtpd#83")
	}

	c.of("upgrade/in-connect-callback")
	c.it("wraps inside the connect callback, and the dialogue goes on under TLS", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.must(when(subject.OnConnect, plain, sp.wrap(closeCB)))
		wrapping := sp.id()
		r := connect(p, plain, callbacks)
		r.Has = append(r.Has, subject.OnConnect)
		sp.must(r)
		sp.ranWell("the wrap inside the connect callback", wrapping)
		sp.talkUnderTLS(p)
	}).seen("eventmachine/eventmachine#362")

	c.of("upgrade/in-write-callback")
	c.it("wraps inside the write callback of the last plain line, and the dialogue goes on under TLS", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectPlain(startTLS),
			sp.handshake(), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		r := connect(p, plain, callbacks)
		r.Has = append(r.Has, subject.OnWrite)
		sp.connectedAs(r)
		ids := sp.begin(when(subject.OnWrite, plain, sp.wrap(closeCB)), write(plain, startTLS))
		sp.performed(ids)
		sp.ranWell("the wrap inside the write callback", ids[0])
		sp.talkUnderTLS(p)
	})
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

// ranWell waits until a deferred request has run, which may not be refused.
func (sp *spec) ranWell(what string, id int) {
	if ran := sp.awaitRan(what, id); ran.Error != nil {
		sp.fail("want: %s\n got: it was refused: %v", what, ran.Error)
	}
}

// talkUnderTLS lets the client ask and the peer answer, and expects that each gets what the other has sent.
func (sp *spec) talkUnderTLS(p *peer) {
	since := sp.mark()
	asking := sp.begin(write(wrapped, question))
	sp.sees(p, "the client's question under TLS", clientsData)
	sp.performed(asking)
	sp.awaitBytes("the peer's answer under TLS", since, len(answer))
	sp.fence()
	sp.Expect(line(sp.handed(since))).To(be(line(answer)), "what the read callback was handed since the question")
}

// clientsData matches application data of the client's.
func clientsData(e fakeserver.Entry) bool {
	return e.Kind == fakeserver.Data && e.Side == fakeserver.Client
}

// handed is what read callbacks were handed since a record, whatever they were called with.
func (sp *spec) handed(since int) string {
	var all []byte
	for _, r := range sp.events(since, subject.OnRead) {
		all = append(all, r.Data...)
	}
	return string(all)
}
