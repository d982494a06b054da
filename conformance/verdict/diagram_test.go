package verdict

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func at(ms int) time.Time { return time.UnixMilli(1_700_000_000_000 + int64(ms)) }

// drawn is a diagram in short, an arrow a line.
func drawn(arrows []Arrow) []string {
	var lines []string
	for _, a := range arrows {
		line := fmt.Sprintf("%g %s %s>%s", a.At, a.Kind, a.From, a.To)
		for _, part := range []string{a.Label, string(a.Object), a.Detail} {
			if part != "" {
				line += " " + part
			}
		}
		if a.Named {
			line += " !"
		}
		lines = append(lines, line)
	}
	return lines
}

func expectDrawn(t *testing.T, got []Arrow, want ...string) {
	t.Helper()
	if lines := drawn(got); !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// What passed goes from the side that it came from to the side that it went to, and what the failure's text names is
// marked, be it told joined with the like.
func TestDiagram(t *testing.T) {
	var timeline Timeline
	timeline.Requested(at(0), subject.Request{ID: 2, Op: subject.Connect, As: "plain", Host: "127.0.0.1", Port: 1, Callbacks: "A"})
	timeline.Requested(at(3), subject.Request{ID: 3, Op: subject.Wrap, On: "plain", As: "tls", CloseCallback: "C"})
	timeline.Requested(at(12), subject.Request{ID: 4, Op: subject.Close, On: "tls"})
	timeline.Reported(subject.Record{Time: at(2), Event: subject.OnRead, On: "plain", Callbacks: "A", Data: []byte("hi")})
	timeline.Reported(subject.Record{Time: at(4), ID: 3, OK: &subject.Result{Kind: "socket"}})
	timeline.Reported(subject.Record{Time: at(8), Event: subject.OnRead, On: "plain", Callbacks: "A", Data: []byte("fir")})
	timeline.Reported(subject.Record{Time: at(9), Event: subject.OnRead, On: "tls", Callbacks: "A", Data: []byte("st")})
	timeline.Reported(subject.Record{Time: at(10), Event: subject.OnEvent, Callbacks: "A", Condition: &subject.Condition{Types: []string{subject.TCPEOF}, Socket: "tls"}})
	timeline.Reported(subject.Record{Time: at(11), Event: subject.OnWrite, On: subject.Unknown, Callbacks: "A"})
	timeline.Reported(subject.Record{Time: at(13), Event: subject.OnClose, Callbacks: "C"})
	timeline.Passed("peer", []fakeserver.Entry{
		{Time: at(1), Side: fakeserver.Client, Kind: fakeserver.Connected},
		{Time: at(1), Side: fakeserver.Peer, Kind: fakeserver.Bytes, Length: 2, Data: []byte("hi")},
		{Time: at(5), Side: fakeserver.Client, Kind: fakeserver.Record, Type: fakeserver.HandshakeRecord, Length: 512},
		{Time: at(6), Side: fakeserver.Peer, Kind: fakeserver.Data, Length: 5, Data: []byte("first")},
		{Time: at(7), Side: fakeserver.Peer, Kind: fakeserver.Record, Type: fakeserver.ApplicationData, Length: 22},
		{Time: at(14), Side: fakeserver.Client, Kind: fakeserver.TLSClosed},
		{Time: at(15), Side: fakeserver.Client, Kind: fakeserver.Record, Type: 83, Length: 9},
		{Time: at(16), Side: fakeserver.Client, Kind: fakeserver.TCPReset},
		{Time: at(17), Side: fakeserver.Peer, Kind: fakeserver.Closed},
	})
	message := "- `read callback of A called with tls: \"first\"`\n+ `read callback of A called with plain: \"first\"`\n got: got RST"
	expectDrawn(t, timeline.diagram(at(18), message),
		"0 request application>original request 2: connect as plain to 127.0.0.1:1 with callbacks A []",
		"1 tcp original>peer TCP connection",
		`1 plain peer>original 2 bytes in plain: "hi"`,
		`2 callback original>application read callback of A called with plain "hi"`,
		"3 request application>original request 3: wrap plain as tls with close-cb C",
		"4 answer wrapped socket>application answer to request 3: ok, a socket",
		"5 record wrapped socket>wire a record: handshake, 512 bytes",
		`6 inside peer>wire 5 bytes under TLS: "first"`,
		"7 record wire>wrapped socket a record: application_data, 22 bytes",
		`8 callback original>application read callback of A called with plain "fir" !`,
		`9 callback wrapped socket>application read callback of A called with tls "st" !`,
		`10 callback wrapped socket>application event callback of A called with tcp-eof (code 0, "") of tls`,
		"11 callback application>application write callback of A called with ?",
		"12 request application>wrapped socket request 4: close tls",
		"13 callback wrapped socket>application close-cb C called with 0 arguments",
		"14 alert wire>peer close_notify",
		"15 record original>wire a record: type 83, 9 bytes",
		"16 tcp original>peer RST !",
		"17 note peer>peer closed the connection",
		"18 failure application>application here the spec failed",
	)
}

// The canary is one arrow, and of a long stretch its ends are shown.
func TestDiagramIsShort(t *testing.T) {
	var timeline Timeline
	for n := range 4 {
		timeline.Requested(at(n), subject.Request{ID: 2 + n, Op: subject.Write, On: Canary, Data: []byte("tweet")})
	}
	timeline.Passed(Canary, []fakeserver.Entry{{Time: at(4), Side: fakeserver.Client, Kind: fakeserver.Bytes, Data: []byte("tweet"), Length: 5}})
	timeline.Reported(subject.Record{Time: at(5), ID: 3, OK: &subject.Result{}})
	for n := range 1000 {
		timeline.Reported(subject.Record{Time: at(6 + n), Event: subject.OnWrite, On: "tls", Callbacks: "A"})
	}
	got := drawn(timeline.diagram(at(2000), ""))
	if len(got) != 1+2*itsEnds+2 || !strings.HasSuffix(got[0], "shows that the loop still runs (6 moments)") || !slices.Contains(got, "12 left-out application>application 988 more of the kind") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if arrows := (Timeline{}).diagram(at(0), ""); arrows != nil {
		t.Errorf("of nothing there is %v", arrows)
	}
}
