package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// Records that are none, or that nobody may send there.
func (c *catalogue) errorInRecords() {
	for _, clause := range []struct {
		id        string
		faults    []fault
		incidents []string
	}{
		{"error/bad-record", []fault{forgedFault, tagFault, earlierFault, laterFault}, []string{"MDA2AV/ioxide#148"}},
		{"error/garbage", []fault{garbageFault, typeFault, finishedFault, changeFault}, nil},
		{"error/garbage", []fault{requestFault}, []string{"Mbed-TLS/mbedtls#10882"}},
		{"error/overlong", []fault{overlongFault}, nil},
	} {
		c.of(clause.id)
		for _, f := range clause.faults {
			for _, v := range f.versions() {
				c.it(fmt.Sprintf("reports %s, and delivers nothing of it, under %s", f.how, v.name), func(sp *spec) {
					_, since := sp.upgradedThen(sp.handshakeUnder(v), f)
					failure := sp.awaitEvent("an event that reports "+f.how, since)
					sp.fence()
					sp.Expect(failure.Condition).To(beA(subject.TCPSSLError), "the condition reported")
					sp.Expect(sp.reads(since)).To(be([]line{}), "the calls of read callbacks since the wrap")
				}).needing(v.needs).seen(clause.incidents...)
			}
		}
	}
}

// The end of TCP where the session has not ended.
func (c *catalogue) errorAtEnd() {
	c.of("error/truncation")
	for _, v := range versions {
		c.it(fmt.Sprintf("reports an error where the peer ends without close_notify, under %s", v.name), func(sp *spec) {
			_, since := sp.upgradedThen(sp.handshakeUnder(v), behind("all but the end", endFault))
			failure := sp.awaitEvent("an event that reports the end", since)
			sp.Expect(failure.Condition).To(beAnError(), "the condition reported")
		}).needing(v.needs).seen("cl-plus-ssl/cl-plus-ssl#166", "ioflo/hio#173", "rustls/ktls#74")
	}

	c.of("error/cut-record")
	for _, v := range versions {
		c.it(fmt.Sprintf("reports an error where the peer ends inside a record, and delivers nothing of it, under %s", v.name), func(sp *spec) {
			_, since := sp.upgradedThen(sp.handshakeUnder(v), cutFault)
			failure := sp.awaitEvent("an event that reports the end", since)
			sp.fence()
			sp.Expect(failure.Condition).To(beAnError(), "the condition reported")
			sp.Expect(sp.reads(since)).To(be([]line{}), "the calls of read callbacks since the wrap")
		}).needing(v.needs).row("G3")
	}

	c.of("error/reset-is-not-end")
	c.it("reports an error where the peer resets a session at rest", func(sp *spec) {
		_, since := sp.upgradedThen(sp.handshake(), resetFault)
		failure := sp.awaitEvent("an event that reports the reset", since)
		sp.Expect(failure.Condition).To(beAnError(), "the condition reported")
	}).row("G4")
	c.it("delivers what came right before the reset, and then reports an error", func(sp *spec) {
		sp.again(func() {
			p := sp.peer(standing(sp.handshake(), behind("last words", resetFault))...)
			since := sp.upgraded(p)
			sp.meanwhile(func() { p.Resume(theWrap) })
			failure := sp.awaitEvent("an event that reports the reset", since)
			sp.fence()
			sp.Expect(failure.Condition).To(beAnError(), "the condition reported")
			sp.Expect(sp.outline(since)).To(be([]line{`read "last words"`, "event"}), "the callbacks called since the wrap")
		})
	}).row("G4")

	c.of("error/data-first")
	for _, f := range sessionFaults[:len(sessionFaults)-1] { // a reset has its own clause
		c.it(fmt.Sprintf("delivers what came whole before %s, and then reports that", f.how), func(sp *spec) {
			_, since := sp.upgradedThen(sp.handshakeUnder(f.under), behind("whole", f))
			sp.awaitEvent("an event that reports "+f.how, since)
			sp.fence()
			sp.Expect(sp.outline(since)).To(be([]line{`read "whole"`, "event"}), "the callbacks called since the wrap")
		}).needing(f.needs()...)
	}
}

// behind is a fault right behind data: in one segment, where the fault is one of bytes.
func behind(data string, f fault) fault {
	sent := append([]fakeserver.Step{fakeserver.Send(data)}, f.steps...)
	return fault{f.how, []fakeserver.Step{fakeserver.Joined(sent...)}, f.under}
}

// outline tells what was delivered and where failures were reported since a record, but neither what they were called
// with nor as what; a failure that is reported twice counts once.
func (sp *spec) outline(since int) []line {
	var outline []line
	for _, r := range joined(sp.events(since, subject.OnRead, subject.OnEvent)) {
		if r.Event == subject.OnRead {
			outline = append(outline, line("read "+subject.Quote(r.Data)))
		} else {
			outline = append(outline, "event")
		}
	}
	return slices.Compact(outline)
}

