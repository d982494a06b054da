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
	if sp.suite.subject.Info().Has(subject.Verify) {
		r.Authority, r.ServerName = sp.suite.authority, certs.Name
	}
	return r
}

func write(on subject.Handle, data string) subject.Request {
	return subject.Request{Op: subject.Write, On: on, Data: []byte(data)}
}

// connected opens the original and waits until the subject has the peer's greeting.
func (sp *spec) connected(p *peer) {
	defer sp.during("the spec did not get as far as its clause: a plain connection comes first")()
	sp.must(connect(p, plain, callbacks))
	sp.awaitRead("the peer's greeting in plain", plain, len(greeting))
}

// awaitRead waits until read callbacks called with an object have got so many bytes.
func (sp *spec) awaitRead(what string, on subject.Handle, size int) {
	got := 0
	sp.await(what, func(r subject.Record) bool {
		if r.Event == subject.OnRead && r.On == on {
			got += len(r.Data)
		}
		return got >= size
	})
}
