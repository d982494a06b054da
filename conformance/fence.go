package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// The canary is a plain connection of the same session: what it brings back shows that the loop has had the occasion
// to report whatever came before.
const (
	canary          subject.Handle = "canary"
	canaryCallbacks subject.Tag    = "canary"
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
		sp.canary = sp.startPeer("canary", fakeserver.Echo())
		sp.must(connect(sp.canary, canary, canaryCallbacks))
	}
	for range 2 {
		sp.canaryBytes += len("tweet")
		sp.must(write(canary, "tweet"))
		sp.awaitRead("the canary's answer", canary, sp.canaryBytes)
	}
	sp.must(subject.Request{Op: subject.Sync})
}

// quiet returns when a closed connection has come to rest on both sides: its close-cb has run, the peer has read all
// of it and closed, and a fence has passed.
func (sp *spec) quiet(p *peer) {
	sp.await("the call of close-cb "+string(closeCB), func(r subject.Record) bool { return r.Event == subject.OnClose })
	sp.sees(p, "the end of the connection", func(e fakeserver.Entry) bool { return e.Kind == fakeserver.Closed })
	sp.fence()
}
