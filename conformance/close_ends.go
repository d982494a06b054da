package conformance

import (
	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// An ending is a way in which a wrapped socket comes to its end, once the handshake is done.
type ending struct {
	how   string
	first func(*spec)       // what the subject is told; it may be nothing
	then  []fakeserver.Step // what the peer does
	rows  []string          // of the failures that were observed behind it
}

var (
	closedByUs = ending{
		how:   "closed",
		first: func(sp *spec) { sp.must(closing(wrapped)) },
		then:  []fakeserver.Step{fakeserver.ExpectEnd()},
	}
	closedByPeer = ending{
		how:  "closed by the peer",
		then: []fakeserver.Step{fakeserver.CloseNotify(), fakeserver.FIN(), fakeserver.ExpectEnd()},
	}
	brokenByPeer = ending{
		how:  "ended by an SSL error",
		then: []fakeserver.Step{fakeserver.Corrupted(fakeserver.Send("never to be seen")), fakeserver.ExpectEnd()},
		rows: []string{"T2"},
	}
	resetByPeer = ending{
		how:  "reset by the peer",
		then: []fakeserver.Step{fakeserver.RST()},
	}
	closedInRead = ending{
		how: "closed in its read callback",
		first: func(sp *spec) {
			sp.must(when(subject.OnRead, wrapped, closing(wrapped)))
		},
		then: []fakeserver.Step{fakeserver.SendRecords(5, "enough"), fakeserver.ExpectEnd()},
		rows: []string{"T1"},
	}
)

var endings = []ending{closedByUs, closedByPeer, brokenByPeer, resetByPeer, closedInRead}

// endsBy lets a wrapped socket come to its end, and returns when everything is quiet, with a mark for what followed the
// wrap.
func (sp *spec) endsBy(e ending) (since int) { return sp.endsUnder(sp.handshake(), e) }

func (sp *spec) endsUnder(handshake fakeserver.Step, e ending) (since int) {
	p, since := sp.bringsAbout(handshake, e)
	sp.quiet(p)
	return since
}

// bringsAbout wraps, and lets the end come, for which the peer holds until the subject, too, has the whole handshake.
func (sp *spec) bringsAbout(handshake fakeserver.Step, e ending) (p *peer, since int) {
	p = sp.welcoming(handshake, e.then...)
	since = sp.welcomed(p)
	if e.first != nil {
		e.first(sp)
	}
	p.Resume("end")
	return p, since
}

// welcoming is a peer that says welcome, and brings the end about when it is resumed.
func (sp *spec) welcoming(handshake fakeserver.Step, end ...fakeserver.Step) *peer {
	welcoming := []fakeserver.Step{fakeserver.SendPlain(greeting), handshake, fakeserver.Send(welcome), fakeserver.Hold("end")}
	return sp.peer(append(welcoming, end...)...)
}

func (sp *spec) expectClosedOnce(since int) {
	ginkgo.GinkgoHelper()
	sp.Expect(sp.closings(since)).To(be([]line{"close-cb C"}), "the calls of close-cb since the wrap")
}

func (c *catalogue) closeByOthers() {
	c.of("close/peer")
	for _, v := range versions {
		c.it("reports the peer's clean end as one tcp-eof, and calls close-cb once, under "+v.name, func(sp *spec) {
			since := sp.endsUnder(sp.handshakeUnder(v), closedByPeer)
			sp.Expect(sp.conditions(since)).To(be([]line{subject.TCPEOF}), "the conditions reported since the wrap")
			sp.expectClosedOnce(since)
		}).needing(v.needs).seen("nodejs/node#24984", "twisted/twisted#5341", "oven-sh/bun#42339")
	}
	c.it("does so where data, close_notify and FIN come in one segment", func(sp *spec) {
		since := sp.endsBy(ending{then: []fakeserver.Step{
			fakeserver.Joined(fakeserver.Send("last words"), fakeserver.CloseNotify(), fakeserver.FIN()), fakeserver.ExpectEnd()}})
		sp.Expect(sp.conditions(since)).To(be([]line{subject.TCPEOF}), "the conditions reported since the wrap")
		sp.expectClosedOnce(since)
	}).seen("nodejs/node#24984")
	for _, v := range versions {
		c.it("delivers nothing of what comes behind close_notify, under "+v.name, func(sp *spec) {
			p := sp.welcoming(sp.handshakeUnder(v),
				fakeserver.Joined(fakeserver.CloseNotify(), fakeserver.ByHand(fakeserver.CraftedData("too late"))), fakeserver.ExpectEnd())
			since := sp.welcomed(p)
			p.Resume("end")
			sp.awaitEvent("an event that tells of the peer's end", since)
			sp.quiet(p)
			sp.Expect(sp.history(since)).To(be([]line{`read tls "welcome"`, "event tcp-eof of tls", "close-cb C"}), "the callbacks called since the wrap")
		}).needing(v.needs)
	}

	c.of("close/error")
	c.it("calls close-cb once when a record fails authentication", func(sp *spec) {
		sp.expectClosedOnce(sp.endsBy(brokenByPeer))
	})
	c.it("calls close-cb once when the peer sends what is no record", func(sp *spec) {
		sp.expectClosedOnce(sp.endsBy(ending{then: []fakeserver.Step{
			fakeserver.SendPlain(noRecord), fakeserver.ExpectEnd()}}))
	})
	c.it("calls close-cb once when the peer answers the ClientHello with a fatal alert", func(sp *spec) {
		sp.expectClosedOnce(sp.failsIn(alertFault))
	}).seen("oven-sh/bun#38058", "netty/netty#6239")
	c.it("calls close-cb once when the peer answers the ClientHello in plain text", func(sp *spec) {
		sp.expectClosedOnce(sp.failsIn(plainFault))
	}).seen("oven-sh/bun#38058", "netty/netty#6239")
	c.it("calls close-cb once when the peer ends in the handshake", func(sp *spec) {
		sp.expectClosedOnce(sp.failsIn(endFault))
	}).seen("oven-sh/bun#38058", "netty/netty#6239")

	c.of("close/reset")
	c.it("calls close-cb once when the connection is reset", func(sp *spec) {
		sp.expectClosedOnce(sp.endsBy(resetByPeer))
	})
	c.it("calls close-cb once when the connection is reset in the handshake", func(sp *spec) {
		sp.expectClosedOnce(sp.failsIn(resetFault))
	}).seen("oven-sh/bun#38058", "netty/netty#6239")

	c.of("close/refused")
	c.it("reports a refused connection as one tcp-error that is no tcp-ssl-error, and calls close-cb once", wrappedRefused).
		seen("libevent/libevent#1115", "oven-sh/bun#38122", "mscdex/node-imap#467")
}

// failsIn wraps with a peer that answers the ClientHello with a fault, and returns when everything is quiet.
func (sp *spec) failsIn(f fault) (since int) {
	p, since := sp.fails(f)
	sp.quiet(p)
	return since
}

func (sp *spec) fails(f fault) (p *peer, since int) {
	p = sp.peer(answering(f)...)
	sp.connected(p)
	since = sp.mark()
	sp.begin(sp.wrap(closeCB)) // whose answer may be the failure
	return p, since
}

func wrappedRefused(sp *spec) {
	p := sp.nobody(fakeserver.StartRefusing())
	ids := sp.begin(connect(p, plain, callbacks), sp.wrap(closeCB))
	sp.performed(ids[:1])
	sp.awaitClose()
	var reported []*subject.Condition
	if answer := sp.answer(ids[1]); answer.Error != nil { // where a wrap ends with the handshake
		reported = append(reported, &answer.Error.Condition)
	}
	sp.atRest()
	for _, r := range sp.events(0, subject.OnEvent) {
		reported = append(reported, r.Condition)
	}
	if len(reported) != 1 || !reported[0].Is(subject.TCPError) || reported[0].Is(subject.TCPSSLError) {
		sp.fail("want: one tcp-error that is no tcp-ssl-error\n got: %v", reported)
	}
	sp.expectClosedOnce(0)
}
