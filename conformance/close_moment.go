package conformance

import (
	"fmt"
	"net"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) closeTooSoon() {
	c.of("close/in-handshake")
	c.it("ends the connection when it is closed before the peer has answered its ClientHello", func(sp *spec) {
		sp.closesInHandshake(fakeserver.ExpectClientHello())
	}).seen("python/cpython#73929", "python/asyncio#472", "python/asyncio#218")
	c.it("ends the connection when it is closed in the middle of the peer's answer", func(sp *spec) {
		sp.closesInHandshake(fakeserver.Cut(100, sp.handshake()))
	}).seen("python/cpython#73929", "python/asyncio#472", "python/asyncio#218")
	c.cutFlights("ends the connection when it is closed after the peer's answer has stalled", (*spec).closesOnceAfter)

	c.of("close/before-connect")
	c.it("sends not one byte when it is closed in the turn in which it was connected and wrapped", func(sp *spec) {
		p := sp.peer(fakeserver.ExpectEnd())
		sp.closesBeforeConnect(p)
		sp.probe(p)
		sp.sees(p, "the end of the connection, or bytes", func(e fakeserver.Entry) bool { return over(e) || clientBytes(e) })
		sp.Expect(p.noted(clientBytes)).To(be([]line{}), "what the peer got")
		sp.expectClosedOnce(0)
	}).row("N5")
	c.it("calls close-cb once when it is closed while a connect hangs", func(sp *spec) {
		sp.closesBeforeConnect(sp.nobody(fakeserver.StartHanging()))
		sp.expectClosedOnce(0)
	}).row("N5")
}

// closesInHandshake closes a wrapped socket while the peer holds behind these steps, and expects that this ends the
// connection.
func (sp *spec) closesInHandshake(steps ...fakeserver.Step) {
	p, since := sp.closesBehind(steps...)
	sp.quiet(p)
	sp.expectClosedOnce(since)
}

func (sp *spec) closesBehind(steps ...fakeserver.Step) (p *peer, since int) {
	script := append([]fakeserver.Step{fakeserver.SendPlain(greeting)}, steps...)
	p = sp.peer(append(script, fakeserver.Hold("handshake"), fakeserver.ExpectEnd())...)
	sp.connected(p)
	since = sp.mark()
	sp.begin(sp.wrap(closeCB)) // which may be answered with the end of the handshake
	sp.holding(p, "handshake")
	sp.must(closing(wrapped))
	p.Resume("handshake")
	return p, since
}

// closesBeforeConnect connects, wraps and closes in one turn, and returns when close-cb has run and a fence has passed.
func (sp *spec) closesBeforeConnect(p *peer) {
	ids := sp.begin(connect(p, plain, callbacks), sp.wrap(closeCB), closing(wrapped))
	sp.performed([]int{ids[0], ids[2]})
	sp.awaitClose()
	sp.atRest()
}

// probe connects to the peer from here, and ends at once. If the subject has connected, that comes first and is what
// the peer talks to; otherwise the peer will see nothing but this.
func (sp *spec) probe(p *peer) {
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", p.Port()))
	if err == nil {
		err = conn.Close()
	}
	if err != nil {
		sp.cannot(err)
	}
}

func (c *catalogue) closeMoment() {
	c.of("close/not-early")
	c.it("does not call close-cb while the connection stands", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("ping"), fakeserver.Send("pong"),
			fakeserver.Expect("ping"), fakeserver.Send("pong"), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.pings(since)
		sp.pings(sp.mark())
		sp.fence()
		sp.Expect(sp.closings(since)).To(be([]line{}), "the calls of close-cb before anything has ended the socket")
		sp.must(closing(wrapped))
		sp.quiet(p)
	})
	c.it("hands over all data before it calls close-cb", func(sp *spec) {
		since := sp.endsBy(ending{then: []fakeserver.Step{
			fakeserver.Joined(fakeserver.SendRecords(5, "last words"), fakeserver.CloseNotify(), fakeserver.FIN()), fakeserver.ExpectEnd()}})
		sp.Expect(sp.readsBehindClose(since)).To(be([]line{}), "the calls of read callbacks behind close-cb")
	})
	c.it("hands over no data behind close-cb when it is closed while data comes", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.SendRecords(64, string(subject.Payload(16<<10, 1))), fakeserver.ExpectEnd())
		since := sp.upgraded(p, digesting)
		sp.awaitBytes("the beginning of what the peer sends", since, 1)
		sp.must(closing(wrapped))
		sp.quiet(p)
		sp.Expect(sp.readsBehindClose(since)).To(be([]line{}), "the calls of read callbacks behind close-cb")
	})

	c.of("close/marked")
	for _, e := range []ending{closedByUs, closedByPeer, brokenByPeer} {
		c.it("is closed already inside the close-cb of a socket that was "+e.how, func(sp *spec) {
			id := sp.deferred(when(subject.OnClose, subject.Handle(closeCB), subject.Request{Op: subject.Closed, On: wrapped}))
			sp.endsBy(e)
			ran := sp.awaitRan("the answer of closed? inside close-cb", id)
			if ran.Error != nil || ran.OK == nil || ran.OK.Closed == nil || !*ran.OK.Closed {
				sp.fail("want: closed? holds inside close-cb\n got: %s", ran)
			}
		}).row("C4")
	}

	c.of("close/last")
	c.it("is quiet after close-cb", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		sp.must(closing(wrapped))
		sp.quiet(p)
	})
	for _, e := range endings {
		c.it("calls nothing after the close-cb of a socket that was "+e.how, func(sp *spec) {
			since := sp.endsBy(e)
			sp.expectLast(since)
		}).row(e.rows...)
	}
	c.it("calls nothing after the close-cb of a socket whose handshake failed", func(sp *spec) {
		since := sp.failsIn(plainFault)
		sp.expectLast(since)
	})
}

// behind are the calls of callbacks, but for close-cb, behind the first one of a callback since a record.
func (sp *spec) behind(of subject.Callback, since int) []subject.Record {
	events := sp.events(since)
	first := slices.IndexFunc(events, func(r subject.Record) bool { return r.Event == of })
	return slices.DeleteFunc(events[first+1:], func(r subject.Record) bool { return r.Event == subject.OnClose })
}

func (sp *spec) expectLast(since int) {
	ginkgo.GinkgoHelper()
	sp.Expect(lines(sp.behind(subject.OnClose, since))).To(be([]line{}), "the callbacks called behind close-cb")
	sp.expectClosedOnce(since)
}

func (sp *spec) readsBehindClose(since int) []line {
	reads := slices.DeleteFunc(sp.behind(subject.OnClose, since), func(r subject.Record) bool { return r.Event != subject.OnRead })
	return lines(joined(reads))
}
