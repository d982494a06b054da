package conformance

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// The peer's part of a handshake, cut behind any of its bytes.

// samples is how many cuts are tried where not all of them are.
const samples = 12

// cutFlights adds the specs of what follows a cut, for the clause that is open: of some cuts evenly spread and, for
// whoever has the time, of each.
func (c *catalogue) cutFlights(text string, expect func(sp *spec, cut fakeserver.Step)) {
	for _, v := range versions {
		at := func(most int) func(*spec) {
			return func(sp *spec) {
				length := sp.flightsUnder(v)
				for n := range min(most, length) {
					cut := n * length / min(most, length)
					sp.round(fmt.Sprintf("the peer's part of the handshake was cut behind %d of some %d bytes", cut, length), func() {
						expect(sp, fakeserver.Cut(cut, sp.handshakeUnder(v)))
					})
				}
			}
		}
		c.it(fmt.Sprintf("%s, behind some %d bytes of a handshake under %s", text, samples, v.name), at(samples)).needing(v.needs)
		c.it(fmt.Sprintf("%s, behind each byte of a handshake under %s", text, v.name), at(1<<16)).needing(v.needs).heavily()
	}
}

// greetingThen is a peer that greets, and then takes these steps.
func (sp *spec) greetingThen(steps ...fakeserver.Step) *peer {
	return sp.peer(append([]fakeserver.Step{fakeserver.SendPlain(greeting)}, steps...)...)
}

// flightsUnder is how many bytes the peer's part of a handshake has at least: signatures vary by a few, so that a cut
// behind fewer leaves the handshake undone.
func (sp *spec) flightsUnder(v version) int {
	const varies = 8
	length := -varies
	sp.round("the handshake was not cut", func() {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v), fakeserver.ExpectEnd())
		sp.upgraded(p)
		for _, e := range p.entries(isPeersRecord) {
			length += fakeserver.HeaderSize + e.Length
		}
		sp.must(closing(wrapped))
		sp.quiet(p)
	})
	return length
}

func isPeersRecord(e fakeserver.Entry) bool {
	return e.Side == fakeserver.Peer && e.Kind == fakeserver.Record
}

// closesOnceAfter closes a wrapped socket whose handshake stalls, and expects that this ends it as any close does.
func (sp *spec) closesOnceAfter(cut fakeserver.Step) {
	p, since := sp.closesBehind(fakeserver.ExpectClientHello(), cut)
	sp.awaitCall("the call of close-cb", since, subject.OnClose)
	sp.rest(p)
	sp.Expect(sp.history(since)).To(be([]line{"close-cb C"}), "the callbacks called since the wrap")
}
