package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// What a spec about data asks: what came, to either side, and whatever it came with.

// got is what read callbacks have been handed since a record, but for the canary's.
func (sp *spec) got(since int) string {
	var b strings.Builder
	for _, r := range sp.events(since, subject.OnRead) {
		b.Write(r.Data)
	}
	return b.String()
}

// awaitData waits until read callbacks have got so many bytes since a record, and tells how many there are if it gives
// up.
func (sp *spec) awaitData(what string, since, size int) {
	sp.awaitProgress(what, since, size, func(subject.Record) bool { return false })
}

// awaitDataOrFailure waits until read callbacks have got so many bytes since a record, or none may come any more: an
// event callback was called, or a request refused.
func (sp *spec) awaitDataOrFailure(what string, since, size int) {
	sp.awaitProgress(what, since, size, func(r subject.Record) bool { return r.Event == subject.OnEvent || r.Error != nil })
}

// awaitProgress bounds how long nothing comes, not how long all takes: that is the machine's business.
func (sp *spec) awaitProgress(what string, since, size int, or func(subject.Record) bool) {
	got, next := 0, since
	there := func() bool {
		for ; next < len(sp.records); next++ {
			r := sp.records[next]
			if r.Callbacks != canaryCallbacks && r.Event == subject.OnRead {
				got += len(r.Data) + r.Size
			}
			if got >= size || r.Callbacks != canaryCallbacks && or(r) {
				return true
			}
		}
		return false
	}
	sp.waits("for "+what, func() {
		for !there() {
			ctx, cancel := context.WithTimeout(sp.ctx, sp.patience())
			err := sp.pull(ctx)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				sp.gaveUp(what)
				sp.fail("want: %s\n got: %s, and nothing more within %v", what, progress(got, size), sp.patience())
			} else if err != nil {
				sp.broke("wait for "+what, err)
			}
		}
	})
}

func progress(got, size int) string { return fmt.Sprintf("%d of %d bytes", got, size) }

// clientData matches what a peer got under TLS.
func clientData(e fakeserver.Entry) bool {
	return e.Kind == fakeserver.Data && e.Side == fakeserver.Client
}

// awaitReceived waits until a peer has noted so many bytes that it got under TLS. It, too, only bounds how long nothing
// comes.
func (sp *spec) awaitReceived(p *peer, what string, size int) {
	for got, entries := 0, 0; got < size; entries++ {
		done := sp.during("the peer had " + progress(got, size))
		before := entries
		got += sp.sees(p, what, func(e fakeserver.Entry) bool {
			if clientData(e) {
				before--
			}
			return before < 0
		}).Length
		done()
	}
}

// endMark is written behind what a spec is about, so that it shows in full what the peer got before it.
const endMark = "(the end)"

// receivedToMark is what a peer got under TLS when the mark was written, too; no more than a KiB, of which it keeps all.
func (sp *spec) receivedToMark(p *peer) string {
	sp.begin(write(wrapped, endMark)) // if it is refused, what the peer got tells more
	var got strings.Builder
	sp.sees(p, "what was written, and behind it "+endMark, func(e fakeserver.Entry) bool {
		if clientData(e) {
			got.Write(e.Data)
		}
		return strings.HasSuffix(got.String(), endMark)
	})
	return strings.TrimSuffix(got.String(), endMark)
}

// holding waits until a peer's script holds: all that comes before was sent.
func (sp *spec) holding(p *peer, name string) {
	sp.sees(p, "that it holds ("+name+")", func(e fakeserver.Entry) bool {
		return e.Kind == fakeserver.Held && e.Text == name
	})
}

// runs tells data of few values in short, as runs of each.
func runs(data string) []line {
	var all []line
	for len(data) > 0 {
		n := len(data) - len(strings.TrimLeft(data, data[:1]))
		all = append(all, line(fmt.Sprintf("%d times %q", n, data[:1])))
		data = data[n:]
	}
	return all
}
