package conformance

import (
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// What a wrap of the wrapped socket returns, and its close-cb. The socket in the middle is an original then.
const (
	inner        subject.Handle = "inner"
	innerCloseCB subject.Tag    = "I"
)

// nested holds the subject to: "It can be passed to any cl-async function that takes a `socket` argument." wrap-in-ssl
// is one.
func (c *catalogue) nested() {
	c.of("nested/tls-in-tls")
	c.nestedData()
	c.nestedMoments()
	c.nestedBulk()
	c.nestedEnds()
}

// handshakeInside is the step that makes a handshake inside the session that stands.
func (sp *spec) handshakeInside(v version) fakeserver.Step {
	return fakeserver.HandshakeInside(fakeserver.Config{Certificate: sp.suite.leaf, Version: v.number})
}

// nesting is a peer that makes a session inside a session.
func (sp *spec) nesting(then ...fakeserver.Step) *peer {
	nesting := []fakeserver.Step{fakeserver.SendPlain(greeting), sp.handshake(), sp.handshakeInside(anyVersion)}
	return sp.peer(append(nesting, then...)...)
}

// wrapInner is the request to wrap the wrapped socket.
func (sp *spec) wrapInner() subject.Request { return sp.wrapOf(wrapped, inner, innerCloseCB) }

// nests is upgraded, and wraps what the wrap returned; it returns when the peer has the inner handshake, too.
func (sp *spec) nests(p *peer, changes ...change) (since int) {
	since = sp.upgraded(p, changes...)
	sp.must(sp.wrapInner())
	sp.handshakenInside(p)
	return since
}

func (sp *spec) handshakenInside(p *peer) {
	sp.sees(p, "the end of the handshake inside the session", func(e fakeserver.Entry) bool {
		return e.Kind == fakeserver.Handshake && e.Where == fakeserver.Inside
	})
}

// asks writes to the inner socket, and waits for the peer's answer.
func (sp *spec) asks(since int) {
	sp.must(write(inner, question))
	sp.awaitBytes("the peer's answer in the inner session", since, len(answer))
}

// answered is what an application sees of asks: the callbacks are the inner socket's.
var answered = line(fmt.Sprintf("read %s %q", inner, answer))

func (c *catalogue) nestedData() {
	for _, outer := range versions {
		for _, within := range versions {
			c.it(fmt.Sprintf("carries data both ways under %s inside %s", within.name, outer.name), func(sp *spec) {
				p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(outer), sp.handshakeInside(within),
					fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
				since := sp.nests(p)
				sp.asks(since)
				sp.fence()
				sp.Expect(sp.history(since)).To(be([]line{answered}), "the callbacks called since the first wrap")
			}).needing(outer.needs, within.needs).seen("python/cpython#81360")
		}
	}
	c.it("sends the inner ClientHello, and what is written then, inside the outer session", func(sp *spec) {
		p := sp.nesting(fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.asks(sp.nests(p))
		var sent []line
		for _, e := range p.entries(fromClient(fakeserver.ClientHello, fakeserver.Data)) {
			sent = append(sent, line(strings.TrimSpace(fmt.Sprintf("%s %s", e.Kind, e.Where))))
		}
		sp.Expect(sent).To(be([]line{"ClientHello", "ClientHello inside", "data inside"}), "what the client sent")
	})
	c.it("carries data in the outer session first, as one does who asks a proxy for a connection", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect(startTLS), fakeserver.Send(goAhead),
			sp.handshakeInside(anyVersion), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.must(write(wrapped, startTLS))
		sp.awaitBytes("the peer's consent in the outer session", since, len(goAhead))
		sp.must(sp.wrapInner())
		inside := sp.mark()
		sp.asks(inside)
		sp.fence()
		sp.Expect(sp.history(since)).To(be([]line{line(fmt.Sprintf("read %s %q", wrapped, goAhead)), answered}), "the callbacks called since the first wrap")
	}).seen("python/cpython#81360")
	c.it("wraps a wrapped stream", func(sp *spec) {
		p := sp.nesting(fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		since := sp.nests(p, streaming)
		sp.must(write(inner, question))
		sp.Expect(line(sp.readFrom(inner, since, len(answer)))).To(be(line(answer)), "what the inner stream has to read")
	}).needing(subject.Stream)
	c.it("does not deliver in the inner session what is written to the socket in the middle", func(sp *spec) {
		p := sp.nesting(fakeserver.Echo())
		since := sp.nests(p)
		sp.do(write(wrapped, misdirected)) // refused by rights, which is for the clauses of an original to say
		sp.fence()
		sp.do(write(inner, endMark))
		nested := false
		sp.sees(p, "what was written to the inner socket then, an answer to something else, or the end of the connection", func(e fakeserver.Entry) bool {
			nested = nested || e.Kind == fakeserver.Handshake && e.Where == fakeserver.Inside
			answers := e.Side == fakeserver.Peer && e.Kind == fakeserver.Record // by an alert, if it is no record of the inner session
			return over(e) || insideData(e) && strings.HasSuffix(string(e.Data), endMark) || nested && answers
		})
		for _, e := range p.entries(insideData) {
			if strings.Contains(string(e.Data), "SECRET") {
				sp.fail("want: nothing of what was written to the socket in the middle in the inner session's data\n got: the peer %s", e)
			}
		}
		sp.Expect(sp.handed(since, wrapped, plain)).To(be(""), "what read callbacks called with the other sockets were handed since the first wrap")
	})
}

// insideData matches application data that the client sent in the inner session.
func insideData(e fakeserver.Entry) bool { return clientData(e) && e.Where == fakeserver.Inside }

func (c *catalogue) nestedMoments() {
	c.it("wraps again before the outer handshake is done, and sends what is written then once", func(sp *spec) {
		p := sp.stalling(sp.handshake(), sp.handshakeInside(anyVersion), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		ids := sp.begin(sp.wrap(closeCB), sp.wrapInner(), write(inner, question))
		sp.holding(p, serverHello)
		p.Resume(serverHello)
		sp.performed(ids)
		sp.awaitBytes("the peer's answer in the inner session", since, len(answer))
		sp.must(write(inner, endMark))
		sp.awaitReceivedLast(p, "what was written, and behind it "+endMark, endMark)
		sp.Expect(line(p.received())).To(be(line(question+endMark)), "what the peer got")
		sp.Expect(sp.history(since)).To(be([]line{answered}), "the callbacks called since the first wrap")
	}).seen("python/cpython#81360")
	c.it("wraps twice before it is connected, and calls the connect callback once, with the inner socket", func(sp *spec) {
		p := sp.peer(sp.handshake(), sp.handshakeInside(anyVersion), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.performed(sp.begin(connect(p, plain, callbacks, also(subject.OnConnect)), sp.wrap(closeCB), sp.wrapInner(), write(inner, question)))
		sp.awaitBytes("the peer's answer in the inner session", 0, len(answer))
		sp.fence()
		sp.Expect(sp.calls(subject.OnConnect)).To(be([]line{"connect callback of A called with inner"}), "the calls of the connect callback")
	}).needing(subject.WrapBeforeConnect, subject.ConnectCallback)
}

func (c *catalogue) nestedBulk() {
	const each = 4 << 20
	c.it("moves 4 MiB through both sessions, and as much back at the same time", func(sp *spec) {
		p := sp.nesting(fakeserver.Hold("the transfers"), fakeserver.Duplex(bulk()[:each], bulk()[:each]), fakeserver.ExpectEnd())
		since := sp.nests(p, digesting)
		sp.must(writePayload(inner, each, bulkSeed))
		p.Resume("the transfers")
		sp.awaitBytes("all that the peer sent", since, each)
		sp.awaitReceived(p, "all that was written", each)
		sp.expectDigest(inner, bulk()[:each])
	}).seen("libevent/libevent#952")
	c.it("gets 2 MiB through both sessions though each read callback disables reading", func(sp *spec) {
		sp.getsInSips(2 << 20)
	}).needing(subject.Pause).seen("libevent/libevent#952")
	c.it("gets 32 MiB through both sessions though each read callback disables reading", func(sp *spec) {
		sp.getsInSips(bulkSize)
	}).needing(subject.Pause).heavily().seen("libevent/libevent#952")
}

// getsInSips has reading disabled in each call of the inner socket's read callback, and enables it behind that.
func (sp *spec) getsInSips(size int) {
	p := sp.nesting(fakeserver.Hold("the transfer"), fakeserver.Send(bulk()[:size]), fakeserver.ExpectEnd())
	since := sp.nests(p, digesting)
	sp.must(whenever(subject.OnRead, inner, disable(inner)))
	p.Resume("the transfer")
	for got := 0; got < size; {
		done := sp.during("the read callback had " + progress(got, size))
		got += sp.awaitCall("a call of the inner socket's read callback", since, subject.OnRead).Size
		since = sp.mark()
		sp.must(enable(inner))
		done()
	}
	sp.expectDigest(inner, bulk()[:size])
}
