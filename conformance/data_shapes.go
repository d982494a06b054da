package conformance

import (
	"crypto/tls"
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// dataShaped holds the subject to "incoming data, handed over", however the network cuts and joins it.
func (c *catalogue) dataShaped() {
	c.dataAtTheEnd()

	c.of("data/dribbled")
	for _, v := range versions {
		c.it("makes a handshake and gets records that come one byte in a segment, under "+v.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting),
				fakeserver.Dribbled(sp.handshakeUnder(v), fakeserver.Send("drop "), fakeserver.Send("by drop")),
				fakeserver.Expect("got it"), fakeserver.ExpectEnd())
			sp.connected(p)
			since := sp.mark()
			wrap := sp.begin(sp.wrap(""))
			sp.awaitBytesOrFailure("what the peer sent", since, len("drop by drop"))
			sp.Expect(sp.handed(since)).To(be("drop by drop"), "what the read callback got")
			sp.performed(wrap)
			sp.must(write(wrapped, "got it"))
			sp.sees(p, "what was written", clientData)
		}).needing(v.needs).seen("ruby/ruby#535")
	}

	c.of("data/coalesced")
	for _, v := range versions {
		c.it("gets all of 50 records that come in one segment, under "+v.name, func(sp *spec) {
			records, all := numberedRecords(50)
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v), fakeserver.Hold("the records"),
				fakeserver.Joined(records...), fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			sp.fence() // the handshake is done on both sides
			p.Resume("the records")
			sp.awaitBytes("all that the peer sent", since, len(all))
			sp.fence()
			sp.Expect(sp.handed(since)).To(be(all), "what the read callback got")
		}).needing(v.needs).seen("ianbarber/TLSZMQ#3")
	}

	c.of("data/first-flight")
	for _, v := range versions {
		c.it("gets data that comes in one segment with the end of the handshake, once, under "+v.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting),
				fakeserver.Joined(sp.lateHandshake(v), fakeserver.Send("first words")), fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			sp.awaitBytes("what the peer sent", since, len("first words"))
			sp.fence()
			sp.Expect(sp.handed(since)).To(be("first words"), "what the read callback got")
		}).needing(v.needs).row("J8")
	}
}

// dataAtTheEnd is about data, close_notify and FIN in one segment.
func (c *catalogue) dataAtTheEnd() {
	c.of("data/last-bytes")
	for _, v := range versions {
		c.it("gets every byte that comes in one segment with close_notify and FIN, and then the end, under "+v.name, func(sp *spec) {
			const full = 16 << 10 // what a record holds at most
			data := strings.Repeat("a", full) + strings.Repeat("b", full) + strings.Repeat("c", full)
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v), fakeserver.Hold("the end"),
				fakeserver.Joined(fakeserver.Send(data), fakeserver.CloseNotify(), fakeserver.FIN()), fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			sp.fence() // the handshake is done on both sides
			p.Resume("the end")
			sp.awaitEvent("an event for the end of the connection", since)
			sp.fence()
			sp.Expect(sp.toTheEnd(since)).To(be(append(runs(data), "the end: a tcp-eof")), "what came, in order")
		}).needing(v.needs).seen("erlang/otp#3458", "cesanta/mongoose#2587", "Spinoco/fs2-crypto#15")
	}
}

// toTheEnd tells in short what read callbacks got before the first event, what that was, and what they got after it.
func (sp *spec) toTheEnd(since int) []line {
	var before, after strings.Builder
	var end []line
	for _, r := range sp.events(since, subject.OnRead, subject.OnEvent) {
		switch {
		case r.Event == subject.OnRead && end == nil:
			before.Write(r.Data)
		case r.Event == subject.OnRead:
			after.Write(r.Data)
		case end == nil && r.Condition.Is(subject.TCPEOF):
			end = []line{"the end: a tcp-eof"}
		case end == nil:
			end = []line{line("an event: " + r.Condition.String())}
		}
	}
	return append(append(runs(before.String()), end...), runs(after.String())...)
}

// numberedRecords are steps that send a record each, and what is in all of them.
func numberedRecords(n int) (steps []fakeserver.Step, all string) {
	for i := range n {
		text := fmt.Sprintf("record %d ", i+1)
		steps = append(steps, fakeserver.Send(text))
		all += text
	}
	return steps, all
}

// lateHandshake is the step that makes a handshake whose last flight is the peer's: under TLS 1.2 it is so anyway, under
// TLS 1.3 that are session tickets, which wait for the client's answer if a certificate was asked for.
func (sp *spec) lateHandshake(v version) fakeserver.Step {
	return fakeserver.HandshakeWith(fakeserver.Config{
		Certificate: sp.suite.leaf, Version: v.number, Tickets: true, ClientAuth: tls.RequestClientCert,
	})
}

// runs tells data of few values in short, as runs of each; of any other, which was not sent, how it begins.
func runs(data string) []line {
	const few = 64
	var all []line
	for len(data) > 0 && len(all) < few {
		n := 1
		for n < len(data) && data[n] == data[0] {
			n++
		}
		all = append(all, line(fmt.Sprintf("%d times %q", n, data[:1])))
		data = data[n:]
	}
	if len(data) > 0 {
		all = append(all, line(fmt.Sprintf("%d bytes more", len(data))))
	}
	return all
}

// Records in which there is nothing.
func (c *catalogue) dataEmptyRecords() {
	c.of("data/empty-records")
	for _, v := range versions {
		for n, how := range []string{1: "an empty record", 2: "two empty records"} {
			if n > 0 {
				c.it(fmt.Sprintf("takes %s for no data and no end, under %s", how, v.name), func(sp *spec) {
					sp.expectNothingOf(sp.handshakeUnder(v), fakeserver.Flood(n, fakeserver.EmptyRecord))
				}).needing(v.needs).seen("Mbed-TLS/mbedtls#6508", "aws/s2n-tls#1444", "openjdk/jdk#27438", "eclipse-threadx/netxduo#428")
			}
		}
	}
	c.it("takes a record of nothing but padding for no data and no end", func(sp *spec) {
		padding := fakeserver.Crafted{What: "a record of nothing but padding", Type: fakeserver.ApplicationData, Padding: 100}
		sp.expectNothingOf(sp.handshakeUnder(tls13), fakeserver.ByHand(padding))
	}).needing(subject.TLS13)
	for _, v := range versions {
		c.flood("empty records", fakeserver.EmptyRecord, v)
	}
}
