package conformance

import (
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// data holds the subject to: "This class is much like the socket class, except that it houses a socket that has been
// wrapped in an SSL filter."
func (c *catalogue) data() {
	c.dataExample()
	c.dataEarly()
	c.dataUnchanged()
	c.dataBulk()
	c.dataShaped()
	c.dataNumerous()
	c.dataEmpty()
	c.dataEmptyRecords()
	c.dataWritten()
	c.dataPaused()
	c.dataFair()
	c.dataStreamed()
}

// dataExample follows the example of the documentation: "init a socket, send nil data (so it just connects); now wrap
// the normal socket in SSL, save the new socket; send out the request on the SSL socket".
func (c *catalogue) dataExample() {
	const answer = "HTTP/1.0 200 OK\r\n\r\nhello\n"
	c.of("data/documented-example")
	c.it("gets the answer to the documented example's request", func(sp *spec) {
		p := sp.peer(sp.handshake(), fakeserver.Expect(exampleRequest), fakeserver.Send(answer), fakeserver.ExpectEnd())
		sp.example(p)
		sp.awaitBytes("the peer's answer", 0, len(answer))
		sp.fence()
		sp.Expect(sp.handed(0)).To(be(answer), "what the read callback got")
	}).seen("libevent/libevent#428")
	for _, v := range versions {
		c.it("gets it though the peer closes right behind it, under "+v.name, func(sp *spec) {
			p := sp.peer(sp.handshakeUnder(v), fakeserver.Expect(exampleRequest),
				fakeserver.Joined(fakeserver.Send(answer), fakeserver.CloseNotify(), fakeserver.FIN()), fakeserver.ExpectEnd())
			sp.example(p)
			sp.awaitBytesOrFailure("the peer's answer", 0, len(answer))
			sp.fence()
			sp.Expect(sp.handed(0)).To(be(answer), "what the read callback got")
		}).needing(v.needs).seen("erlang/otp#3458", "cesanta/mongoose#2587")
	}
}

const exampleRequest = "GET /\r\n"

// example connects with a read timeout and no data, wraps at once, and writes a request to what wrap returned.
func (sp *spec) example(p *peer) {
	open := connect(p, plain, callbacks)
	if sp.offers(subject.ReadTimeout) {
		open.ReadTimeout = 30_000 // the example's 3 s could pass on a machine that has much else to do
	}
	request := write(wrapped, exampleRequest)
	request.Text = true
	sp.must(open, sp.wrap(""), request)
}

func (c *catalogue) dataEarly() {
	c.of("data/write-before-handshake")
	for _, v := range versions {
		c.it("sends what is written before the handshake is done once, in order and encrypted, under "+v.name, func(sp *spec) {
			p := sp.stalling(sp.handshakeUnder(v), fakeserver.ExpectEnd())
			sp.connected(p)
			inTurn, early := numbered(0, 50)
			ids := sp.begin(append([]subject.Request{sp.wrap("")}, inTurn...)...)
			sp.sees(p, "a ClientHello", entryKind(fakeserver.ClientHello))
			later, more := numbered(50, 100)
			ids = append(ids, sp.begin(later...)...)
			sp.fence() // all of them were made
			p.Resume(serverHello)
			sp.performed(ids)
			sp.Expect(sp.receivedToMark(p)).To(be(early+more), "what the peer received under TLS")
		}).needing(v.needs).seen("ruby/openssl#469", "netty/netty#8479", "oven-sh/bun#42340")
	}
}

// numbered makes as many writes to the wrapped socket, each of its number, and tells what they write together.
func numbered(from, to int) (writes []subject.Request, all string) {
	var b strings.Builder
	for n := from; n < to; n++ {
		text := fmt.Sprintf("%d ", n)
		writes = append(writes, write(wrapped, text))
		b.WriteString(text)
	}
	return writes, b.String()
}

func (c *catalogue) dataUnchanged() {
	c.of("data/round-trip")
	for _, v := range versions {
		c.it("carries bytes of every value both ways, under "+v.name, func(sp *spec) {
			rising, falling := everyByte()
			p := sp.peer(fakeserver.SendPlain(greeting), sp.handshakeUnder(v), fakeserver.Send(falling), fakeserver.ExpectEnd())
			since := sp.upgraded(p)
			sp.must(write(wrapped, rising))
			sp.Expect(sp.receivedToMark(p)).To(be(rising), "what the peer received")
			sp.awaitBytes("the bytes that the peer sent", since, len(falling))
			sp.fence()
			sp.Expect(sp.handed(since)).To(be(falling), "what the read callback got")
		}).needing(v.needs)
	}

	c.of("data/text")
	c.it("writes text as UTF-8", func(sp *spec) {
		const text = "GET /Grüße?für=世界 🌍\r\n"
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		sp.upgraded(p)
		ascii, beyond := write(wrapped, exampleRequest), write(wrapped, text)
		ascii.Text, beyond.Text = true, true
		sp.must(ascii)
		sp.must(beyond)
		sp.Expect(sp.receivedToMark(p)).To(be(exampleRequest+text), "what the peer received")
	})
}

// everyByte is all bytes there are, in two orders.
func everyByte() (rising, falling string) {
	var up, down [256]byte
	for n := range up {
		up[n], down[n] = byte(n), byte(255-n)
	}
	return string(up[:]), string(down[:])
}

func (c *catalogue) dataEmpty() {
	c.of("data/empty-write")
	c.it("sends nothing where nothing is written, and goes on", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		sp.must(write(wrapped, ""))
		sp.must(write(wrapped, "x"))
		sp.must(write(wrapped, ""))
		sp.expectNoHarm(p, since)
	}).row("I5")
	c.it("does so before the handshake is done, too", func(sp *spec) {
		p := sp.stalling(sp.handshake(), fakeserver.ExpectEnd())
		sp.connected(p)
		since := sp.mark()
		ids := sp.begin(sp.wrap(""), write(wrapped, ""), write(wrapped, "x"), write(wrapped, ""))
		sp.fence()
		p.Resume(serverHello)
		sp.performed(ids)
		sp.handshaken(p)
		sp.expectNoHarm(p, since)
	}).row("I5")
}

// expectNoHarm expects that of what was written, an x among nothing, the peer gets the x and the subject goes on.
func (sp *spec) expectNoHarm(p *peer, since int) {
	got := sp.receivedToMark(p)
	sp.fence()
	sp.Expect(got).To(be("x"), "what the peer received")
	sp.Expect(lines(sp.events(since, subject.OnEvent))).To(be([]line{}), "the calls of the event callback")
}
