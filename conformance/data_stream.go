package conformance

import (
	"github.com/sslconform/sslconform/fakeserver"
)

// dataStreamed holds the subject to: "A stream wraps a socket and is read and written like any stream of the language;
// reading never blocks".
func (c *catalogue) dataStreamed() {
	c.of("data/stream")
	c.it("writes and reads decrypted data", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Expect("to the peer"), fakeserver.Send("from the peer"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		sp.must(write(wrapped, "to the peer"))
		sp.sees(p, "what was written", clientData)
		got := sp.readFrom(wrapped, since, len("from the peer"))
		sp.Expect(got).To(be("from the peer"), "what was read from the stream")
	})
	c.it("reads all of 50 records that come in one segment", func(sp *spec) {
		records, all := numberedRecords(50)
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the records"),
			fakeserver.Joined(records...), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		p.Resume("the records")
		got := sp.readFrom(wrapped, since, len(all))
		sp.Expect(got).To(be(all), "what was read from the stream")
	}).seen("ianbarber/TLSZMQ#3")
	c.it("does not block where there is nothing to read", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("its silence"), fakeserver.Send("at last"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, streaming)
		answer := sp.do(read(wrapped))[0]
		if answer.Error != nil || len(answer.OK.Data) > 0 {
			sp.fail("want: nothing read from the stream, and no error\n got: the %s", answer)
		}
		p.Resume("its silence")
		got := sp.readFrom(wrapped, since, len("at last"))
		sp.Expect(got).To(be("at last"), "what was read from the stream")
	})
}
