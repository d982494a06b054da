package subject_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sslconform/sslconform/conformance/subject"
)

// scripted is an implementation without a network: close calls the close-cb, write calls the read callback.
type scripted struct {
	events subject.Reporter
	turns  chan func()
	over   chan struct{}

	endless  bool   // it cannot end by itself
	finished func() // is to be called when it has
}

func open(t *testing.T) subject.Session {
	t.Helper()
	return openThat(t, scripted{})
}

func openThat(t *testing.T, script scripted) subject.Session {
	t.Helper()
	s, err := subject.NewSession(func(events subject.Reporter) (subject.Implementation, error) {
		i := &script
		i.events, i.turns, i.over = events, make(chan func()), make(chan struct{})
		go func() {
			defer close(i.over)
			for f := range i.turns {
				f()
				if i.finished != nil {
					i.finished()
					i.finished = nil
				}
			}
		}()
		return i, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (i *scripted) Turn(f func()) { i.turns <- f }
func (i *scripted) Sync(f func()) { f() }

func (i *scripted) Finish(f func()) error {
	if i.endless {
		return subject.ErrUnsupported
	}
	i.finished = f
	return nil
}

func (i *scripted) End() error {
	select {
	case <-i.over:
	default:
		close(i.turns)
		<-i.over
	}
	return nil
}

func (i *scripted) Perform(r subject.Request) (subject.Result, error) {
	switch r.Op {
	case subject.Write:
		i.call(subject.Record{Event: subject.OnRead, On: r.On, Data: r.Data})
	case subject.Throw:
	case subject.Close:
		i.events.Report(subject.Record{Event: subject.OnClose, Callbacks: "C"})
	case subject.Closed:
		return subject.Result{}, errors.New("out of order")
	default:
		return subject.Result{}, subject.ErrUnsupported
	}
	return subject.Result{}, nil
}

// call calls a callback, and hands on what it throws.
func (i *scripted) call(event subject.Record) {
	defer func() {
		if thrown := recover(); thrown != nil {
			i.events.Report(subject.Record{Event: subject.OnEvent, Condition: &subject.Condition{Message: fmt.Sprint(thrown)}})
		}
	}()
	i.events.Report(event)
}

// records performs turns and returns what was reported until the answer to the last request.
func records(t *testing.T, s subject.Session, turns ...[]subject.Request) []subject.Record {
	t.Helper()
	last := 0
	for _, turn := range turns {
		if err := s.Perform(turn...); err != nil {
			t.Fatal(err)
		}
		last = turn[len(turn)-1].ID
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var all []subject.Record
	for {
		r, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("after %v: %v", all, err)
		}
		all = append(all, r)
		if r.Event == "" && r.ID == last {
			return all
		}
	}
}

func diff(t *testing.T, want, got []subject.Record) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(subject.Record{}, "Time")); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
}

func ok() *subject.Result { return &subject.Result{} }

func TestAnEventBeginsBeforeItsOperationReturns(t *testing.T) {
	got := records(t, open(t), []subject.Request{{ID: 7, Op: subject.Close, On: "x"}})
	diff(t, []subject.Record{
		{Seq: 1, Event: subject.OnClose, Callbacks: "C"},
		{Seq: 2, ID: 7, OK: ok()},
	}, got)
}

func TestErrorsOfOperations(t *testing.T) {
	got := records(t, open(t), []subject.Request{{ID: 1, Op: "fly"}, {ID: 2, Op: subject.Closed}})
	diff(t, []subject.Record{
		{Seq: 1, ID: 1, Error: &subject.Error{Unsupported: true}},
		{Seq: 2, ID: 2, Error: &subject.Error{Condition: subject.Condition{Message: "out of order"}}},
	}, got)
}

// What is deferred runs inside the callback, in order, once, and what it causes comes before its outcome.
func TestDeferredOperations(t *testing.T) {
	got := records(t, open(t),
		[]subject.Request{{ID: 1, Op: subject.Close, On: "x", WhenOn: "x", WhenCallback: subject.OnRead}},
		[]subject.Request{{ID: 2, Op: "fly", WhenOn: "C", WhenCallback: subject.OnClose, WhenEvery: true}},
		[]subject.Request{{ID: 3, Op: subject.Write, On: "other"}, {ID: 4, Op: subject.Write, On: "x"}, {ID: 5, Op: subject.Write, On: "x"}},
	)
	unsupported := &subject.Error{Unsupported: true}
	diff(t, []subject.Record{
		{Seq: 1, ID: 1, Deferred: true},
		{Seq: 2, ID: 2, Deferred: true},
		{Seq: 3, Event: subject.OnRead, On: "other"},
		{Seq: 4, ID: 3, OK: ok()},
		{Seq: 5, Event: subject.OnRead, On: "x"},
		{Seq: 6, Event: subject.OnClose, Callbacks: "C"},
		{Seq: 7, Event: subject.Ran, ID: 2, Error: unsupported},
		{Seq: 8, Event: subject.Ran, ID: 1, OK: ok()},
		{Seq: 9, ID: 4, OK: ok()},
		{Seq: 10, Event: subject.OnRead, On: "x"},
		{Seq: 11, ID: 5, OK: ok()},
	}, got)
}

// What is thrown leaves the callback behind all that was deferred to it, once; elsewhere there is nothing to leave.
func TestThrow(t *testing.T) {
	throw := subject.Request{ID: 1, Op: subject.Throw, WhenOn: "x", WhenCallback: subject.OnRead}
	got := records(t, open(t),
		[]subject.Request{throw, {ID: 2, Op: subject.Close, WhenOn: "x", WhenCallback: subject.OnRead}},
		[]subject.Request{{ID: 3, Op: subject.Write, On: "x"}, {ID: 4, Op: subject.Write, On: "x"}, {ID: 5, Op: subject.Throw}},
	)
	diff(t, []subject.Record{
		{Seq: 1, ID: 1, Deferred: true},
		{Seq: 2, ID: 2, Deferred: true},
		{Seq: 3, Event: subject.OnRead, On: "x"},
		{Seq: 4, Event: subject.Ran, ID: 1, OK: ok()},
		{Seq: 5, Event: subject.OnClose, Callbacks: "C"},
		{Seq: 6, Event: subject.Ran, ID: 2, OK: ok()},
		{Seq: 7, Event: subject.OnEvent, Condition: &subject.Condition{Message: subject.ErrThrown.Error()}},
		{Seq: 8, ID: 3, OK: ok()},
		{Seq: 9, Event: subject.OnRead, On: "x"},
		{Seq: 10, ID: 4, OK: ok()},
		{Seq: 11, ID: 5, Error: &subject.Error{Condition: subject.Condition{Message: "there is no callback to throw an error in: defer it to one"}}},
	}, got)
}

func TestEndTellsWhatNeverRan(t *testing.T) {
	s := open(t)
	got := records(t, s,
		[]subject.Request{
			{ID: 1, Op: subject.Close, WhenOn: "x", WhenCallback: subject.OnRead},
			{ID: 2, Op: subject.Close, WhenOn: "x", WhenCallback: subject.OnRead, WhenEvery: true},
		},
		[]subject.Request{{ID: 3, Op: subject.End}})
	diff(t, []subject.Record{{Seq: 3, ID: 3, OK: &subject.Result{NeverRan: []int{1}}}}, got[2:])
	if _, err := s.Next(t.Context()); err != io.EOF {
		t.Errorf("after the end: %v, want io.EOF", err)
	}
}

// Finish is answered late, and End can follow it; a loop that does not end by itself says so at once.
func TestFinish(t *testing.T) {
	turns := [][]subject.Request{{{ID: 1, Op: subject.Finish}}, {{ID: 2, Op: subject.End}}}
	diff(t, []subject.Record{{Seq: 1, ID: 1, OK: ok()}, {Seq: 2, ID: 2, OK: ok()}}, records(t, open(t), turns...))
	diff(t, []subject.Record{{Seq: 1, ID: 1, Error: &subject.Error{Unsupported: true}}, {Seq: 2, ID: 2, OK: ok()}},
		records(t, openThat(t, scripted{endless: true}), turns...))
}

func TestNextEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t).Next(ctx); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestInfoCheck(t *testing.T) {
	good := subject.Info{Name: "acme", Capabilities: []subject.Capability{subject.TLS13, subject.Stream}}
	if err := good.Check(); err != nil {
		t.Errorf("a good one: %v", err)
	}
	for name, info := range map[string]subject.Info{
		"no name":            {Capabilities: []subject.Capability{subject.TLS13}},
		"unknown capability": {Name: "acme", Capabilities: []subject.Capability{subject.TLS13, "teleport"}},
		"one given twice":    {Name: "acme", Capabilities: []subject.Capability{subject.TLS13, subject.TLS13}},
		"no version of TLS":  {Name: "acme", Capabilities: []subject.Capability{subject.Stream}},
	} {
		if info.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
