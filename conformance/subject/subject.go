package subject

import (
	"context"
	"errors"
	"time"
)

// A Subject is an implementation of "wrap an asynchronous socket in TLS, in place".
type Subject interface {
	Info() Info
	// Open starts a session with an event loop of its own.
	Open(ctx context.Context) (Session, error)
}

// Isolating is a subject that can be several processes.
type Isolating interface {
	// OpenAlone is Open for a session that shares its process with no other.
	OpenAlone(ctx context.Context) (Session, error)
}

// Separable is a subject whose socket can be had without its TLS part: it declares [Separate].
type Separable interface {
	// OpenSeparate is OpenAlone for a session in a process where the TLS part is not loaded. All operations are there
	// but Wrap, which is answered with [ErrUnsupported].
	OpenSeparate(ctx context.Context) (Session, error)
}

// A Session is one event loop of a subject and what lives in it.
type Session interface {
	// Perform hands over requests that run in order in one turn of the loop: nothing else runs between them. It does
	// not wait for their answers.
	Perform(turn ...Request) error
	// Next returns the next record, waiting for it until ctx is done. After the answer to the End operation it
	// returns io.EOF; a session that broke returns what broke it, a [*Fault] if the driver is to blame.
	Next(ctx context.Context) (Record, error)
	// Close gives up on the session without asking its loop, and waits until nothing of it is left. After the answer
	// to End there is nothing left to give up.
	Close() error
}

// ErrGivenUp is what a session ends with that was given up, or that shared its process with one which was.
var ErrGivenUp = errors.New("the session was given up")

// Watched is a session in a process that has a terminal of its own, where nobody answers.
type Watched interface {
	// Terminal returns what was written there since the session was opened (the end of it, where that is long), and
	// when that began. An error says why it cannot be known.
	Terminal() (text string, at time.Time, err error)
}

// Logging is a session in a process that keeps a log for people.
type Logging interface {
	// Log returns what was written there since the session was opened: the end of it, where that is long.
	Log() []Said
}

// Said is a line of a log.
type Said struct {
	Time time.Time
	Text string
}

// A Fault is a breach of the contract by what carries the implementation (a driver's bad line, say), not by the
// implementation. No expectation excuses it.
type Fault struct {
	Reason string
}

func (f *Fault) Error() string { return "the driver is at fault: " + f.Reason }
