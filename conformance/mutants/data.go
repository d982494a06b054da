package mutants

import (
	"bytes"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
)

var dataMutants = []Mutant{
	{
		Name: "hang-up-before-data", Rows: []string{"G5"}, tamper: connections(hangUpBeforeData),
		Breaks: []string{"data/documented-example", "data/last-bytes", "error/data-first"},
	},
	{Name: "early-write-doubled", Breaks: []string{"data/write-before-handshake"}, Rows: []string{"E9"}, tamper: early(writeTwice)},
	{Name: "early-write-in-clear", Breaks: []string{"data/write-before-handshake"}, Rows: []string{"E8"}, tamper: early(writeInClear)},
	{Name: "write-cut-at-nul", Breaks: []string{"data/round-trip", "upgrade/pending-output"}, tamper: requests(writeCutAtNUL)},
	{Name: "text-in-latin-1", Breaks: []string{"data/text"}, tamper: requests(textInLatin1)},
	{Name: "reading-stalls-after-24-mib", Breaks: []string{"data/large-in"}, Rows: []string{"I4"}, tamper: connections(stallsAfter24MiB)},
	{Name: "bulk-damaged", Breaks: []string{"data/large-in", "data/duplex"}, Rows: []string{"I4"}, tamper: records(bulkDamaged)},
	{Name: "write-behind-another-cut", Breaks: []string{"data/large-out"}, Rows: []string{"I4"}, tamper: writeBehindAnotherCut},
	{Name: "reads-wait-for-writes", Breaks: []string{"data/duplex"}, Rows: []string{"I9"}, tamper: connections(readsWaitForWrites)},
	{Name: "short-read-taken-for-end", Breaks: []string{"data/dribbled"}, Rows: []string{"F8"}, tamper: connections(shortReadTakenForEnd)},
	{
		Name: "eight-records-a-segment", Rows: []string{"R3"}, tamper: connections(eightRecordsASegment),
		Breaks: []string{"data/coalesced", "data/tiny-records", "data/stream"},
	},
	{Name: "data-of-last-flight-lost", Breaks: []string{"data/first-flight"}, Rows: []string{"J8"}, tamper: connections(dataOfLastFlightLost)},
	{Name: "read-lost-among-many", Breaks: []string{"data/tiny-records"}, tamper: readLostAmongMany},
	{Name: "reads-swapped-by-writes", Breaks: []string{"data/tiny-records"}, Rows: []string{"T3"}, tamper: readsSwappedByWrites},
	{Name: "empty-write-refused", Breaks: []string{"data/empty-write"}, Rows: []string{"I5"}, tamper: emptyWriteRefused},
	{Name: "empty-write-sends-nul", Breaks: []string{"data/empty-write"}, tamper: requests(emptyWriteSendsNUL)},
	{Name: "write-callback-at-once", Breaks: []string{"data/write-callback"}, Rows: []string{"I1", "I3"}, tamper: writeCallbackAtOnce},
	{Name: "closed-with-bytes-below", Breaks: []string{"data/close-in-write-callback"}, Rows: []string{"I1"}, tamper: connections(closedWithBytesBelow)},
	{Name: "closed-without-lingering", Breaks: []string{"data/close-in-write-callback"}, Rows: []string{"J5"}, tamper: connections(closedWithoutLingering)},
	{
		Name: "disable-does-not-pause", Rows: []string{"I6"}, tamper: requests(disableDoesNotPause),
		Breaks: []string{"data/pause", "reattach/paused", "argument/peer-gone"},
	},
	{Name: "write-leaves-paused", Breaks: []string{"data/pause"}, tamper: writeLeavesPaused},
	{Name: "enable-waits-for-network", Breaks: []string{"data/resume"}, Rows: []string{"I7"}, tamper: enableWaitsForNetwork},
	{Name: "firehose-starves-others", Breaks: []string{"data/fairness"}, Rows: []string{"I8"}, tamper: firehoseStarvesOthers},
	{Name: "reading-nothing-blocks", Breaks: []string{"data/stream"}, tamper: outcomes(readingNothingBlocks)},
	{Name: "stream-read-cut", Breaks: []string{"data/stream"}, Rows: []string{"R3"}, tamper: records(streamReadCut)},
}

// writeCutAtNUL takes what is written for a string of C's.
func writeCutAtNUL(r subject.Request) []subject.Request {
	if r.Op == subject.Write {
		r.Data, _, _ = bytes.Cut(r.Data, []byte{0})
	}
	return []subject.Request{r}
}

func textInLatin1(r subject.Request) []subject.Request {
	if r.Op == subject.Write && r.Text {
		var latin []byte
		for _, c := range string(r.Data) {
			if c > 0xff {
				c = '?'
			}
			latin = append(latin, byte(c))
		}
		r.Data = latin
	}
	return []subject.Request{r}
}

// bulkDamaged has something wrong in much data.
func bulkDamaged(r subject.Record) []subject.Record {
	if r.OK != nil && r.OK.SHA256 != "" && r.OK.Size > 1<<20 {
		r.OK.SHA256 = strings.Repeat("0", 64)
	}
	return []subject.Record{r}
}

