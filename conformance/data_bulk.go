package conformance

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

const (
	bulkSize = 32 << 20
	bulkSeed = 1
)

// bulk is what large transfers are parts of, made once.
var bulk = sync.OnceValue(func() string { return string(subject.Payload(bulkSize, bulkSeed)) })

// writeBulk is the request to write the first bytes of it.
func writeBulk(size int) subject.Request {
	return writePayload(wrapped, size, bulkSeed)
}

// expectBulk are the steps that wait for it, and note it piece by piece.
func expectBulk(size int) (steps []fakeserver.Step) {
	const piece = 2 << 20
	for at := 0; at < size; at += piece {
		steps = append(steps, fakeserver.Expect(bulk()[at:min(at+piece, size)]))
	}
	return steps
}

func (c *catalogue) dataBulk() {
	c.of("data/large-in")
	c.it("gets 32 MiB whole and in order", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(bulk()), fakeserver.ExpectEnd())
		since := sp.upgraded(p, digesting)
		sp.awaitBytes("all that the peer sent", since, bulkSize)
		sp.fence()
		sp.expectDigest(wrapped, bulk())
	}).seen("eventmachine/eventmachine#273", "cesanta/mongoose#357", "libevent/libevent#1433")

	c.of("data/large-out")
	c.it("sends 32 MiB whole and in order to a peer that is slow to read, though more is written meanwhile", func(sp *spec) {
		const first, second, third = 16 << 20, 12 << 20, 4 << 20
		p := sp.peer(slices.Concat(
			[]fakeserver.Step{fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the reading")},
			expectBulk(first), expectBulk(second), expectBulk(third),
			[]fakeserver.Step{fakeserver.ExpectEnd()})...)
		sp.upgraded(p)
		sp.must(writeBulk(first))
		sp.fence() // what can leave has left
		sp.must(writeBulk(second))
		p.Resume("the reading")
		sp.awaitReceived(p, "what was written first", first)
		sp.must(writeBulk(third))
		sp.awaitReceived(p, "all that was written", first+second+third)
	}).seen("eventmachine/eventmachine#273", "nodejs/node#1595", "pistacheio/pistache#832")

	c.it("sends 4 MiB whole though writing is disabled when the peer begins to read, and then enabled", func(sp *spec) {
		const size = 4 << 20
		p := sp.peer(slices.Concat(
			[]fakeserver.Step{fakeserver.SmallWindow(), fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the reading")},
			expectBulk(size), []fakeserver.Step{fakeserver.ExpectEnd()})...)
		sp.upgraded(p)
		sp.must(writeBulk(size))
		sp.must(subject.Request{Op: subject.Disable, On: wrapped, ToWrite: true})
		p.Resume("the reading")
		sp.fence()
		sp.must(subject.Request{Op: subject.Enable, On: wrapped, ToWrite: true})
		sp.awaitReceived(p, "all that was written", size)
	}).needing(subject.Pause)

	c.of("data/duplex")
	const each = 16 << 20 // more than is under way in both directions
	c.it("ends transfers in both directions at once", func(sp *spec) {
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the transfers"),
			fakeserver.Duplex(bulk()[:each], bulk()[:each]), fakeserver.ExpectEnd())
		sp.exchange(p, each)
	})
	c.it("ends them with a peer that reads only when it has sent everything", func(sp *spec) {
		p := sp.peer(slices.Concat(
			[]fakeserver.Step{fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the transfers"), fakeserver.Send(bulk()[:each])},
			expectBulk(each), []fakeserver.Step{fakeserver.ExpectEnd()})...)
		sp.exchange(p, each)
	}).seen("yandex/odyssey#1459")
}

// exchange writes as much as the peer sends once it goes on with the transfers.
func (sp *spec) exchange(p *peer, size int) {
	since := sp.upgraded(p, digesting)
	sp.must(writeBulk(size))
	p.Resume("the transfers")
	sp.awaitBytes("all that the peer sent", since, size)
	sp.awaitReceived(p, "all that was written", size)
	sp.expectDigest(wrapped, bulk()[:size])
}

// expectDigest expects that what read callbacks got that were called with an object is this data.
func (sp *spec) expectDigest(on subject.Handle, want string) {
	got := sp.result(subject.Request{Op: subject.Digest, On: on})
	sum := sha256.New()
	for rest := want; len(rest) > 0; rest = rest[min(1<<16, len(rest)):] {
		sum.Write([]byte(rest[:min(1<<16, len(rest))]))
	}
	sp.Expect(digestLine(got.Size, got.SHA256)).To(be(digestLine(len(want), fmt.Sprintf("%x", sum.Sum(nil)))), "what the read callback got")
}

func digestLine(size int, sha256 string) line {
	return line(fmt.Sprintf("%d bytes with SHA-256 %s", size, sha256))
}

func (c *catalogue) dataNumerous() {
	c.of("data/tiny-records")
	c.it("gets 100,000 records of one byte each", func(sp *spec) {
		const n = 100_000
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.SendRecords(n, "x"), fakeserver.ExpectEnd())
		since := sp.upgraded(p, digesting)
		sp.awaitBytes("all that the peer sent", since, n)
		sp.fence()
		sp.expectDigest(wrapped, strings.Repeat("x", n))
	}).seen("libevent/libevent#952")
	c.it("gets 2,000 records in order though its read callback writes each time", func(sp *spec) {
		records, all := numberedRecords(2000)
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the records"), fakeserver.Joined(records...), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		writing := sp.deferred(whenever(subject.OnRead, wrapped, write(wrapped, ".")))
		p.Resume("the records")
		sp.awaitBytes("all that the peer sent", since, len(all))
		sp.fence()
		sp.expectSame(sp.handed(since), all, "what the read callback got")
		sp.awaitReceived(p, "what was written in each call of the read callback", sp.timesRan(writing))
	}).seen("oven-sh/bun#37467", "libevent/libevent#952")
}

