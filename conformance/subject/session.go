package subject

import (
	"context"
	"errors"
	"sync"
)

// An Implementation is what an author in Go brings: its loop, and the operations in it. [NewSession] adds what is the
// same for all: turns, numbering, deferred operations.
type Implementation interface {
	// Turn runs f in the loop, where operations are allowed. It does not wait for f. After the loop's end it runs f all
	// the same, from anywhere: End may still be asked for.
	Turn(f func())
	// Perform performs an operation, in the loop. It returns [ErrUnsupported] for one that it does not offer; an
	// error that is no [*Error] is taken for an application's own. Throw needs nothing of it but that it is offered.
	Perform(r Request) (Result, error)
	// Sync calls f in the loop after two full poll-and-dispatch rounds.
	Sync(f func())
	// Finish is called in the loop and lets it end by itself, once nothing is left to do; then it calls f, from
	// anywhere, but not while a Turn runs. It returns [ErrUnsupported] if the loop cannot do that.
	Finish(f func()) error
	// End closes everything; when it returns, nothing of the session is left. It is called from outside the loop, and
	// may be called twice.
	End() error
}

// ErrUnsupported answers an operation that a subject does not offer.
var ErrUnsupported = &Error{Unsupported: true}

// ErrThrown is what a callback panics with that [Throw] was deferred to.
var ErrThrown = errors.New("the application throws an error in a callback")

var errNotInside = errors.New("there is no callback to throw an error in: defer it to one")

// A Reporter takes the events of an [Implementation].
type Reporter interface {
	// Report is called in the loop where a callback begins, with what it was called with; what was deferred to that
	// callback has run when it returns. If an error is to be thrown there, it panics with [ErrThrown] in place of
	// returning: that has to leave the callback.
	Report(event Record)
}

// NewSession makes a session of an implementation, which gets the reporter for the calls of its callbacks.
func NewSession(implement func(Reporter) (Implementation, error)) (Session, error) {
	s := &session{}
	var err error
	s.impl, err = implement(s)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// session: seq and deferred belong to the loop, and after its end to whatever runs turns then.
type session struct {
	impl     Implementation
	seq      int
	deferred []Request
	records  Queue
	ending   sync.WaitGroup
}

func (s *session) Next(ctx context.Context) (Record, error) { return s.records.Next(ctx) }

func (s *session) Perform(turn ...Request) error {
	s.impl.Turn(func() {
		for _, r := range turn {
			s.take(r)
		}
	})
	return nil
}

// take performs a request, or puts it off.
func (s *session) take(r Request) {
	switch {
	case r.Deferred():
		s.deferred = append(s.deferred, r)
		s.put(Record{ID: r.ID, Deferred: true})
	case r.Op == Sync:
		s.impl.Sync(func() { s.put(Record{ID: r.ID, OK: &Result{}}) })
	case r.Op == Finish:
		if err := s.impl.Finish(func() { s.put(Record{ID: r.ID, OK: &Result{}}) }); err != nil {
			s.put(Record{ID: r.ID, Error: asError(err)})
		}
	case r.Op == End:
		s.end(r)
	default:
		s.put(s.outcome(r))
	}
}

func (s *session) outcome(r Request) Record {
	result, err := s.impl.Perform(r)
	if err == nil && r.Op == Throw && !r.Deferred() {
		err = errNotInside
	}
	if err != nil {
		return Record{ID: r.ID, Error: asError(err)}
	}
	return Record{ID: r.ID, OK: &result}
}

func asError(err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return &Error{Condition: Condition{Message: err.Error()}}
}

func (s *session) put(r Record) {
	s.seq++
	r.Seq = s.seq
	s.records.Put(r)
}

// Report implements [Reporter].
func (s *session) Report(event Record) {
	s.put(event)
	thrown := false
	for _, r := range s.due(event) {
		ran := s.outcome(r)
		ran.Event = Ran
		s.put(ran)
		thrown = thrown || r.Op == Throw && ran.Error == nil
	}
	if thrown {
		panic(ErrThrown)
	}
}

// due takes what was deferred to the event's callback off the list, but for what runs every time.
func (s *session) due(event Record) []Request {
	object := event.On
	switch event.Event {
	case OnClose: // is called with nothing
		object = Handle(event.Callbacks)
	case OnEvent: // is called with a condition
		object = event.Condition.Socket
	}
	var due, rest []Request
	for _, r := range s.deferred {
		waited := r.WhenCallback == event.Event && r.WhenOn == object
		if waited {
			due = append(due, r)
		}
		if !waited || r.WhenEvery {
			rest = append(rest, r)
		}
	}
	s.deferred = rest
	return due
}

// end leaves the loop to end it: closing everything may still call callbacks, which the answer follows.
func (s *session) end(r Request) {
	s.ending.Go(func() {
		err := s.impl.End()
		answer := Record{ID: r.ID, OK: &Result{NeverRan: s.neverRan()}}
		if err != nil {
			answer = Record{ID: r.ID, Error: asError(err)}
		}
		s.put(answer)
		s.records.End(nil)
	})
}

func (s *session) neverRan() []int {
	var ids []int
	for _, r := range s.deferred {
		if !r.WhenEvery {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (s *session) Close() error {
	err := s.impl.End()
	s.ending.Wait()
	s.records.End(nil)
	return err
}
