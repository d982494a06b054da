package conformance

import (
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// First flights that are not what they should be.
func (c *catalogue) errorInFlights() {
	c.of("error/garbage")
	for _, f := range []fault{randomFault, sslv2Fault, earlyFault} {
		c.it(fmt.Sprintf("reports %s in place of the ServerHello, and delivers nothing of it", f.how), func(sp *spec) {
			sp.expectRefusedFor(f)
		})
	}
	for _, v := range versions {
		c.it("reports a first flight whose last two messages have changed places, under "+v.name, func(sp *spec) {
			sp.expectRefusedFor(fault{steps: []fakeserver.Step{fakeserver.Swapped(sp.handshakeUnder(v))}})
		}).needing(v.needs)
	}

	c.of("error/overlong")
	c.it("reports a record of 65,535 bytes in place of the ServerHello, and delivers nothing of it", func(sp *spec) {
		sp.expectRefusedFor(longFault)
	})
	// Some complain of the length, and some only when no more comes.
	c.it("reports an error for a ServerHello that claims to have 16 MiB", func(sp *spec) {
		failure := sp.refusedBy(sp.peer(answering(endlessFault)...))
		sp.Expect(failure.condition).To(beAnError(), "the condition reported")
	})
}

// A record that is longer than it may be, though not by its header, is delivered by some.
func (c *catalogue) errorInFullRecord() {
	c.of("error/overlong")
	for _, v := range versions {
		c.it("reports a record that holds 16,385 bytes, or delivers all of it, under "+v.name, func(sp *spec) {
			_, since := sp.upgradedThen(sp.handshakeUnder(v), fault{steps: []fakeserver.Step{fakeserver.ByHand(fakeserver.CraftedData(tooFull))}})
			sp.awaitBytesOrFailure("all that is in the record, or an event that reports it", since, len(tooFull))
			sp.fence()
			if len(sp.events(since, subject.OnEvent)) == 0 {
				sp.Expect(line(sp.handed(since))).To(be(line(tooFull)), "what the read callback got")
				return
			}
			sp.expectOneEvent(since)
			sp.Expect(sp.events(since, subject.OnEvent)[0].Condition).To(beA(subject.TCPSSLError), "the condition reported")
			sp.Expect(sp.reads(since)).To(be([]line{}), "the calls of read callbacks since the wrap")
		}).needing(v.needs)
	}
}

// tooFull is a byte more than a record may hold.
var tooFull = strings.Repeat("overlong ", 1821)[:1<<14+1]

// descriptions are those of alerts (RFC 8446, section 6, and those of TLS 1.2) that are errors wherever they come, and
// one that nobody has a name for.
var descriptions = []byte{10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 60, 70, 71, 80, 86, 109, 110,
	111, 112, 113, 114, 115, 116, 120, 255}

// Alerts in a session that stands.
func (c *catalogue) errorLate() {
	c.of("error/late-alert")
	for _, v := range versions {
		c.it("reports a fatal alert of each description there is, under "+v.name, func(sp *spec) {
			for _, description := range descriptions {
				sp.round(fmt.Sprintf("the alert was %d", description), func() {
					alert := fault{steps: []fakeserver.Step{fakeserver.ByHand(fakeserver.CraftedAlert(fakeserver.Fatal, description))}}
					_, since := sp.upgradedThen(sp.handshakeUnder(v), alert)
					failure := sp.awaitEvent("an event that reports the alert", since)
					sp.Expect(failure.Condition).To(beA(subject.TCPSSLError), "the condition reported")
				})
			}
		}).needing(v.needs)
	}
	c.it("reports a fatal alert behind data, in one segment", func(sp *spec) {
		_, since := sp.upgradedThen(sp.handshake(), behind("all but the rest", lateFault))
		failure := sp.awaitEvent("an event that reports the alert", since)
		sp.fence()
		sp.Expect(failure.Condition).To(beA(subject.TCPSSLError), "the condition reported")
		sp.Expect(sp.outline(since)).To(be([]line{`read "all but the rest"`, "event"}), "the callbacks called since the wrap")
	})
}
