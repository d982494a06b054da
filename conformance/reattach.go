package conformance

import (
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// reattach holds the subject to: "The callbacks and timeouts on the original socket/stream are reattached to the new
// SSL socket/stream, meaning you can convert a non-SSL socket to SSL fairly simply."
func (c *catalogue) reattach() {
	c.of("reattach/read")
	c.it("hands decrypted data to the original's read callback, called with the wrapped socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(),
			fakeserver.Send("first"), fakeserver.Send("second"), fakeserver.ExpectEnd())
		sp.connected(p)
		before := len(sp.records)
		sp.must(sp.wrap(""))
		sp.awaitBytes("what the peer sent under TLS", before, len("firstsecond"))
		sp.fence()
		sp.Expect(sp.reads(before)).To(be([]line{`read callback of A called with tls: "firstsecond"`}), "the calls of read callbacks after the wrap")
	})
}

// reads returns the calls of read callbacks since a record, as a timeline tells them; the canary's aside. Calls in a
// row that differ in nothing but the data are one: how data is cut is nobody's promise.
func (sp *spec) reads(since int) []line {
	var joined []subject.Record
	for _, r := range sp.records[since:] {
		if r.Event != subject.OnRead || r.Callbacks == canaryCallbacks {
			continue
		}
		if n := len(joined) - 1; n >= 0 && joined[n].On == r.On && joined[n].Callbacks == r.Callbacks {
			joined[n].Data = slices.Concat(joined[n].Data, r.Data)
		} else {
			joined = append(joined, r)
		}
	}
	calls := make([]line, len(joined))
	for n, r := range joined {
		calls[n] = line(r.String())
	}
	return calls
}

// awaitBytes waits until read callbacks have got so many bytes since a record, whatever they were called with.
func (sp *spec) awaitBytes(what string, since, size int) {
	got, seen := 0, 0
	sp.await(what, func(r subject.Record) bool {
		if seen++; seen > since && r.Event == subject.OnRead {
			got += len(r.Data)
		}
		return got >= size
	})
}
