package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
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
func (sp *spec) history(since int) []line { return history(sp.events(since)) }

func history(events []subject.Record) []line {
	var history []line
	events = slices.DeleteFunc(events, func(r subject.Record) bool { return r.Event == subject.OnWrite })
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

// handed is what read callbacks were handed since a record, as one: those that were called with some object, or all.
func (sp *spec) handed(since int, with ...subject.Handle) string {
	var all strings.Builder
	for _, r := range sp.events(since, subject.OnRead) {
		if len(with) == 0 || slices.Contains(with, r.On) {
			all.Write(r.Data)
		}
	}
	return all.String()
}

// conditions are the names of those that event callbacks were called with since a record.
func (sp *spec) conditions(since int) []line {
	var names []line
	for _, r := range sp.events(since, subject.OnEvent) {
		names = append(names, line(r.Condition.Name()))
	}
	return names
}

// closings are the calls of close-cb since a record; what it was called with is close/explicit's.
func (sp *spec) closings(since int) []line {
	var calls []line
	for _, r := range sp.events(since, subject.OnClose) {
		calls = append(calls, line("close-cb "+string(r.Callbacks)))
	}
	return calls
}

// happened tells whoever watches the run.
func (sp *spec) happened(moments verdict.Timeline) {
	for _, m := range moments {
		if sp.isWatched() {
			sp.suite.options.Event(sp.name(), m)
		}
	}
}

// isWatched tells whether somebody watches the run of the spec; what runs beside specs is none.
func (sp *spec) isWatched() bool { return sp.suite.options.Event != nil && sp.clause.ID != "" }
