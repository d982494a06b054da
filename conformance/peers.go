package conformance

import (
	"crypto/tls"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fakeserver"
)

// greeting is what a peer says in plain before anything else, where a spec wraps an open socket: the read callback
// that gets it shows that the subject's loop, too, knows of the connection.
const greeting = "220 ready\r\n"

// What a client says in plain that wants TLS, and the peer's answer to that. It has but one byte, like PostgreSQL's: a
// wrap inside the callback that gets it leaves nothing unread, however data is cut.
const (
	startTLS = "STARTTLS\r\n"
	goAhead  = "S"
)

// What the two sides say under TLS when a wrap is to show that it works.
const (
	question = "250 is this private?\r\n"
	answer   = "250 nobody else hears it\r\n"
)

// welcome is what a peer says first under TLS, where a spec must not take the subject by surprise in its handshake:
// under TLS 1.2 the peer has the whole of it first, and a fence shows nothing of what goes on beside the loop.
const welcome = "welcome"

// serverHello is what a peer holds back whose handshake is slow, or never comes to an end.
const serverHello = "the ServerHello"

// A peer is a fake server with the name that it has in the timeline.
type peer struct {
	*fakeserver.Server
	name string
}

// peer starts a fake server that follows a script; it is stopped with the spec.
func (sp *spec) peer(script ...fakeserver.Step) *peer {
	return sp.startPeer("peer", script...)
}

func (sp *spec) startPeer(name string, script ...fakeserver.Step) *peer {
	server, err := fakeserver.Start(sp.reached(name, script)...)
	return sp.started(name, server, err)
}

// reached is the script of a peer with the way that leads there, and what is to be known of it beside the transcript.
func (sp *spec) reached(name string, script []fakeserver.Step) []fakeserver.Step {
	if sp.suite.options.relayed {
		script = append([]fakeserver.Step{fakeserver.Relayed()}, script...)
	}
	if sp.suite.options.Captures != CaptureNone {
		script = append([]fakeserver.Step{fakeserver.Captured()}, script...)
	}
	if sp.isWatched() {
		script = append([]fakeserver.Step{fakeserver.Watched(func(e fakeserver.Entry) {
			var passed verdict.Timeline
			passed.Passed(name, []fakeserver.Entry{e})
			sp.happened(passed)
		})}, script...)
	}
	return script
}

// captures are what has passed at the peers, if that is kept.
func (sp *spec) captures() []verdict.Capture {
	captures := sp.before
	for _, p := range sp.peers {
		if c, is := p.Capture(); is {
			captures = append(captures, verdict.Capture{Peer: p.name, Capture: c})
		}
	}
	return captures
}

// nobody takes down a port where no peer will be met as one that is.
func (sp *spec) nobody(server *fakeserver.Server, err error) *peer {
	return sp.started("peer", server, err)
}

func (sp *spec) started(name string, server *fakeserver.Server, err error) *peer {
	if err != nil {
		sp.cannot(err)
	}
	p := &peer{server, name}
	sp.peers = append(sp.peers, p)
	return p
}

// echoing is a peer that sends back what comes, under TLS.
func (sp *spec) echoing() *peer {
	return sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Echo())
}

// stalling is a peer that leaves the ClientHello unanswered, and does this when it is resumed.
func (sp *spec) stalling(then ...fakeserver.Step) *peer {
	stall := []fakeserver.Step{fakeserver.SendPlain(greeting), fakeserver.ExpectClientHello(), fakeserver.Hold(serverHello)}
	return sp.peer(append(stall, then...)...)
}

// A version of TLS, as texts, peers, subjects and requests name it.
type version struct {
	name   string
	number uint16
	needs  subject.Capability
	method subject.TLSMethod
}

var (
	tls12 = version{"TLS 1.2", tls.VersionTLS12, subject.TLS12, subject.MethodTLS12}
	tls13 = version{"TLS 1.3", tls.VersionTLS13, subject.TLS13, subject.MethodTLS13}

	// versions are those that there are specs for, each for itself.
	versions = []version{tls12, tls13}
	// anyVersion leaves it to the two ends.
	anyVersion version
)

// handshake is the step that makes a handshake with a good certificate.
func (sp *spec) handshake() fakeserver.Step { return sp.handshakeUnder(anyVersion) }

// handshakeUnder is the same under one version of TLS.
func (sp *spec) handshakeUnder(v version) fakeserver.Step {
	return fakeserver.HandshakeWith(fakeserver.Config{Certificate: sp.suite.leaf, Version: v.number})
}
