package conformance

import (
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// original holds the subject to: "It's a bad idea to use the original socket/stream after wrapping it in SSL. Most
// likely your writes will trigger SSL errors and your reads will be blank."
func (c *catalogue) original() {
	c.originalWrites()
	c.originalSurvives()
	c.originalReads()
	c.originalCloses()
	c.originalWrappedTwice()
	c.originalGrowth()
}

// misdirected is what is written to the original; as the header of a TLS record its type would be 83.
const misdirected = "SECRET: this is for the original\r\n"

// A misuse is a write to the original, and what became of it.
type misuse struct {
	peer    *peer
	since   int
	refused *subject.Error       // by the call
	reports []*subject.Condition // by events, or by a wrap that ends with the handshake
}

// misuses are the moments after a wrap at which something can be written to the original.
var misuses = []struct {
	moment string
	needs  []subject.Capability
	act    func(*spec) misuse
}{
	{"when the session stands", nil, (*spec).writesInSession},
	{"while the handshake waits for the peer", nil, (*spec).writesInHandshake},
	{"before it is connected", []subject.Capability{subject.WrapBeforeConnect}, (*spec).writesBeforeConnect},
}

func (c *catalogue) originalWrites() {
	for _, m := range misuses {
		c.of("original/write-not-delivered")
		c.it("does not deliver what is written to the original "+m.moment, func(sp *spec) {
			mis := m.act(sp)
			if got := mis.peer.received(); strings.Contains(got, "SECRET") {
				sp.fail("want: nothing of what was written to the original in the session's data\n got: the session's data is %s", subject.Quote([]byte(got)))
			}
		}).needing(m.needs...).row("D1")

		c.of("original/write-is-an-error")
		c.it("reports as an SSL error what is written to the original "+m.moment, func(sp *spec) { sp.isAnError(m.act(sp)) }).needing(m.needs...).row("D1")

		c.of("original/write-stays-private")
		c.it("sends nothing of what is written to the original "+m.moment, func(sp *spec) {
			if leak := leaked(m.act(sp).peer); leak != "" {
				sp.fail("want: nothing of what was written to the original on the wire\n got: %s", leak)
			}
		}).needing(m.needs...).row("D1")
	}
}

// isAnError expects that a write to the original was refused, or ended the wrapped socket with one event.
func (sp *spec) isAnError(m misuse) {
	switch {
	case m.refused != nil:
		sp.Expect(&m.refused.Condition).To(beA(subject.TCPSSLError), "what the write was refused with")
	case len(m.reports) == 1:
		sp.Expect(m.reports[0]).To(beA(subject.TCPSSLError), "what reports the write, which the call took")
		if a := sp.do(subject.Request{Op: subject.Closed, On: wrapped})[0]; a.OK != nil && a.OK.Closed != nil && !*a.OK.Closed {
			sp.fail("want: the wrapped socket closed by the error that the write to the original led to\n got: it is open")
		}
	default:
		sp.fail("want: a write to the original that is refused with a tcp-ssl-error, or ends the wrapped socket with one\n got: the call took it, and %d events tell of it: %v",
			len(m.reports), m.reports)
	}
}

// leaked says what a peer has seen of what was written to the original; empty for nothing.
func leaked(p *peer) string {
	for _, e := range p.Transcript().Entries() {
		seen := betrays(e)
		if e.Side == fakeserver.Peer && e.Kind == fakeserver.Alert {
			seen = "the peer could make nothing of what was sent"
		}
		if seen != "" {
			return fmt.Sprintf("%s: the peer %s", seen, e)
		}
	}
	return ""
}

// betrays says how the client has sent what begins with SECRET, under TLS or past it; empty if it has not.
func betrays(e fakeserver.Entry) string {
	switch {
	case e.Side != fakeserver.Client:
	case (e.Kind == fakeserver.Bytes || e.Kind == fakeserver.Data) && strings.Contains(string(e.Data), "SECRET"):
		return "it was sent as data"
	case e.Kind == fakeserver.Record && (e.Type < fakeserver.ChangeCipherSpec || e.Type > fakeserver.ApplicationData):
		return "what is no record was sent between the records of TLS"
	}
	return ""
}
