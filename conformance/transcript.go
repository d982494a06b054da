package conformance

import (
	"slices"
	"strings"

	"github.com/sslconform/sslconform/fakeserver"
)

// What passed at a peer: matchers for the entries of its transcript, and what the spec waits for there.

// entryKind matches the entries of a kind.
func entryKind(k fakeserver.Kind) func(fakeserver.Entry) bool {
	return func(e fakeserver.Entry) bool { return e.Kind == k }
}

// fromClient matches what the client sent of some kinds.
func fromClient(kinds ...fakeserver.Kind) func(fakeserver.Entry) bool {
	return func(e fakeserver.Entry) bool { return e.Side == fakeserver.Client && slices.Contains(kinds, e.Kind) }
}

var (
	// clientData matches application data that the client sent under TLS.
	clientData = fromClient(fakeserver.Data)
	// clientEnd matches how the client ended TCP.
	clientEnd = fromClient(fakeserver.TCPClosed, fakeserver.TCPReset)
	// clientBytes matches whatever the client sent, in whatever form.
	clientBytes = fromClient(fakeserver.Bytes, fakeserver.Record, fakeserver.ClientHello, fakeserver.Data, fakeserver.Alert, fakeserver.TLSClosed)
)

// over matches what ends a connection at the peer: the script may not have foreseen it.
func over(e fakeserver.Entry) bool {
	switch e.Kind {
	case fakeserver.Closed, fakeserver.TCPReset:
		return true
	case fakeserver.Failed: // where it was writing, and the client is gone
		return true
	}
	return false
}

// entries are those of a peer's transcript so far that match.
func (p *peer) entries(match func(fakeserver.Entry) bool) []fakeserver.Entry {
	return slices.DeleteFunc(p.Transcript().Entries(), func(e fakeserver.Entry) bool { return !match(e) })
}

// noted are the entries that match, as a timeline tells them.
func (p *peer) noted(match func(fakeserver.Entry) bool) []line {
	var noted []line
	for _, e := range p.entries(match) {
		noted = append(noted, line(e.String()))
	}
	return noted
}

// received is what the peer has got of application data so far, as one.
func (p *peer) received() string {
	var all strings.Builder
	for _, e := range p.entries(clientData) {
		all.Write(e.Data)
	}
	return all.String()
}

func hasHandshake(p *peer) bool { return len(p.entries(entryKind(fakeserver.Handshake))) > 0 }

// holding waits until a peer's script holds: all that comes before was sent.
func (sp *spec) holding(p *peer, name string) {
	sp.sees(p, "that it holds ("+name+")", func(e fakeserver.Entry) bool {
		return e.Kind == fakeserver.Held && e.Text == name
	})
}

// awaitReceived waits until a peer has noted so many bytes that it got under TLS; see [spec.awaitBytes].
func (sp *spec) awaitReceived(p *peer, what string, size int) {
	for {
		got, entries := 0, p.Transcript().Entries()
		for _, e := range entries {
			if clientData(e) {
				got += e.Length
			}
		}
		if got >= size {
			return
		}
		done := sp.during("the peer had " + progress(got, size))
		seen := 0
		sp.sees(p, what, func(e fakeserver.Entry) bool {
			seen++
			return seen > len(entries) && clientData(e)
		})
		done()
	}
}

// awaitReceivedLast waits until what a peer got under TLS ends with this.
func (sp *spec) awaitReceivedLast(p *peer, what, last string) {
	sp.sees(p, what, func(fakeserver.Entry) bool { return strings.HasSuffix(p.received(), last) })
}

// endMark is written behind what a spec is about, so that it shows in full what the peer got before it.
const endMark = "(the end)"

// receivedToMark is what a peer got under TLS when the mark was written, too; no more than a KiB, of which it keeps all.
func (sp *spec) receivedToMark(p *peer) string {
	sp.begin(write(wrapped, endMark)) // if it is refused, what the peer got tells more
	sp.awaitReceivedLast(p, "what was written, and behind it "+endMark, endMark)
	return strings.TrimSuffix(p.received(), endMark)
}
