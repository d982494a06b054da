package conformance

import (
	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

var (
	missingFile   = flawsOfFiles[0]
	wrongPassword = flaw{"a wrong password", func(r *subject.Request, client *certs.Files) {
		r.Key, r.Password = client.Keys[certs.PBES2SHA256], "wrong horse"
	}}
)

func (c *catalogue) argumentOriginal() {
	c.of("argument/failure-leaves-original")
	c.leavesOriginal(missingFile)
	c.leavesOriginal(wrongPassword).needing(subject.KeyPassword).seen("openssl/openssl#13493")
	c.it("lets the original be wrapped with arguments that can be used, after others", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.Send(welcome), fakeserver.ExpectEnd())
		sp.connected(p)
		client := sp.client(certs.Client)
		r := sp.wrapAs(client, certs.PKCS8)
		sp.wrapsFlawed(r, missingFile, client)
		since := sp.mark()
		sp.must(r)
		sp.sees(p, "the end of the handshake", entryKind(fakeserver.Handshake))
		sp.awaitBytes("what the peer sends under TLS", since, len(welcome))
		sp.Expect(sp.reads(since)).To(be([]line{`read callback of A called with tls: "welcome"`}), "the calls of read callbacks since the wrap that was right")
	}).seen("noxxi/p5-io-socket-ssl#53")
	c.it("leaves the original of a stream to be used in plain, after "+missingFile.name, func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectPlain("NOOP\r\n"), fakeserver.SendPlain("250 fine\r\n"), fakeserver.ExpectEnd())
		sp.connected(p, streaming)
		client := sp.client(certs.Client)
		sp.wrapsFlawed(sp.wrapAs(client, certs.PKCS8), missingFile, client)
		since := sp.mark()
		sp.must(write(plain, "NOOP\r\n"))
		sp.Expect(sp.readFrom(plain, since, len("250 fine\r\n"))).To(be("250 fine\r\n"), "what the original stream has to read")
	}).needing(subject.Stream)
	c.alone("leaks neither descriptors nor memory in wraps that fail, one after the other", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd())
		sp.connected(p)
		sp.wrapsInVain(60) // to warm up
		before := sp.status()
		const wraps = 200
		sp.wrapsInVain(wraps)
		after := sp.status()
		sp.Expect(after.Descriptors).To(be(before.Descriptors), "the descriptors open, after %d wraps that failed", wraps)
		// What an SSL context or a connection takes is tens of kilobytes; what the suite keeps of a request, if it
		// shares the process, and what memory is off by, are a few.
		sp.Expect((after.Memory-before.Memory)/wraps).To(gomega.BeNumerically("<", 8<<10), "the bytes by which memory grew with each wrap that failed")
	}).needing(subject.Status).seen("nmathewson/libevent_obsolete#83", "libevent/libevent#1774").row("L7")
}

func (c *catalogue) leavesOriginal(f flaw) *entry {
	return c.it("leaves the original to be used in plain, after "+f.name, func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectPlain("NOOP\r\n"), fakeserver.SendPlain("250 fine\r\n"), fakeserver.ExpectEnd())
		sp.connected(p)
		client := sp.client(certs.Client)
		sp.wrapsFlawed(sp.wrapAs(client, certs.PKCS8), f, client)
		sp.Expect(sp.closed(plain)).To(be(false), "what the original says of being closed")
		since := sp.mark()
		sp.must(write(plain, "NOOP\r\n"))
		sp.awaitBytes("the peer's answer in plain", since, len("250 fine\r\n"))
		sp.Expect(sp.reads(since)).To(be([]line{`read callback of A called with plain: "250 fine\r\n"`}), "the calls of read callbacks since the wrap")
	}).seen("quininer/tokio-rustls#42", "noxxi/p5-io-socket-ssl#53")
}

// wrapsFlawed performs a wrap that has a flaw, and returns when the subject has said that it failed.
func (sp *spec) wrapsFlawed(r subject.Request, f flaw, client *certs.Files) {
	f.make(&r, client)
	sp.refused(r)
}

// wrapsInVain tries to wrap the original so many times, some of them at once; half of the tries fail only when a part
// of the arguments was taken.
func (sp *spec) wrapsInVain(times int) {
	const atOnce = 20
	client := sp.client(certs.Client)
	for range times / atOnce {
		turn := make([]subject.Request, atOnce)
		for n := range turn {
			turn[n] = sp.wrapAs(client, certs.PKCS8)
			flawsOfFiles[n%2].make(&turn[n], client)
		}
		sp.do(turn...) // that each fails is for others to judge
	}
}
