package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) closeNotify() {
	c.of("close/notify")
	for _, v := range versions {
		c.it("sends close_notify before the FIN when it is closed without having written, under "+v.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v), fakeserver.Send(welcome), fakeserver.ExpectEnd())
			sp.welcomed(p)
			sp.must(closing(wrapped))
			sp.quiet(p)
			sp.Expect(howEnded(p)).To(be(line("got close_notify")), "how the client ended, as the peer tells it")
		}).needing(v.needs).seen("jetty/jetty.project#3481", "openssl/openssl#6911", "libevent/libevent-book#5")
	}
	c.it("sends close_notify before the FIN when it is closed behind a round trip", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("ping"), fakeserver.Send("pong"), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.pings(since)
		sp.must(closing(wrapped))
		sp.quiet(p)
		sp.Expect(howEnded(p)).To(be(line("got close_notify")), "how the client ended, as the peer tells it")
	}).seen("jetty/jetty.project#3481", "openssl/openssl#6911")
	c.it("sends close_notify of both sessions before the FIN, that of the inner one inside the outer, when one inside another is closed", func(sp *spec) {
		p := sp.nesting(fakeserver.Send(welcome), fakeserver.ExpectEnd())
		since := sp.nests(p)
		sp.awaitBytes("the peer's first data in the inner session", since, len(welcome))
		sp.must(closing(inner))
		sp.sees(p, "the end of the connection", over)
		sp.Expect(p.noted(fromClient(fakeserver.TLSClosed))).To(be([]line{"got close_notify inside", "got close_notify"}), "the ends of sessions, as the peer tells them")
	}).needing(subject.TLSInTLS)

	c.of("close/answers-notify")
	for _, v := range versions {
		c.it("takes close_notify for the end, and closes TCP, under "+v.name, func(sp *spec) {
			since := sp.endsUnder(sp.handshakeUnder(v), leftOpen)
			sp.Expect(sp.conditions(since)).To(be([]line{subject.TCPEOF}), "the conditions reported since the wrap")
			sp.expectClosedOnce(since)
			sp.Expect(sp.closed(wrapped)).To(be(true), "what closed? says")
		}).needing(v.needs).seen("netty/netty#6167", "geby/synapse#32")
	}

	c.of("close/notify-while-paused")
	c.it("takes a close_notify that came while it was disabled for the end, once it is enabled", func(sp *spec) {
		sp.endsPaused(fakeserver.CloseNotify(), fakeserver.ExpectEnd())
	}).seen("MagicStack/uvloop#661")
	c.it("takes data, close_notify and FIN that came while it was disabled for the end, once it is enabled", func(sp *spec) {
		sp.endsPaused(fakeserver.Joined(fakeserver.Send("last words"), fakeserver.CloseNotify(), fakeserver.FIN()), fakeserver.ExpectEnd())
	}).seen("MagicStack/uvloop#661")
}

// leftOpen is the end of a session whose peer leaves it to the client to close TCP.
var leftOpen = ending{how: "ended by close_notify", then: []fakeserver.Step{fakeserver.CloseNotify(), fakeserver.ExpectEnd()}}

// howEnded is the first that a client has done to end a connection, as the peer tells it.
func howEnded(p *peer) line {
	ends := p.noted(fromClient(fakeserver.TLSClosed, fakeserver.TCPClosed, fakeserver.TCPReset))
	return append(ends, "nothing of the kind")[0]
}

// endsPaused lets the peer end while reading is disabled, and expects the end when it is enabled again.
func (sp *spec) endsPaused(steps ...fakeserver.Step) {
	p := sp.welcoming(sp.handshake(), steps...)
	since := sp.welcomed(p)
	sp.must(disable(wrapped))
	p.Resume("end")
	sp.sees(p, "its own close_notify", func(e fakeserver.Entry) bool { return e.Side == fakeserver.Peer && e.Kind == fakeserver.TLSClosed })
	sp.fence()
	sp.do(enable(wrapped)) // refused where the end was told already, which is not judged here
	sp.quiet(p)
	sp.Expect(sp.conditions(since)).To(be([]line{subject.TCPEOF}), "the conditions reported since the wrap")
	sp.expectClosedOnce(since)
}

func (c *catalogue) closeUnderLoad() {
	c.of("close/does-not-wait")
	c.it("calls close-cb while the peer does not answer close_notify", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(welcome), fakeserver.Hold("answer"), fakeserver.ExpectEnd())
		since := sp.welcomed(p)
		sp.must(closing(wrapped))
		sp.awaitCall("the call of close-cb, while the peer leaves close_notify unanswered", since, subject.OnClose)
		sp.fence()
		p.Resume("answer")
		sp.quiet(p)
	}).seen("twisted/twisted#7926", "aio-libs/aiohttp#11091", "boostorg/beast#2807")
	c.it("lets the loop end while the peer does not answer close_notify", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(welcome), fakeserver.Hold("answer"), fakeserver.ExpectEnd())
		sp.welcomed(p)
		sp.must(closing(wrapped))
		sp.must(subject.Request{Op: subject.Finish})
	}).needing(subject.LoopEnd).seen("twisted/twisted#7926", "MagicStack/uvloop#471")

	c.of("close/while-streaming")
	c.it("reports nothing behind a close while the peer sends", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(bulk()[:4<<20]), fakeserver.ExpectEnd())
		// In the first read callback: nearly all of what the peer sends is still to come then.
		sp.must(when(subject.OnRead, wrapped, closing(wrapped)))
		inside := sp.id()
		since := sp.upgraded(p, digesting)
		sp.awaitDone("the close inside the read callback", inside)
		sp.quiet(p)
		sp.Expect(sp.conditions(since)).To(be([]line{}), "the conditions reported since the wrap")
	}).seen("python/cpython#84132")

	c.of("close/pending-on-notify")
	c.it("sends all that was written when the peer's close_notify comes", pendingOnNotify).
		seen("aws/s2n-tls#598", "oven-sh/bun#40384", "tokio-rs/tls#23")
}

// pendingOnNotify writes more than the kernel takes, and the peer reads none of it until its close_notify was noticed.
func pendingOnNotify(sp *spec) {
	const size = 8 << 20
	p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(tls13), fakeserver.Hold("close_notify"), fakeserver.CloseNotify(),
		fakeserver.Hold("reading"), fakeserver.Expect(bulk()[:size]), fakeserver.ExpectEnd())
	sp.upgraded(p)
	sp.must(writeBulk(size))
	sp.tweets() // so that the fence is short: what is pending is not waited for for ever
	p.Resume("close_notify")
	sp.sees(p, "its own close_notify", entryKind(fakeserver.TLSClosed))
	sp.fence()
	p.Resume("reading")
	// Where not one whole record came, there is no data, but a script that failed.
	got := sp.sees(p, "what was written", func(e fakeserver.Entry) bool { return clientData(e) || e.Kind == fakeserver.Failed })
	if got.Length < size {
		sp.fail("want: all of the %d bytes that were written before the peer's close_notify, at the peer\n got: %d of them, then the end", size, got.Length)
	}
}
