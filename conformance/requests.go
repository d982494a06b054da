package conformance

import (
	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// The names that the specs give: to the original and what wrap made of it, to the set of callbacks that the original
// has, and to the close-cb.
const (
	plain   subject.Handle = "plain"
	wrapped subject.Handle = "tls"

	callbacks subject.Tag = "A"
	closeCB   subject.Tag = "C"
)

// greeting is what a peer says in plain before anything else, where a spec wraps an open socket: the read callback
// that gets it shows that the subject's loop, too, knows of the connection.
const greeting = "220 ready\r\n"

// peer starts a fake server that follows a script; it is stopped with the spec.
func (sp *spec) peer(script ...fakeserver.Step) *peer {
	return sp.startPeer("peer", script...)
}

func (sp *spec) startPeer(name string, script ...fakeserver.Step) *peer {
	server, err := fakeserver.Start(script...)
	if err != nil {
		sp.cannot(err)
	}
	p := &peer{server, name}
	sp.peers = append(sp.peers, p)
	return p
}

// handshake is the step that makes a handshake with a good certificate.
func (sp *spec) handshake() fakeserver.Step { return fakeserver.HandshakeAs(sp.suite.leaf) }

// connect is the request for a socket to a peer, with a set of callbacks.
func connect(p *peer, as subject.Handle, tag subject.Tag) subject.Request {
	return subject.Request{
		Op: subject.Connect, As: as, Host: "127.0.0.1", Port: p.Port(),
		Callbacks: tag, Has: []subject.Callback{subject.OnRead, subject.OnEvent},
	}
}

// wrap is the request to wrap the original so that a good peer is accepted.
func (sp *spec) wrap(close subject.Tag) subject.Request {
	r := subject.Request{Op: subject.Wrap, On: plain, As: wrapped, CloseCallback: close}
	if sp.offers(subject.Verify) {
		r.Authority, r.ServerName = sp.suite.authority, certs.Name
	}
	return r
}

func write(on subject.Handle, data string) subject.Request {
	return subject.Request{Op: subject.Write, On: on, Data: []byte(data)}
}

// connected opens the original and waits until the subject has the peer's greeting.
func (sp *spec) connected(p *peer) {
	sp.connectedAs(connect(p, plain, callbacks))
}

// connectedAs is connected for a request of the spec's own.
func (sp *spec) connectedAs(r subject.Request) {
	defer sp.during("the spec did not get as far as its clause: a plain connection comes first")()
	since := sp.mark()
	sp.must(r)
	switch {
	case r.Stream:
		sp.readFrom(r.As, since, len(greeting))
	case r.Keep:
		sp.awaitCall("the read callback for the peer's greeting in plain", since, subject.OnRead, anyCall)
	default:
		sp.awaitBytes("the peer's greeting in plain", since, len(greeting))
	}
}

// readFrom reads so many bytes from a stream, each time that a read callback tells that there are some, and returns
// them.
func (sp *spec) readFrom(stream subject.Handle, since, size int) (data []byte) {
	for len(data) < size {
		sp.awaitCall("a read callback for what is to be read from "+string(stream), since, subject.OnRead, anyCall)
		since = sp.mark()
		answer := sp.do(subject.Request{Op: subject.Read, On: stream})[0]
		if answer.Error != nil {
			sp.fail("%s could not be read: %v", stream, answer.Error)
		}
		data = append(data, answer.OK.Data...)
	}
	return data
}

func anyCall(subject.Record) bool { return true }

// upgraded is connected, and wraps the original; it returns when the peer has the whole handshake, with a mark for what
// follows.
func (sp *spec) upgraded(p *peer) (since int) {
	sp.connected(p)
	since = sp.mark()
	sp.must(sp.wrap(closeCB))
	sp.handshaken(p)
	return since
}

// handshaken waits until the peer has the whole handshake.
func (sp *spec) handshaken(p *peer) {
	defer sp.during("the spec did not get as far as its clause: a handshake comes first")()
	sp.sees(p, "the end of the handshake", entryKind(fakeserver.Handshake))
}

// closed asks whether a socket is closed.
func (sp *spec) closed(on subject.Handle) bool {
	request := subject.Request{Op: subject.Closed, On: on}
	answer := sp.do(request)[0]
	if answer.Error != nil || answer.OK.Closed == nil {
		sp.fail("want: %s answered\n got: the %s", request, answer)
	}
	return *answer.OK.Closed
}

// when defers a request to the next call of a callback; see [subject.Request].
func when(of subject.Callback, on subject.Handle, r subject.Request) subject.Request {
	r.WhenCallback, r.WhenOn = of, on
	return r
}

// offers tells whether the subject declares the capabilities.
func (sp *spec) offers(needs ...subject.Capability) bool {
	return sp.suite.subject.Info().Has(needs...)
}
