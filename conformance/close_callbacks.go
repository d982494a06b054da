package conformance

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) closeAgain() {
	c.of("close/again")
	for _, e := range []ending{closedByUs, closedByPeer, brokenByPeer} {
		c.it("refuses a second close and a write with socket-closed when the socket was "+e.how, func(sp *spec) {
			sp.refusesWhenClosed(e, closing(wrapped), write(wrapped, "one more thing"))
		}).seen("yodaos-project/ShadowNode#85", "libevent/libevent#157", "netty/netty#1608").row("I10")
	}
	c.it("refuses new timeouts with socket-closed", func(sp *spec) {
		sp.refusesWhenClosed(closedByUs, subject.Request{Op: subject.SetTimeouts, On: wrapped, ReadTimeout: 60_000})
	}).needing(subject.ReadTimeout)
	c.it("refuses a write to a wrapped stream with socket-closed when that was closed", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p, streaming)
		sp.must(closing(wrapped))
		sp.quiet(p)
		answer := sp.do(write(wrapped, "one more thing"))[0]
		sp.Expect(line(refusal(answer))).To(be(line(subject.SocketClosed)), "what the write was answered with")
	}).needing(subject.Stream)
	c.it("keeps application data readable", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		sp.must(subject.Request{Op: subject.SetData, On: wrapped, Data: []byte("mine")})
		sp.must(closing(wrapped))
		sp.quiet(p)
		sp.Expect(sp.dataOf(wrapped)).To(be("mine"), "the application data of the closed socket")
	}).needing(subject.SocketData)

	c.of("close/again-pause")
	c.it("refuses to enable and to disable a closed socket with socket-closed", func(sp *spec) {
		sp.refusesWhenClosed(closedByUs, enable(wrapped), disable(wrapped))
	})
}

// refusesWhenClosed expects that operations on a socket that has ended are refused, and call nothing.
func (sp *spec) refusesWhenClosed(e ending, operations ...subject.Request) {
	since := sp.endsBy(e)
	var want, got []line
	for n, answer := range sp.do(operations...) {
		want = append(want, line(fmt.Sprintf("%s: %s", operations[n], subject.SocketClosed)))
		got = append(got, line(fmt.Sprintf("%s: %s", operations[n], refusal(answer))))
	}
	sp.fence()
	sp.Expect(got).To(be(want), "what operations on the closed socket were answered with")
	sp.expectClosedOnce(since)
}

// refusal is how an answer refuses an operation: the documented name if that is socket-closed, else all that it says.
func refusal(answer subject.Record) string {
	switch {
	case answer.Error == nil:
		return "ok"
	case answer.Error.Is(subject.SocketClosed):
		return subject.SocketClosed
	default:
		return answer.Error.Error()
	}
}

func (c *catalogue) closeInCallbacks() {
	c.of("close/in-read-callback")
	c.it("calls nothing but close-cb behind the read callback that it is closed in", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("data"),
			fakeserver.SendRecords(5, "enough"), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		id := sp.deferred(when(subject.OnRead, wrapped, closing(wrapped)))
		p.Resume("data")
		sp.awaitDone("closing in the read callback", id)
		sp.quiet(p)
		sp.Expect(lines(sp.behind(subject.OnRead, since))).To(be([]line{}), "the callbacks called behind the first read callback, but for close-cb")
		sp.expectClosedOnce(since)
	}).row("T1")

	c.of("close/in-event-callback")
	for _, e := range []ending{closedByPeer, brokenByPeer, resetByPeer} {
		c.it("allows it to a socket that was "+e.how, func(sp *spec) {
			id := sp.deferred(when(subject.OnEvent, wrapped, closing(wrapped)))
			since := sp.endsBy(e)
			sp.awaitDone("closing in the event callback", id)
			sp.expectClosedOnce(since)
		}).seen("netty/netty#1608", "HeyPuter/puter#1105").row("T2")
	}

	c.of("close/in-connect-callback")
	c.it("allows it, calls close-cb once, and ends the connection", closedInConnect).row("T6")

	c.of("close/in-close-callback")
	for _, e := range []ending{closedByUs, closedByPeer, brokenByPeer} {
		c.it("neither recurses nor crashes in the close-cb of a socket that was "+e.how, func(sp *spec) {
			id := sp.deferred(when(subject.OnClose, subject.Handle(closeCB), closing(wrapped)))
			since := sp.endsBy(e)
			ran := sp.awaitRan("the outcome of closing in close-cb", id)
			if ran.Error != nil && !ran.Error.Is(subject.SocketClosed) {
				sp.fail("want: closing in close-cb is ok, or a socket-closed\n got: %s", ran)
			}
			sp.expectClosedOnce(since)
		}).row("C9")
	}
}

// closedInConnect does not mind whether the connect callback is called before the handshake or after it.
func closedInConnect(sp *spec) {
	p := sp.peer(sp.handshake(), fakeserver.ExpectEnd())
	ids := sp.begin(connect(p, plain, callbacks, also(subject.OnConnect)), sp.wrap(closeCB), when(subject.OnConnect, wrapped, closing(wrapped)))
	sp.performed([]int{ids[0], ids[2]})
	sp.awaitDone("closing in the connect callback", ids[2])
	sp.quiet(p)
	sp.expectClosedOnce(0)
}