// expectSame is for text that is too long to be shown: the first difference is.
func (sp *spec) expectSame(got, want, what string) {
	const shown = 40
	same := 0
	for same < min(len(got), len(want)) && got[same] == want[same] {
		same++
	}
	if got != want {
		from := max(0, same-shown/2)
		sp.fail("%s, of which %d bytes are right\nwant: …%q…\n got: …%q…", what, same,
			want[from:min(len(want), from+shown)], got[from:min(len(got), from+shown)])
	}
}

// timesRan is how often a deferred request was performed so far.
func (sp *spec) timesRan(id int) int {
	n := 0
	for _, r := range sp.records {
		if r.Event == subject.Ran && r.ID == id && r.Error == nil {
			n++
		}
	}
	return n
}

// A bystander is another connection of the same session.
const (
	bystander          subject.Handle = "bystander"
	bystanderWrapped   subject.Handle = "bystander-tls"
	bystanderCallbacks subject.Tag    = "B"
)

func (c *catalogue) dataFair() {
	c.of("data/fairness")
	c.it("lets another socket make a round trip while one gets 128 MiB without a pause", func(sp *spec) {
		const size = 4 * bulkSize
		hose := sp.startPeer("firehose", fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold("the firehose"),
			fakeserver.Send(bulk()), fakeserver.Send(bulk()), fakeserver.Send(bulk()), fakeserver.Send(bulk()), fakeserver.ExpectEnd())
		defer hose.Stop() // what is not needed is not sent
		sp.upgraded(hose, digesting)
		sp.upgradedBystander()
		// The other one's round trip begins in the middle of it: inside the first read callback.
		sp.must(when(subject.OnRead, wrapped, write(bystanderWrapped, "ping")))
		since := sp.mark()
		hose.Resume("the firehose")
		got := 0
		sp.awaitSince("the answer on the other socket", since, func(r subject.Record) bool {
			if r.Callbacks == callbacks {
				got += r.Size
			}
			return r.Event == subject.OnRead && r.Callbacks == bystanderCallbacks
		})
		if got >= size {
			sp.fail("want: the answer on the other socket before all of the %d bytes\n got: it came when all of them had come", size)
		}
	}).row("I8")
}

// upgradedBystander opens and wraps another connection, to a peer that sends back what it gets.
func (sp *spec) upgradedBystander() {
	p := sp.startPeer("other peer", fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Echo())
	sp.connectedAs(connect(p, bystander, bystanderCallbacks))
	sp.upgrade(p, sp.wrapOf(bystander, bystanderWrapped, ""))
}
