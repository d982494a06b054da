package conformance

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// A path is one of the ways to a wrap.
type path struct {
	stream bool // the original is a stream
	before bool // it is not connected yet
	inside bool // the wrap is made in a callback: a read callback of the original, or of another socket before it is connected
}

// upgradeEveryPath is about implementations that construct a wrapped socket in several ways, and forget something in
// one of them.
func (c *catalogue) upgradeEveryPath() {
	c.of("upgrade/every-path")
	for _, w := range []path{
		{}, {inside: true}, {before: true}, {before: true, inside: true},
		{stream: true}, {stream: true, inside: true}, {stream: true, before: true}, {stream: true, before: true, inside: true},
	} {
		c.it("takes both sides to TLS: "+w.String(), w.take).needing(w.needs()...).seen("netty/netty#17020", "netty/netty#5170")
	}
}

func (w path) String() string {
	what, moment, place := "a socket", "once connected", "outside of callbacks"
	if w.stream {
		what = "a stream"
	}
	if w.before {
		moment = "before it is connected"
	}
	if w.inside {
		place = "inside a callback"
	}
	return fmt.Sprintf("%s, wrapped %s and %s", what, moment, place)
}

func (w path) needs() []subject.Capability {
	var needs []subject.Capability
	if w.stream {
		needs = append(needs, subject.Stream)
	}
	if w.before {
		needs = append(needs, subject.WrapBeforeConnect)
	}
	return needs
}

// take goes the way, and expects a dialogue under TLS at its end.
func (w path) take(sp *spec) {
	dialogue := []fakeserver.Step{sp.handshake(), fakeserver.Expect(question), fakeserver.Send(answer), fakeserver.ExpectEnd()}
	if w.before {
		p := sp.peer(dialogue...)
		if w.inside {
			w.beforeInside(sp, p)
		} else {
			sp.performed(sp.begin(w.connect(p), sp.wrap(closeCB)))
		}
		w.talk(sp, p)
		return
	}
	plainly := []fakeserver.Step{fakeserver.SendPlain(greeting)}
	if w.inside {
		plainly = append(plainly, fakeserver.Hold("consent"), fakeserver.SendPlain(goAhead))
	}
	p := sp.peer(append(plainly, dialogue...)...)
	sp.connectedAs(w.connect(p))
	if w.inside {
		w.afterInside(sp, p)
	} else {
		sp.must(sp.wrap(closeCB))
	}
	w.talk(sp, p)
}

func (w path) connect(p *peer) subject.Request {
	r := connect(p, plain, callbacks)
	r.Stream = w.stream
	return r
}

// beforeInside connects and wraps in one call of another connection's read callback.
func (w path) beforeInside(sp *spec, p *peer) {
	const other, callbacksOfOther = "other", "B"
	helper := sp.startPeer("other peer", fakeserver.SendPlain(goAhead), fakeserver.ExpectEnd())
	connecting := sp.deferred(when(subject.OnRead, other, w.connect(p)))
	wrapping := sp.deferred(when(subject.OnRead, other, sp.wrap(closeCB)))
	sp.must(connect(helper, other, callbacksOfOther))
	sp.awaitDone("the connect inside another socket's read callback", connecting)
	sp.awaitDone("the wrap inside the same callback", wrapping)
}

// afterInside wraps in the call of the original's read callback that tells of the peer's consent.
func (w path) afterInside(sp *spec, p *peer) {
	socket := plain
	if w.stream {
		socket = subject.SocketOf(plain)
		sp.must(when(subject.OnRead, socket, read(plain))) // or it would hold something unread
	}
	wrapping := sp.deferred(when(subject.OnRead, socket, sp.wrap(closeCB)))
	p.Resume("consent")
	sp.awaitDone("the wrap inside the read callback", wrapping)
}

func (w path) talk(sp *spec, p *peer) {
	if !w.stream {
		sp.talkUnderTLS(p)
		return
	}
	since := sp.mark()
	asking := sp.begin(write(wrapped, question))
	sp.sees(p, "the client's question under TLS", clientData)
	sp.performed(asking)
	got := sp.readFrom(wrapped, since, len(answer))
	sp.Expect(line(got)).To(be(line(answer)), "what was read from the wrapped stream")
}
