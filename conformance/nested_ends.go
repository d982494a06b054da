package conformance

import (
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (c *catalogue) nestedEnds() {
	c.it("ends the connection when the inner socket is closed", func(sp *spec) {
		p := sp.nesting(fakeserver.ExpectEnd())
		since := sp.nests(p)
		sp.must(closing(inner))
		sp.ends(p, since)
	}).seen("python/cpython#113214")
	c.it("ends it when the inner socket is closed in its handshake", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the inner handshake"), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.begin(sp.wrapInner()) // which may be answered with the end of the handshake
		sp.fence()
		sp.must(closing(inner))
		p.Resume("the inner handshake")
		sp.ends(p, since)
	}).seen("python/cpython#113214")
	c.it("reports the peer's end of both sessions as one tcp-eof of the inner socket", func(sp *spec) {
		p := sp.nesting(fakeserver.Hold(theWrap), fakeserver.CloseNotify(), fakeserver.CloseNotify(), fakeserver.FIN(), fakeserver.ExpectEnd())
		since := sp.nests(p)
		p.Resume(theWrap)
		sp.awaitEvent("an event that tells of the peer's end", since)
		sp.ends(p, since)
		sp.Expect(sp.told(since)).To(be([]line{"tcp-eof of inner"}), "the conditions reported since the first wrap")
	})
	c.it("reports a record of the inner session that fails authentication as one error of the inner socket", func(sp *spec) {
		p := sp.nesting(append(append([]fakeserver.Step{fakeserver.Hold(theWrap)}, forgedFault.steps...), fakeserver.ExpectEnd())...)
		since := sp.nests(p)
		p.Resume(theWrap)
		sp.awaitEvent("an event that reports the forged record", since)
		sp.ends(p, since)
		sp.Expect(sp.told(since)).To(be([]line{"tcp-ssl-error of inner"}), "the conditions reported since the first wrap")
		sp.Expect(sp.reads(since)).To(be([]line{}), "the calls of read callbacks since the first wrap")
	}).seen("python/cpython#113214")
	c.it("reports a peer that answers the inner ClientHello in plain text, and does not deliver the text", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold(theWrap), fakeserver.Send(plainText), fakeserver.ExpectEnd())
		sp.upgraded(p)
		since := sp.mark()
		wrap := sp.begin(sp.wrapInner())
		sp.fence()
		p.Resume(theWrap)
		failure := sp.awaitFailure("an error from the second wrap, or an event that tells of its failure", since, wrap...)
		sp.fence()
		sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
		sp.Expect(sp.reads(since)).To(be([]line{}), "the calls of read callbacks after the second wrap")
		sp.expectOne(failure)
	}).seen("python/cpython#113214")
}

// ends waits until the connection of the inner socket has ended on both sides, and expects that its close-cb was called
// once, and that of the outer one once at most, when the session is over, too.
func (sp *spec) ends(p *peer, since int) {
	sp.await("the call of close-cb "+string(innerCloseCB), func(r subject.Record) bool {
		return r.Event == subject.OnClose && r.Callbacks == innerCloseCB
	})
	sp.sees(p, "the end of the connection", over)
	sp.fence()
	sp.expectRan(sp.finish())
	calls := sp.closings(since)
	if outer := slices.Index(calls, "close-cb C"); outer >= 0 {
		calls = slices.Delete(calls, outer, outer+1)
	}
	sp.Expect(calls).To(be([]line{"close-cb I"}), "the calls of close-cb since the first wrap, that of the outer socket left out once")
}

// told are the conditions that event callbacks were called with since a record, with the sockets that they name.
func (sp *spec) told(since int) []line {
	var told []line
	for _, r := range sp.events(since, subject.OnEvent) {
		told = append(told, line(r.Condition.Name()+" of "+string(r.Condition.Socket)))
	}
	return told
}
