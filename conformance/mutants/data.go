package mutants

import (
	"bytes"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
)

var dataMutants = []Mutant{
	{Name: "hang-up-before-data", Breaks: []string{"data/documented-example", "data/last-bytes"}, Rows: []string{"G5"}, tamper: connections(hangUpBeforeData)},
	{Name: "early-write-doubled", Breaks: []string{"data/write-before-handshake"}, Rows: []string{"E9"}, tamper: early(writeTwice)},
	{Name: "early-write-in-clear", Breaks: []string{"data/write-before-handshake"}, Rows: []string{"E8"}, tamper: early(writeInClear)},
	{Name: "write-cut-at-nul", Breaks: []string{"data/round-trip"}, tamper: requests(writeCutAtNUL)},
	{Name: "text-in-latin-1", Breaks: []string{"data/text"}, tamper: requests(textInLatin1)},
	{Name: "reading-stalls-after-24-mib", Breaks: []string{"data/large-in"}, Rows: []string{"I4"}, tamper: connections(stallsAfter24MiB)},
	{Name: "bulk-damaged", Breaks: []string{"data/large-in", "data/duplex"}, Rows: []string{"I4"}, tamper: records(bulkDamaged)},
	{Name: "write-behind-another-cut", Breaks: []string{"data/large-out"}, Rows: []string{"I4"}, tamper: writeBehindAnotherCut},
	{Name: "reads-wait-for-writes", Breaks: []string{"data/duplex"}, Rows: []string{"I9"}, tamper: connections(readsWaitForWrites)},
	{Name: "short-read-taken-for-end", Breaks: []string{"data/dribbled"}, Rows: []string{"F8"}, tamper: connections(shortReadTakenForEnd)},
	{Name: "eight-records-a-segment", Breaks: []string{"data/coalesced", "data/tiny-records", "data/stream"}, Rows: []string{"R3"}, tamper: connections(eightRecordsASegment)},
	{Name: "data-of-last-flight-lost", Breaks: []string{"data/first-flight"}, Rows: []string{"J8"}, tamper: connections(dataOfLastFlightLost)},
	{Name: "read-lost-among-many", Breaks: []string{"data/tiny-records"}, Rows: []string{"T3"}, tamper: readLostAmongMany},
	{Name: "empty-write-refused", Breaks: []string{"data/empty-write"}, Rows: []string{"I5"}, tamper: emptyWriteRefused},
	{Name: "empty-write-sends-nul", Breaks: []string{"data/empty-write"}, tamper: requests(emptyWriteSendsNUL)},
	{Name: "write-callback-at-once", Breaks: []string{"data/write-callback"}, Rows: []string{"I1", "I3"}, tamper: writeCallbackAtOnce},
	{Name: "write-callback-lost", Breaks: []string{"data/write-callback"}, Rows: []string{"I2"}, tamper: wrapped(writeCallbackLost)},
	{Name: "closed-with-bytes-below", Breaks: []string{"data/close-in-write-callback"}, Rows: []string{"I1"}, tamper: connections(closedWithBytesBelow)},
	{Name: "disable-does-not-pause", Breaks: []string{"data/pause"}, Rows: []string{"I6"}, tamper: requests(disableDoesNotPause)},
	{Name: "write-leaves-paused", Breaks: []string{"data/pause"}, tamper: writeLeavesPaused},
	{Name: "enable-waits-for-network", Breaks: []string{"data/resume"}, Rows: []string{"I7"}, tamper: enableWaitsForNetwork},
	{Name: "firehose-starves-others", Breaks: []string{"data/fairness"}, Rows: []string{"I8"}, tamper: firehoseStarvesOthers},
	{Name: "reading-nothing-blocks", Breaks: []string{"data/stream"}, tamper: readingNothingBlocks},
	{Name: "stream-read-cut", Breaks: []string{"data/stream"}, Rows: []string{"R3"}, tamper: records(streamReadCut)},
}

