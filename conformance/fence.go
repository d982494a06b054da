package conformance

import (
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// during notes what the spec is about until the function that it returns is called.
func (sp *spec) during(phase string) func() {
	before := sp.phase
	sp.phase = phase
	return func() { sp.phase = before }
}

// fence returns when anything that the subject had to report of what is past would have been reported: the canary has
// made two round trips, and the loop two rounds.
func (sp *spec) fence() {
	defer sp.during("it is the canary, a plain connection of the same session, that tells whether the loop still runs")()
	if sp.canary == nil {
		sp.tweets()
	}
	for range 2 {
		sp.tweet()
	}
	sp.must(subject.Request{Op: subject.Sync})
}

// quiet returns when a closed connection has come to rest on both sides: its close-cb has run, the peer has read all
// of it and closed, and a fence has passed. With that the session can be watched; see [spec.end].
func (sp *spec) quiet(p *peer) {
	sp.await("the call of close-cb "+string(closeCB), func(r subject.Record) bool {
		return r.Event == subject.OnClose && r.Callbacks == closeCB
	})
	sp.rest(p)
}

// rest is quiet for a connection that may have no close-cb.
func (sp *spec) rest(p *peer) {
	sp.sees(p, "the end of the connection", entryKind(fakeserver.Closed))
	sp.fence()
	sp.rested = time.Now()
}
