package conformance

import (
	"fmt"
	"slices"

	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// errors holds the subject to: "tcp-ssl-error extends tcp-error: Triggered when an error happens while communicating
// over an SSL socket."
func (c *catalogue) errors() {
	c.errorItself()
	c.errorAlerts()
	c.errorInHandshake()
	c.errorOfClientCertificate()
	c.errorInRecords()
	c.errorInFlights()
	c.errorInFullRecord()
	c.errorLate()
	c.errorAtEnd()
	c.errorOnce()
	c.errorEffects()
	c.errorNone()
	c.errorKeyUpdate()
	c.errorRenegotiation()
	c.errorProcess()
}

// What a condition is, and what it carries.
func (c *catalogue) errorItself() {
	extended := []string{subject.TCPSSLError, subject.TCPError, subject.EventError, subject.TCPInfo, subject.EventInfo}

	c.of("error/hierarchy")
	c.it("gives the error of a session that stood all the types that it extends", func(sp *spec) {
		_, since := sp.upgradedThen(sp.handshake(), forgedFault)
		report := sp.awaitEvent("an event that reports the forged record", since)
		sp.Expect(lacking(report.Condition, extended)).To(be([]line{}), "the types that the condition lacks; it has %v", report.Condition.Types)
	}).row("F1")
	c.it("gives the error of a handshake all the types that it extends", func(sp *spec) {
		failure := sp.refusedBy(sp.peer(answering(plainFault)...)).condition
		sp.Expect(lacking(failure, extended)).To(be([]line{}), "the types that the condition lacks; it has %v", failure.Types)
	}).row("F1")

	c.of("error/fields")
	c.it("carries a code, a message and the wrapped socket where a session that stood fails", func(sp *spec) {
		_, since := sp.upgradedThen(sp.handshake(), forgedFault)
		report := sp.awaitEvent("an event that reports the forged record", since)
		sp.expectFields(report.Condition)
		sp.Expect(report.Condition.Socket).To(be(wrapped), "the socket that the condition names")
	})
	c.it("carries a code, a message and the socket of the wrapped stream", func(sp *spec) {
		p := sp.peer(standing(sp.handshake(), forgedFault)...)
		since := sp.upgraded(p, streaming)
		p.Resume(theWrap)
		report := sp.awaitEvent("an event that reports the forged record", since)
		sp.expectFields(report.Condition)
		sp.Expect(report.Condition.Socket).To(be(subject.SocketOf(wrapped)), "the socket that the condition names")
	}).needing(subject.Stream)
	// An operation that is refused has no socket to tell: that one was never there.
	for _, f := range []fault{alertFault, plainFault, endFault} {
		c.it("carries a code and a message where the handshake fails by "+f.how, func(sp *spec) {
			failure := sp.refusedBy(sp.peer(answering(f)...))
			sp.expectFields(failure.condition)
			if !failure.answered() {
				sp.Expect(failure.condition.Socket).To(be(wrapped), "the socket that the condition names")
			}
		}).seen("apple/swift-nio-ssl#253")
	}
	// That a reset is an error is the matter of another clause.
	c.it("carries a code and a message where the peer resets in the handshake", func(sp *spec) {
		if failure := sp.refusedBy(sp.peer(answering(resetFault)...)); failure.condition.Is(subject.EventError) {
			sp.expectFields(failure.condition)
		}
	}).seen("apple/swift-nio-ssl#253")

	c.of("error/plain-peer")
	for _, f := range []fault{plainFault, httpFault, smtpFault} {
		c.it(fmt.Sprintf("reports %s to the ClientHello, and does not deliver the text", f.how), func(sp *spec) {
			sp.expectRefusedFor(f)
		}).seen("openssl/openssl#30196")
	}
}

// expectRefusedFor expects a tcp-ssl-error for a fault in place of the ServerHello, and nothing of that for data.
func (sp *spec) expectRefusedFor(f fault) {
	failure := sp.refusedBy(sp.peer(answering(f)...))
	sp.fence()
	sp.Expect(failure.condition).To(beA(subject.TCPSSLError), "the condition reported")
	sp.Expect(sp.reads(failure.since)).To(be([]line{}), "the calls of read callbacks after the wrap")
}

// expectFields expects what every error carries, whichever it is.
func (sp *spec) expectFields(c *subject.Condition) {
	var missing []line
	if c.Code == 0 {
		missing = append(missing, "a code that is not zero")
	}
	if c.Message == "" {
		missing = append(missing, "a message that is not empty")
	}
	sp.Expect(missing).To(be([]line{}), "what the condition lacks: it is a %s", c)
}

// lacking are the types that a condition should have and has not.
func lacking(c *subject.Condition, types []string) (missing []line) {
	for _, t := range types {
		if !slices.Contains(c.Types, t) {
			missing = append(missing, line(t))
		}
	}
	return missing
}

// beAnError matches a condition that tells of a failure, and neither of a clean end nor of a timeout.
func beAnError() types.GomegaMatcher {
	return gcustom.MakeMatcher(func(c *subject.Condition) (bool, error) {
		return c.Is(subject.EventError) && !c.Is(subject.TCPEOF) && !c.Is(subject.TCPTimeout), nil
	}).WithTemplate("want: an event-error that is neither a tcp-eof nor a tcp-timeout\n got: {{.Actual}}, which is " +
		"{{range $n, $t := .Actual.Types}}{{if $n}}, {{end}}{{$t}}{{else}}of no documented type{{end}}")
}

// refusedBy wraps a connection to a peer with which there is no handshake, and waits until the subject tells of that.
func (sp *spec) refusedBy(p *peer) failedWrap {
	sp.connected(p)
	return sp.refused(sp.wrap(closeCB))
}

// expectOne expects that a failure was told once. Where the answer to wrap told it, the event callback may tell, once,
// that the original has ended with it.
func (sp *spec) expectOne(f failedWrap) {
	events := sp.events(f.since, subject.OnEvent)
	if !f.answered() || len(events) > 0 {
		sp.Expect(events).To(haveLen(1), "the calls of event callbacks for one failure")
	}
}

// expectOneEvent expects one call of an event callback since a record.
func (sp *spec) expectOneEvent(since int) {
	sp.Expect(sp.events(since, subject.OnEvent)).To(haveLen(1), "the calls of event callbacks for one failure")
}

// answering is the script of a peer that reads the ClientHello, and answers with a fault.
func answering(f fault) []fakeserver.Step {
	return slices.Concat([]fakeserver.Step{fakeserver.SendPlain(greeting), fakeserver.ExpectClientHello()},
		f.steps, []fakeserver.Step{fakeserver.ExpectEnd()})
}

// theWrap is what a peer holds for that lets the wrap be answered before anything else happens: an implementation whose
// wrap ends with the handshake could else take what fails right behind that for a failure of the wrap.
const theWrap = "the wrap"

// standing is the script of a peer that makes a handshake and, when the wrap was answered, a fault.
func standing(handshake fakeserver.Step, f fault) []fakeserver.Step {
	return slices.Concat([]fakeserver.Step{fakeserver.SendPlain(greeting), handshake, fakeserver.Hold(theWrap)},
		f.steps, []fakeserver.Step{fakeserver.ExpectEnd()})
}

// upgradedThen makes a session that stands, in which the peer then makes a fault, and returns a mark from before the
// wrap.
func (sp *spec) upgradedThen(handshake fakeserver.Step, f fault) (p *peer, since int) {
	p = sp.peer(standing(handshake, f)...)
	since = sp.upgraded(p)
	p.Resume(theWrap)
	return p, since
}
