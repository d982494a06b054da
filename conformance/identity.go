package conformance

import (
	"slices"

	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// identity holds the subject to: "It's important to note that this function does *not* replace the socket/stream
// passed to it, it returns a *new* socket if a socket was passed in, and a *new* stream if a stream was passed in."
func (c *catalogue) identity() {
	c.identityNew()
	c.identityStreams()
	c.identityClasses()
	c.identityOriginal()
	c.identityOperations()
	c.identityData()
	c.identityStreamOver()
	c.identitySeparate()
}

func (c *catalogue) identityNew() {
	c.of("identity/new-socket")
	c.it("returns a new socket for one that is open", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.connected(p)
		sp.Expect(sp.wrapReturns(sp.wrap(closeCB))).To(be(line("ok, a socket")), "what wrap returned")
	})
	c.it("returns a new socket for one that is still connecting", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.ExpectEnd())
		ids := sp.begin(connect(p, plain, callbacks), sp.wrap(closeCB))
		sp.performed(ids)
		sp.Expect(line(sp.answer(ids[1]).OK.String())).To(be(line("ok, a socket")), "what wrap returned")
	}).needing(subject.WrapBeforeConnect)
}

// wrapReturns performs a wrap, which must succeed, and tells what it returned: "ok, a socket" if that is a new one.
func (sp *spec) wrapReturns(r subject.Request) line {
	result := sp.result(r)
	return line(result.String())
}

func (c *catalogue) identityClasses() {
	c.of("identity/is-a-socket")
	c.it("returns what is an ssl-socket, and a socket, too", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		sp.Expect(sp.describe(wrapped).Classes).To(gomega.ContainElements(subject.ClassSSLSocket, subject.ClassSocket),
			"the classes of what wrap returned")
	})

	c.of("identity/no-new-accessors")
	c.it("returns what has the members that the original had, and no others", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.connected(p)
		members := sp.members(plain)
		sp.must(sp.wrap(closeCB))
		sp.Expect(sp.members(wrapped)).To(be(members), "the public members of the wrapped socket, beside those that the original had")
	})
	c.it("gives a wrapped stream a socket with the members that the original's had", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.connected(p, streaming)
		members := sp.members(subject.SocketOf(plain))
		sp.must(sp.wrap(closeCB))
		sp.Expect(sp.members(subject.SocketOf(wrapped))).To(be(members), "the public members of the wrapped stream's socket, beside those that the original's had")
	}).needing(subject.Stream)
}

// describe tells what an object is.
func (sp *spec) describe(on subject.Handle) subject.Result {
	return sp.result(subject.Request{Op: subject.Describe, On: on})
}

// members are the public ones of an object, sorted.
func (sp *spec) members(on subject.Handle) []string {
	members := slices.Sorted(slices.Values(sp.describe(on).Members))
	if len(members) == 0 {
		sp.fail("want: the public members of %s\n got: none; a socket without members could not be used", on)
	}
	return members
}

func (c *catalogue) identityOriginal() {
	c.of("identity/not-replaced")
	c.it("leaves the original a plain socket", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.connected(p)
		before := sp.describe(plain).Classes
		sp.upgrade(p, sp.wrap(closeCB))
		sp.Expect(sp.describe(plain).Classes).To(be(before), "the classes of the original after the wrap, beside those before it")
	}).needing(subject.Introspect)
	// What the original does instead, if anything, is for the clauses of its group to say. Behind the write to it comes
	// one to the wrapped socket: of whichever gets there, the peer sees the first, or that it is no record, or the end.
	c.it("does not send under TLS what is written to the original", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		sp.do(write(plain, "to the original"))
		sp.fence()
		sp.do(write(wrapped, "to the wrapped one"))
		sp.sees(p, "data under TLS or in plain, or the end of the connection", func(e fakeserver.Entry) bool {
			return e.Kind == fakeserver.Data || e.Kind == fakeserver.Closed || e.Kind == fakeserver.Record && e.Type > fakeserver.ApplicationData
		})
		sp.Expect(p.received()).NotTo(gomega.ContainSubstring("to the original"), "what the peer got under TLS")
	})
}

