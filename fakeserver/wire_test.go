package fakeserver

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// However a stream is cut, the records in it are the same.
func TestSplitter(t *testing.T) {
	stream := []byte{22, 3, 1, 0, 2, 'a', 'b', 23, 3, 3, 0, 0, 21, 3, 3, 0, 1, 'c', 99, 3, 3, 1, 0}
	want := []Entry{
		{Side: Client, Kind: Record, Type: HandshakeRecord, Length: 2},
		{Side: Client, Kind: Record, Type: ApplicationData, Length: 0},
		{Side: Client, Kind: Record, Type: AlertRecord, Length: 1},
		{Side: Client, Kind: Record, Type: 99, Length: 256},
	}
	for size := 1; size <= len(stream); size++ {
		var got []Entry
		s := splitter{side: Client, note: func(e Entry) { got = append(got, e) }, tls: true}
		for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			s.take(rest[:min(size, len(rest))])
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("in pieces of %d (-want +got):\n%s", size, d)
		}
	}
}
