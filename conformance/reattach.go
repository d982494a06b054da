package conformance

import (
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
		sp.Expect(sp.reads(before)).To(be([]read{{On: wrapped, Tag: callbacks, Data: "firstsecond"}}), "what read callbacks got after the wrap")
	})
}

// A read is what read callbacks of a set, called with an object, got in a row.
type read struct {
	On   subject.Handle
	Tag  subject.Tag
	Data string
}

// reads sums up the calls of read callbacks since a record, however the data was cut; the canary's aside.
func (sp *spec) reads(since int) []read {
	var all []read
	for _, r := range sp.records[since:] {
		if r.Event != subject.OnRead || r.Callbacks == canaryCallbacks {
			continue
		}
		if n := len(all); n > 0 && all[n-1].On == r.On && all[n-1].Tag == r.Callbacks {
			all[n-1].Data += string(r.Data)
		} else {
			all = append(all, read{r.On, r.Callbacks, string(r.Data)})
		}
	}
	return all
}

// awaitBytes waits until read callbacks have got so many bytes since a record, whatever they were called with.
func (sp *spec) awaitBytes(what string, since, size int) {
	sp.await(what, func(subject.Record) bool {
		got := 0
		for _, r := range sp.reads(since) {
			got += len(r.Data)
		}
		return got >= size
	})
}