// One failure is one event: fault for fault, with an eye on what follows.
func (c *catalogue) errorOnce() {
	c.of("error/once")
	for _, f := range handshakeFaults {
		c.it(fmt.Sprintf("reports %s in place of the ServerHello once", f.how), func(sp *spec) {
			p := sp.peer(answering(f)...)
			failure := sp.refusedBy(p)
			sp.settle(p)
			sp.expectOne(failure)
		}).seen("nodejs/node#1119", "openziti/tlsuv#93")
	}
	for _, f := range sessionFaults {
		c.it(fmt.Sprintf("reports %s in a session once", f.how), func(sp *spec) {
			p, since := sp.upgradedThen(sp.handshakeUnder(f.under), f)
			sp.awaitEvent("an event that reports "+f.how, since)
			sp.settle(p)
			sp.expectOneEvent(since)
		}).needing(f.needs()...).seen("nodejs/node#23631")
	}
	c.it("reports a client certificate that is refused once, under TLS 1.3", func(sp *spec) {
		p := sp.demanding(tls13)
		failure := sp.refusedBy(p)
		sp.settle(p)
		sp.expectOne(failure)
	}).needing(subject.ClientCertificate, subject.TLS13).row("J2")
}

// settle closes what an error should have closed, and has the session watched for what it may still report.
func (sp *spec) settle(p *peer) {
	sp.do(closing(wrapped)) // refused by rights: it is closed, or never was there
	sp.fence()
	if len(p.entries(entryKind(fakeserver.TCPReset))) == 0 {
		sp.rest(p)
	}
}

// What an error does to its own socket, and what not to others.
func (c *catalogue) errorEffects() {
	c.of("error/then-closed")
	for _, f := range []fault{forgedFault, garbageFault, typeFault, lateFault, endFault} {
		c.it(fmt.Sprintf("closes the socket after %s, TCP and all", f.how), func(sp *spec) {
			p, since := sp.upgradedThen(sp.handshake(), f)
			sp.awaitEvent("an event that reports "+f.how, since)
			sp.expectEnd(p)
			sp.fence()
			sp.Expect(sp.closed(wrapped)).To(be(true), "closed? after the event")
		}).row("G7")
	}
	for _, f := range []fault{alertFault, plainFault} {
		c.it(fmt.Sprintf("closes the socket after %s in place of the ServerHello, TCP and all", f.how), func(sp *spec) {
			p := sp.peer(answering(f)...)
			failure := sp.refusedBy(p)
			sp.expectEnd(p)
			sp.fence()
			if !failure.answered() { // else there never was a socket to ask
				sp.Expect(sp.closed(wrapped)).To(be(true), "closed? after the event")
			}
		}).row("G7")
	}

	c.of("error/isolated")
	for _, f := range []fault{alertFault, plainFault} {
		c.it(fmt.Sprintf("leaves a session alone where another connection's handshake fails by %s", f.how), func(sp *spec) {
			sp.expectIsolated(answering(f))
		}).seen("h2o/h2o#1448", "bumptech/stud#130", "irssi/irssi#439")
	}
	for _, f := range []fault{forgedFault, lateFault, resetFault} {
		c.it(fmt.Sprintf("leaves a session alone where another one fails by %s", f.how), func(sp *spec) {
			sp.expectIsolated(standing(sp.handshake(), f))
		}).seen("h2o/h2o#1448", "bumptech/stud#130", "irssi/irssi#439")
	}
}

// expectEnd waits until a peer sees the end of TCP.
func (sp *spec) expectEnd(p *peer) {
	sp.sees(p, "the end of TCP, without anybody having closed the socket", clientEnd)
}

// expectIsolated has a session make round trips before and after another connection of the same loop has failed.
func (sp *spec) expectIsolated(failing []fakeserver.Step) {
	const (
		doomed      subject.Handle = "doomed"
		doomedTLS   subject.Handle = "doomed-tls"
		doomedCalls subject.Tag    = "D"
		trips                      = 20
	)
	since := sp.upgraded(sp.echoing())
	sp.survives()
	other := sp.startPeer("failing peer", failing...)
	sp.connectedAs(connect(other, doomed, doomedCalls))
	answer := sp.do(sp.wrapOf(doomed, doomedTLS, ""))[0]
	other.Resume(theWrap)
	if answer.Error == nil {
		sp.await("an event that reports the failure of the other", func(r subject.Record) bool {
			return r.Event == subject.OnEvent && r.Callbacks == doomedCalls
		})
	}
	for range trips {
		sp.survives()
	}
	sp.fence()
	foreign := slices.DeleteFunc(sp.events(since, subject.OnEvent, subject.OnClose), func(r subject.Record) bool { return r.Callbacks == doomedCalls })
	sp.Expect(lines(foreign)).To(be([]line{}), "the calls of event callback and close-cb of the other session")
	sp.Expect(line(sp.handed(since, wrapped, plain))).To(be(line(strings.Repeat(question, trips+1))), "what the other session was handed")
}
