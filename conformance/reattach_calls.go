package conformance

import (
	"fmt"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
)

// object is the one that a callback was called with; an event callback's is the one that the condition names.
func object(r subject.Record) subject.Handle {
	if r.Event == subject.OnEvent && r.Condition != nil {
		return r.Condition.Socket
	}
	return r.On
}

// called tells which callbacks were called for which object, those in a row that are alike as one: how many there are
// is the matter of other clauses.
func called(events []subject.Record) []line {
	return inShort(events, func(r subject.Record) string {
		return fmt.Sprintf("%s callback of %s, for %s", r.Event, r.Callbacks, object(r))
	})
}

// owned tells of which sets the callbacks were that were called, those in a row that are alike as one.
func owned(events []subject.Record) []line {
	return inShort(events, func(r subject.Record) string { return fmt.Sprintf("%s callback of %s", r.Event, r.Callbacks) })
}

func inShort(events []subject.Record, short func(subject.Record) string) []line {
	lines := make([]line, len(events))
	for n, r := range events {
		lines[n] = line(short(r))
	}
	return slices.Compact(lines)
}

// arrives writes to the wrapped socket and returns when the peer has what was written: the handshake is done on both
// sides, and what the subject had to report of it has been reported.
func (sp *spec) arrives(p *peer, data string) {
	sp.must(write(wrapped, data))
	sp.sees(p, "what was written to the wrapped socket", clientData)
	sp.fence()
}
