package conformance

import (
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// upgradePendingOutput is about what was written to the original, but may not have left when it is wrapped.
func (c *catalogue) upgradePendingOutput() {
	c.of("upgrade/pending-output")
	c.it("sends a line first that was written in the turn of the wrap", func(sp *spec) {
		p := sp.peer(append([]fakeserver.Step{fakeserver.SendPlain(greeting)}, sp.plainThenTLS(startTLS)...)...)
		sp.connected(p)
		sp.sentFirst(p, sp.begin(write(plain, startTLS), sp.wrap(closeCB)))
	}).seen("twisted/twisted#10445", "netty/netty#9231", "netty/netty#856")

	c.it("sends first what the peer did not take before the wrap: 4 MiB in one write", func(sp *spec) {
		const size, seed = 4 << 20, 7
		p := sp.slowPeer(string(subject.Payload(size, seed)))
		sp.connected(p)
		ids := sp.begin(writePayload(plain, size, seed), sp.wrap(closeCB))
		sp.fence() // the kernel has been offered all that it takes
		p.Resume("reading")
		sp.sentFirst(p, ids)
	}).seen("oven-sh/bun#42340", "oven-sh/bun#36534")

	c.it("sends first what the peer did not take before the wrap: 128 KiB in 32 writes", func(sp *spec) {
		const size, piece, seed = 128 << 10, 4 << 10, 8
		p := sp.slowPeer(string(subject.Payload(size, seed)))
		sp.connected(p)
		var turn []subject.Request
		for data := range slices.Chunk(subject.Payload(size, seed), piece) {
			turn = append(turn, write(plain, string(data)))
		}
		ids := sp.begin(append(turn, sp.wrap(closeCB))...)
		sp.fence()
		p.Resume("reading")
		sp.sentFirst(p, ids)
	}).seen("twisted/twisted#10445")

	c.it("sends a line first that was written before the socket was connected, and wrapped", func(sp *spec) {
		p := sp.peer(sp.plainThenTLS(startTLS)...)
		sp.sentFirst(p, sp.begin(connect(p, plain, callbacks), write(plain, startTLS), sp.wrap(closeCB)))
	}).needing(subject.WrapBeforeConnect)

	c.it("sends a line first that was written before writing was disabled, and the socket wrapped; enabled, the wrapped one goes on", func(sp *spec) {
		p := sp.peer(sp.plainThenTLS(startTLS)...)
		ids := sp.begin(connect(p, plain, callbacks), write(plain, startTLS),
			subject.Request{Op: subject.Disable, On: plain, ToWrite: true}, sp.wrap(closeCB))
		// Whether what is written already waits for that, too, is left to the implementation.
		enabling := sp.begin(subject.Request{Op: subject.Enable, On: wrapped, ToWrite: true})
		sp.sentFirst(p, append(ids, enabling...))
	}).needing(subject.WrapBeforeConnect, subject.Pause)

	c.it("sends the data first that came with connect, of a socket that was wrapped before it was connected", func(sp *spec) {
		p := sp.peer(sp.plainThenTLS(startTLS)...)
		sp.sentFirst(p, sp.begin(connect(p, plain, callbacks, sending(startTLS)), sp.wrap(closeCB)))
	}).needing(subject.WrapBeforeConnect).seen("nodemailer/nodemailer#1835")
}

// plainThenTLS is what a peer does that is sent something in plain: there may be nothing between that and the handshake.
func (sp *spec) plainThenTLS(bytes string) []fakeserver.Step {
	return []fakeserver.Step{fakeserver.ExpectPlain(bytes), sp.handshake(), fakeserver.Expect(question), fakeserver.ExpectEnd()}
}

// slowPeer is a peer that is sent something in plain, and takes little of it before it is resumed to be reading.
func (sp *spec) slowPeer(bytes string) *peer {
	script := []fakeserver.Step{fakeserver.SmallWindow(), fakeserver.SendPlain(greeting), fakeserver.Hold("reading")}
	return sp.peer(append(script, sp.plainThenTLS(bytes)...)...)
}

// sentFirst expects that what was written before a wrap comes first, in plain, and what is written then under TLS.
func (sp *spec) sentFirst(p *peer, ids []int) {
	sp.sees(p, "what was written before the wrap, in plain, and the handshake behind it", entryKind(fakeserver.Handshake))
	sp.performed(ids)
	sp.begin(write(wrapped, question))
	sp.sees(p, "what was written after the wrap, under TLS", clientData)
}
