package conformance

import (
	"fmt"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// mark is where the records are now, for what is asked about those that follow.
func (sp *spec) mark() int { return len(sp.records) }

// events are the calls of callbacks since a record, those of the canary and the runs of deferred requests aside.
func (sp *spec) events(since int, of ...subject.Callback) []subject.Record {
	var events []subject.Record
	for _, r := range sp.records[since:] {
		wanted := len(of) == 0 && r.Event != "" && r.Event != subject.Ran || slices.Contains(of, r.Event)
		if wanted && r.Callbacks != canaryCallbacks {
			events = append(events, r)
		}
	}
	return events
}

// calls returns the calls of a callback, as a timeline tells them.
func (sp *spec) calls(of subject.Callback) []line {
	return lines(sp.events(0, of))
}

// reads returns the calls of read callbacks since a record, as a timeline tells them. Calls in a row that differ in
// nothing but the data are one: how data is cut is nobody's promise.
func (sp *spec) reads(since int) []line {
	return lines(joined(sp.events(since, subject.OnRead)))
}

func lines(records []subject.Record) []line {
	all := make([]line, len(records))
	for n, r := range records {
		all[n] = line(r.String())
	}
	return all
}

// joined makes one of read events in a row that differ in nothing but the data.
func joined(records []subject.Record) []subject.Record {
	var all []subject.Record
	for _, r := range records {
		n := len(all) - 1
		if n >= 0 && r.Event == subject.OnRead && all[n].Event == r.Event && all[n].On == r.On && all[n].Stream == r.Stream && all[n].Callbacks == r.Callbacks {
			all[n].Data = slices.Concat(all[n].Data, r.Data)
			all[n].Size += r.Size
		} else {
			all = append(all, r)
		}
	}
	return all
}

// history tells the calls of callbacks since a record, in short: reads in a row joined, write callbacks left out (how
// many there are is nobody's promise), a condition by its most specific name.
func (sp *spec) history(since int) []line {
	var history []line
	events := slices.DeleteFunc(sp.events(since), func(r subject.Record) bool { return r.Event == subject.OnWrite })
	for _, r := range joined(events) {
		switch r.Event {
		case subject.OnRead:
			history = append(history, line(fmt.Sprintf("read %s %s", r.On, subject.Quote(r.Data))))
		case subject.OnEvent:
			history = append(history, line(fmt.Sprintf("event %s of %s", r.Condition.Name(), r.Condition.Socket)))
		case subject.OnClose:
			history = append(history, line("close-cb "+string(r.Callbacks)))
		default:
			history = append(history, line(fmt.Sprintf("%s %s", r.Event, r.On)))
		}
	}
	return history
}

// awaitRead waits until read callbacks called with an object have got so many bytes.
func (sp *spec) awaitRead(what string, on subject.Handle, size int) {
	got := 0
	sp.await(what, func(r subject.Record) bool {
		if r.Event == subject.OnRead && r.On == on {
			got += len(r.Data) + r.Size
		}
		return got >= size
	})
}

// awaitBytes waits until read callbacks have got so many bytes since a record, whatever they were called with.
func (sp *spec) awaitBytes(what string, since, size int) {
	got, seen := 0, 0
	sp.await(what, func(r subject.Record) bool {
		if seen++; seen > since && r.Event == subject.OnRead && r.Callbacks != canaryCallbacks {
			got += len(r.Data) + r.Size
		}
		return got >= size
	})
}

// awaitEvent waits for a call of an event callback since a record, but for the canary's, and returns it.
func (sp *spec) awaitEvent(what string, since int) subject.Record {
	return sp.awaitCall(what, since, subject.OnEvent, func(subject.Record) bool { return true })
}

// awaitCall waits for a call of a callback since a record, but for the canary's.
func (sp *spec) awaitCall(what string, since int, of subject.Callback, match func(subject.Record) bool) subject.Record {
	seen := 0
	return sp.await(what, func(r subject.Record) bool {
		seen++
		return seen > since && r.Event == of && r.Callbacks != canaryCallbacks && match(r)
	})
}

// awaitRan waits until a deferred request has run, and returns the event that says so.
func (sp *spec) awaitRan(what string, id int) subject.Record {
	return sp.await(what, func(r subject.Record) bool { return r.Event == subject.Ran && r.ID == id })
}

// entryKind matches the entries of a kind in a peer's transcript.
func entryKind(k fakeserver.Kind) func(fakeserver.Entry) bool {
	return func(e fakeserver.Entry) bool { return e.Kind == k }
}

// received is what the peer has got of application data so far, as one.
func received(p *peer) string {
	var all []byte
	for _, e := range p.Transcript().Entries() {
		if e.Kind == fakeserver.Data && e.Side == fakeserver.Client {
			all = append(all, e.Data...)
		}
	}
	return string(all)
}
