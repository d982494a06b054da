package conformance

import (
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
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
// of it and closed, and a fence has passed.
func (sp *spec) quiet(p *peer) {
	sp.awaitClose()
	sp.rest(p)
}

// rest is quiet for a connection that may have no close-cb.
func (sp *spec) rest(p *peer) {
	sp.sees(p, "the end of the connection", over)
	sp.atRest()
}

// atRest is rest for a connection that no peer has, or none any more. From then on the session can be watched: it is
// parked when the spec is done; see [spec.end].
func (sp *spec) atRest() {
	sp.fence()
	sp.rested = time.Now()
}