// onlyOn lets a change of requests be one of what is done with wrapped sockets.
func onlyOn(originals wraps, change func(subject.Request) []subject.Request) func(subject.Request) []subject.Request {
	return func(r subject.Request) []subject.Request {
		originals.note(r)
		if _, is := originals[r.On]; is && r.Op != subject.Wrap {
			return change(r)
		}
		return []subject.Request{r}
	}
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
	return tamperer{request: onlyOn(wraps{}, func(r subject.Request) []subject.Request {
		if r.Op == subject.Write && r.Size > 0 {
			if written[r.On] {
				r.Size -= 4 << 10
			}
			written[r.On] = true
		}
		return []subject.Request{r}
	})}
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

func emptyWriteRefused(func(subject.Record)) tamperer {
	empty := map[int]bool{}
	return tamperer{
		request: onlyOn(wraps{}, func(r subject.Request) []subject.Request {
			empty[r.ID] = r.Op == subject.Write && len(r.Data) == 0 && r.Size == 0
			return []subject.Request{r}
		}),
		record: func(r subject.Record) []subject.Record {
			if r.Event == "" && r.OK != nil && empty[r.ID] {
				r.OK, r.Error = nil, &subject.Error{Condition: subject.Condition{Message: "bad length"}}
			}
			return []subject.Record{r}
		},
	}
}

func emptyWriteSendsNUL(r subject.Request) []subject.Request {
	if r.Op == subject.Write && len(r.Data) == 0 && r.Size == 0 {
		r.Data = []byte{0}
	}
	return []subject.Request{r}
}

// writeCallbackAtOnce calls the write callback when data was taken, not when it has left.
func writeCallbackAtOnce(func(subject.Record)) tamperer {
	sets, originals, writes := map[subject.Handle]subject.Tag{}, wraps{}, map[int]subject.Handle{}
	note := onlyOn(originals, func(r subject.Request) []subject.Request {
		if r.Op == subject.Write {
			writes[r.ID] = r.On
		}
		return []subject.Request{r}
	})
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			if slices.Contains(r.Has, subject.OnWrite) {
				sets[r.As] = r.Callbacks
			}
			return note(r)
		},
		record: func(r subject.Record) []subject.Record {
			on := writes[r.ID]
			tag, has := sets[originals[on]]
			if r.Event == "" && r.OK != nil && on != "" && has {
				return []subject.Record{r, {Event: subject.OnWrite, On: on, Callbacks: tag, Arguments: 1}}
			}
			return []subject.Record{r}
		},
	}
}

func writeCallbackLost(r subject.Record, _ subject.Handle) []subject.Record {
	if r.Event == subject.OnWrite {
		return nil
	}
	return []subject.Record{r}
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
	return tamperer{request: onlyOn(wraps{}, func(r subject.Request) []subject.Request {
		switch {
		case r.Op == subject.Enable, r.Op == subject.Disable:
			paused[r.On] = r.Op == subject.Disable
		case r.Op == subject.Write && paused[r.On]:
			return []subject.Request{r, {ID: hidden, Op: subject.Disable, On: r.On, ToRead: true}}
		}
		return []subject.Request{r}
	})}
}

// firehoseStarvesOthers lets other wrapped sockets get nothing before the one that began to get much has all of it.
func firehoseStarvesOthers(func(subject.Record)) tamperer {
	const all = 128 << 20
	originals := wraps{}
	var hose subject.Handle
	var starved []subject.Record
	got := 0
	return tamperer{request: originals.note, record: func(r subject.Record) []subject.Record {
		if _, is := originals[r.On]; r.Event != subject.OnRead || !is {
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
func readingNothingBlocks(func(subject.Record)) tamperer {
	reads := map[int]bool{}
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			reads[r.ID] = r.Op == subject.Read
			return []subject.Request{r}
		},
		record: func(r subject.Record) []subject.Record {
			if reads[r.ID] && r.OK != nil && len(r.OK.Data) == 0 {
				return nil
			}
			return []subject.Record{r}
		},
	}
}

// streamReadCut loses what a read finds beyond a first piece.
func streamReadCut(r subject.Record) []subject.Record {
	const most = 16
	if r.OK != nil && len(r.OK.Data) > most {
		r.OK.Data = r.OK.Data[:most]
	}
	return []subject.Record{r}
}