// socketOperations are those that take a socket, with the capabilities that they need.
var socketOperations = []struct {
	name     string
	needs    []subject.Capability
	requests []subject.Request
}{
	{"write", nil, []subject.Request{{Op: subject.Write, Data: []byte("hello")}}},
	{"write, with other callbacks", []subject.Capability{subject.CallbacksOnWrite},
		[]subject.Request{{Op: subject.Write, Data: []byte("hello"), Callbacks: "B", Has: []subject.Callback{subject.OnRead}}}},
	{"a read timeout", []subject.Capability{subject.ReadTimeout},
		[]subject.Request{{Op: subject.SetTimeouts, ReadTimeout: 60_000}, {Op: subject.SetTimeouts}}},
	{"a write timeout", []subject.Capability{subject.WriteTimeout},
		[]subject.Request{{Op: subject.SetTimeouts, WriteTimeout: 60_000}, {Op: subject.SetTimeouts}}},
	{"disable and enable", []subject.Capability{subject.Pause}, []subject.Request{
		{Op: subject.Disable, ToRead: true}, {Op: subject.Enable, ToRead: true},
		{Op: subject.Disable, ToWrite: true}, {Op: subject.Enable, ToWrite: true},
		{Op: subject.Disable, ToRead: true, ToWrite: true}, {Op: subject.Enable, ToRead: true, ToWrite: true},
	}},
	{"application data", []subject.Capability{subject.SocketData},
		[]subject.Request{{Op: subject.SetData, Data: []byte("mine")}, {Op: subject.GetData}}},
	{"closed? and close", nil, []subject.Request{{Op: subject.Closed}, {Op: subject.Close}}},
}

// identityOperations holds the subject to: "It can be passed to any cl-async function that takes a `socket` argument."
func (c *catalogue) identityOperations() {
	c.of("identity/accepted-everywhere")
	for _, operation := range socketOperations {
		c.it("accepts the wrapped socket: "+operation.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
			sp.upgraded(p)
			sp.accepts(wrapped, operation.requests)
		}).needing(operation.needs...)
		c.it("accepts the socket of a wrapped stream: "+operation.name, func(sp *spec) {
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
			sp.upgraded(p, streaming)
			sp.accepts(subject.SocketOf(wrapped), operation.requests)
		}).needing(operation.needs...).needing(subject.Stream)
	}
}

// accepts performs requests on a socket, one after the other; none may be refused.
func (sp *spec) accepts(on subject.Handle, requests []subject.Request) {
	for _, r := range requests {
		r.On = on
		sp.must(r)
	}
}

func (c *catalogue) identityData() {
	c.of("identity/socket-data")
	// A zero byte would end it where a program takes it for text.
	c.it("gives back what was stored last, byte for byte", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		for _, data := range []string{"mine", "\x00\xff other"} {
			sp.must(subject.Request{Op: subject.SetData, On: wrapped, Data: []byte(data)})
			sp.Expect(sp.dataOf(wrapped)).To(be(data), "the application's data of the wrapped socket")
		}
	})
	c.it("keeps the data of two wrapped sockets apart", func(sp *spec) {
		peers := []*peer{
			sp.startPeer("peer", fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd()),
			sp.startPeer("other peer", fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd()),
		}
		sockets := []subject.Handle{wrapped, "other-tls"}
		for n, originals := 0, []subject.Handle{plain, "other"}; n < 2; n++ {
			sp.connectedAs(connect(peers[n], originals[n], callbacks))
			sp.must(sp.wrapOf(originals[n], sockets[n], closeCB))
			sp.must(subject.Request{Op: subject.SetData, On: sockets[n], Data: []byte("that of " + sockets[n])})
		}
		sp.Expect([]string{sp.dataOf(sockets[0]), sp.dataOf(sockets[1])}).To(be([]string{"that of tls", "that of other-tls"}), "the application's data of both")
	})
}

// dataOf is what the application has stored on a socket.
func (sp *spec) dataOf(on subject.Handle) string {
	return string(sp.result(subject.Request{Op: subject.GetData, On: on}).Data)
}
