package mutants

import (
	"io"
	"slices"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks only where two things meet, or now and then: what a look at the common case does not show. Others of the
// kind are with their clauses: close-cb-again-later, read-timeout-of-one-second, old-timeout-stays, error-blamed-on-others,
// closed-with-bytes-below.

var subtleMutants = []Mutant{
	{
		Name: "data-beside-close-notify-lost", Rows: []string{"G5"}, tamper: dataBesideCloseNotifyLost,
		Breaks: []string{"data/documented-example", "error/data-first"},
	},
	{
		Name: "last-16-kib-lost", Rows: []string{"I4"}, tamper: last16KiBLost,
		Breaks: []string{"data/large-in", "data/duplex", "original/no-growth", "nested/tls-in-tls"},
	},
	{
		Name: "original-write-leaks-a-byte", Rows: []string{"D1"}, tamper: misused(subject.Write, leaksAByte),
		Breaks: []string{"original/write-stays-private", "original/session-survives", "argument/failure-leaves-original"},
	},
	{Name: "truncation-between-records-is-clean-end", Rows: []string{"G2"}, tamper: truncationBetweenRecords, Breaks: []string{"error/truncation"}},
	{Name: "every-second-wrap-without-close-cb", tamper: everySecondWrap, Breaks: []string{"scale/many"}},
}

// dataBesideCloseNotifyLost loses data where close_notify is read together with it.
var dataBesideCloseNotifyLost = taps{
	read: func(t *tap, p []byte) []byte {
		records, _ := cut(p)
		last := len(records) - 1
		if t.wire.secret.Load() && last > 0 && isAlert(records[last]) && slices.Contains(kinds(p), applicationData) {
			t.once = true
		}
		return p
	},
	record: func(t *tap, r subject.Record) []subject.Record {
		if r.Event == subject.OnRead && t.once && about(r) != t.first {
			return nil
		}
		return []subject.Record{r}
	},
}.tamper

// last16KiBLost holds the last 16 KiB of what is long back for ever.
func last16KiBLost(func(subject.Record)) tamperer {
	const long, lost = 1 << 20, 16 << 10
	got, short := map[subject.Handle]int{}, map[subject.Handle]int{}
	return wrapped(func(r subject.Record, _ subject.Handle) []subject.Record {
		if r.Event != subject.OnRead || r.Size == 0 {
			return []subject.Record{r}
		}
		if got[r.On] += r.Size; got[r.On] > long {
			n := min(lost-short[r.On], r.Size)
			short[r.On] += n
			if r.Size -= n; r.Size == 0 {
				return nil
			}
		}
		return []subject.Record{r}
	})(nil)
}

// leaksAByte refuses a write to the original, when a byte of it has left.
func leaksAByte(t *tap, r subject.Request) []subject.Request {
	if t.wire != nil && len(r.Data) > 0 {
		t.wire.Conn.Write(r.Data[:1])
	}
	return []subject.Request{r}
}

// truncationBetweenRecords takes FIN for close_notify where no record is cut by it.
var truncationBetweenRecords = endedWhere(func(e end) bool { return e.how == io.EOF && !e.early && !e.cut }, cleanEnd()...)

// wraps counts those of the process.
var wraps atomic.Int64

// everySecondWrap forgets the close-cb of every second wrap of the process.
func everySecondWrap(func(subject.Record)) tamperer {
	return wrapRequests(func(q *subject.Request) {
		if wraps.Add(1)%2 == 0 {
			q.CloseCallback = ""
		}
	})(nil)
}
