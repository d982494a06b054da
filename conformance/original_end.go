package conformance

import (
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) originalCloses() {
	c.of("original/close-is-not-silent")
	c.it("refuses to close the original, or ends the wrapped one with an event and close-cb", func(sp *spec) {
		since := sp.upgraded(sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd()))
		if sp.do(closing(plain))[0].Error == nil {
			sp.awaitEvent("an event that tells of the wrapped socket's end, since the original could be closed", since)
			sp.awaitCall("the call of close-cb, since the original could be closed", since, subject.OnClose)
		}
	}).row("D4")
	c.it("refuses to close the original in the handshake, or ends the wrapped one with an event and close-cb", func(sp *spec) {
		_, since, ids := sp.shaking(fakeserver.ExpectEnd())
		if sp.do(closing(plain))[0].Error != nil {
			return
		}
		// Where wrap ends with the handshake, it is refused, and there is nothing that close-cb could tell of.
		end := sp.awaitFailure("an event that tells of the wrapped socket's end, since the original could be closed", since, ids...)
		if !end.answered() {
			sp.awaitCall("the call of close-cb, since the original could be closed", since, subject.OnClose)
		}
	}).row("D4")

	c.of("original/close-after")
	for _, order := range []string{
		"wrapped original other", "wrapped other original", "original wrapped other",
		"original other wrapped", "other wrapped original", "other original wrapped",
	} {
		c.it("lets both be closed, with another connection made meanwhile: "+strings.ReplaceAll(order, " ", ", "), func(sp *spec) {
			sp.closesInOrder(strings.Fields(order), func(requests []subject.Request) {
				for _, r := range requests {
					sp.do(r)
				}
			})
		}).seen("libevent/libevent#135", "libevent/libevent#157", "nodejs/node#1910")
	}
	c.it("lets both be closed in one turn, and often", func(sp *spec) {
		for range 10 {
			sp.closesInOrder([]string{"wrapped", "original", "other"}, func(requests []subject.Request) { sp.do(requests...) })
		}
	}).seen("libevent/libevent#135", "nodejs/node#1910")
	c.it("lets the original be closed inside the wrapped one's close-cb", func(sp *spec) {
		sp.upgraded(sp.echoing())
		inside := sp.deferred(when(subject.OnClose, subject.Handle(closeCB), closing(plain)))
		sp.do(closing(wrapped))
		sp.awaitRan("the closing of the original inside close-cb", inside)
		sp.fence()
	})
}

// closesInOrder wraps a connection, closes wrapped and original, and makes another connection, which may get the
// descriptor that was closed, in an order. Then it closes both again. The other connection must not notice.
func (sp *spec) closesInOrder(order []string, perform func([]subject.Request)) {
	const other, callbacksOfOther = "other", "B"
	sp.upgraded(sp.echoing())
	bystander := sp.startPeer("other peer", fakeserver.Echo())
	step := map[string]subject.Request{"wrapped": closing(wrapped), "original": closing(plain), "other": connect(bystander, other, callbacksOfOther)}
	var requests []subject.Request
	for _, name := range order {
		requests = append(requests, step[name])
	}
	perform(requests)
	sp.echoed(other, callbacksOfOther)
	perform([]subject.Request{closing(plain), closing(wrapped)})
	sp.fence()
	sp.echoed(other, callbacksOfOther)
}

// originalGrowth streams through a wrapped socket: an original that gets, or keeps, what passes grows with it.
func (c *catalogue) originalGrowth() {
	c.of("original/no-growth")
	c.alone("has not grown by 48 MiB between 32 and 128 MiB that have come", func(sp *spec) {
		const mib, record = 1 << 20, 16 << 10
		payload := string(subject.Payload(record, 10))
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.SendRecords(32*mib/record, payload),
			fakeserver.Hold("the rest"), fakeserver.SendRecords(96*mib/record, payload), fakeserver.ExpectEnd())
		sp.connected(p, digesting)
		since := sp.mark()
		sp.must(sp.wrap(closeCB))
		sp.awaitBytes("the first 32 MiB that the peer sends under TLS", since, 32*mib)
		before := sp.status().Memory
		p.Resume("the rest")
		sp.awaitBytes("all 128 MiB that the peer sends under TLS", since, 128*mib)
		if grown := sp.status().Memory - before; grown >= 48*mib {
			sp.fail("want: less than 48 MiB more in use after 128 MiB than after 32 MiB that passed through the wrapped socket\n got: %d MiB more", grown/mib)
		}
	}).seen("oven-sh/bun#36534")
}

// shaking wraps an open socket whose peer holds the ServerHello back; it returns when the peer has the ClientHello.
func (sp *spec) shaking(then ...fakeserver.Step) (p *peer, since int, ids []int) {
	p = sp.stalling(append([]fakeserver.Step{sp.handshake()}, then...)...)
	since, ids = sp.greets(p)
	return p, since, ids
}

// greets wraps a connection to a peer, and waits until that has the ClientHello.
func (sp *spec) greets(p *peer) (since int, ids []int) {
	sp.connected(p)
	since = sp.mark()
	ids = sp.begin(sp.wrap(closeCB))
	sp.sees(p, "a ClientHello", entryKind(fakeserver.ClientHello))
	return since, ids
}

// unharmed expects that the wrapped socket has reported nothing since a record, and still works.
func (sp *spec) unharmed(since int) {
	sp.survives()
	sp.expectNoEnd(since)
}

func (sp *spec) expectNoEnd(since int) {
	sp.fence()
	sp.Expect(lines(sp.events(since, subject.OnEvent, subject.OnClose))).To(be([]line{}), "the calls of event callback and close-cb since the wrap")
}

// survives expects that the wrapped socket still carries something there and back.
func (sp *spec) survives() { sp.echoed(wrapped, callbacks) }

// echoed expects that an object still carries something there and back; a tag tells its callbacks.
func (sp *spec) echoed(on subject.Handle, tag subject.Tag) {
	since, seen, got := sp.mark(), 0, 0
	if a := sp.do(write(on, question))[0]; a.Error != nil {
		sp.fail("want: something written to %s\n got: the %s", on, a)
	}
	last := sp.await(fmt.Sprintf("what is written to %s, back from its peer", on), func(r subject.Record) bool {
		if seen++; seen <= since || r.Callbacks != tag && r.Event != subject.OnClose {
			return false
		}
		got += len(r.Data)
		return got >= len(question) || r.Event == subject.OnEvent || r.Event == subject.OnClose && on == wrapped
	})
	if last.Event != subject.OnRead {
		sp.fail("want: what is written to %s, back from its peer\n got: the %s", on, last)
	}
}