// writeBehindAnotherCut loses the end of what is written while output may wait.
func writeBehindAnotherCut(func(subject.Record)) tamperer {
	written := map[subject.Handle]bool{}
	return onWrapped(func(r subject.Request, _ subject.Handle) []subject.Request {
		if r.Op == subject.Write && r.Size > 0 {
			if written[r.On] {
				r.Size -= 4 << 10
			}
			written[r.On] = true
		}
		return []subject.Request{r}
	})(nil)
}

// readLostAmongMany loses one call of a read callback in 50,000.
func readLostAmongMany(func(subject.Record)) tamperer {
	calls := 0
	return tamperer{record: func(r subject.Record) []subject.Record {
		if r.Event == subject.OnRead {
			if calls++; calls%50_000 == 0 {
				return nil
			}
		}
		return []subject.Record{r}
	}}
}

// readsSwappedByWrites has a read callback that writes be called for what comes next before it is called for what was
// first, now and then.
func readsSwappedByWrites(func(subject.Record)) tamperer {
	var asked asked
	var overtaken []subject.Record
	writes := 0
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		if q, is := asked.outcome(r); is && r.Event == subject.Ran && q.Op == subject.Write && q.WhenCallback == subject.OnRead {
			writes++
		}
		switch _, is := asked.original(r.On); {
		case r.Event != subject.OnRead || !is:
			return []subject.Record{r}
		case overtaken == nil && writes >= 100:
			overtaken = []subject.Record{r}
			writes = 0
			return nil
		}
		all := append([]subject.Record{r}, overtaken...)
		overtaken = nil
		return all
	}}
}

func emptyWriteRefused(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		q, _ := asked.outcome(r)
		if _, is := asked.original(q.On); is && emptyWrite(q) && r.Event == "" && r.OK != nil {
			r.OK, r.Error = nil, &subject.Error{Condition: subject.Condition{Message: "bad length"}}
		}
		return []subject.Record{r}
	}}
}

func emptyWrite(q subject.Request) bool {
	return q.Op == subject.Write && len(q.Data) == 0 && q.Size == 0
}

func emptyWriteSendsNUL(r subject.Request) []subject.Request {
	if emptyWrite(r) {
		r.Data = []byte{0}
	}
	return []subject.Request{r}
}

// writeCallbackAtOnce calls the write callback when data was taken, not when it has left.
func writeCallbackAtOnce(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		q, _ := asked.outcome(r)
		original, _ := asked.original(q.On)
		first := asked.connect(original)
		if q.Op == subject.Write && r.Event == "" && r.OK != nil && slices.Contains(first.Has, subject.OnWrite) {
			return []subject.Record{r, {Event: subject.OnWrite, On: q.On, Callbacks: first.Callbacks, Arguments: 1}}
		}
		return []subject.Record{r}
	}}
}

func disableDoesNotPause(r subject.Request) []subject.Request {
	if r.Op == subject.Disable {
		r.Op = subject.Enable
	}
	return []subject.Request{r}
}

// writeLeavesPaused has a write enable nothing that was disabled.
func writeLeavesPaused(func(subject.Record)) tamperer {
	paused := map[subject.Handle]bool{}
	return onWrapped(func(r subject.Request, _ subject.Handle) []subject.Request {
		switch {
		case r.Op == subject.Enable, r.Op == subject.Disable:
			paused[r.On] = r.Op == subject.Disable
		case r.Op == subject.Write && paused[r.On]:
			return []subject.Request{r, {ID: hidden + r.ID, Op: subject.Disable, On: r.On, ToRead: true}}
		}
		return []subject.Request{r}
	})(nil)
}

// firehoseStarvesOthers lets other wrapped sockets get nothing before the one that began to get much has all of it.
func firehoseStarvesOthers(func(subject.Record)) tamperer {
	const all = 128 << 20
	var asked asked
	var hose subject.Handle
	var starved []subject.Record
	got := 0
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		if _, is := asked.original(r.On); r.Event != subject.OnRead || !is {
			return []subject.Record{r}
		}
		if r.Size > 0 && hose == "" {
			hose = r.On
		}
		switch {
		case r.On == hose:
			got += r.Size
		case hose != "" && got < all:
			starved = append(starved, r)
			return nil
		}
		fed := append([]subject.Record{r}, starved...)
		if got < all {
			return fed[:1]
		}
		starved = nil
		return fed
	}}
}

// readingNothingBlocks has a read that finds nothing never return.
func readingNothingBlocks(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.Read && r.OK != nil && len(r.OK.Data) == 0 {
		return nil
	}
	return []subject.Record{r}
}

// streamReadCut loses what a read finds beyond a first piece.
func streamReadCut(r subject.Record) []subject.Record {
	const most = 16
	if r.OK != nil && len(r.OK.Data) > most {
		r.OK.Data = r.OK.Data[:most]
	}
	return []subject.Record{r}
}
