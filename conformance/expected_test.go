package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// mute answers nothing but sync, and not even that once its loop has stopped.
type mute struct {
	idle
	stops bool
}

func (m mute) Open(context.Context) (subject.Session, error) {
	return &muteSession{stops: m.stops}, nil
}

type muteSession struct {
	stops   bool
	records subject.Queue
}

func (s *muteSession) Perform(turn ...subject.Request) error {
	for _, r := range turn {
		if r.Op == subject.Sync && !s.stops {
			s.records.Put(subject.Record{ID: r.ID, OK: &subject.Result{}})
		}
	}
	return nil
}

func (s *muteSession) Next(ctx context.Context) (subject.Record, error) { return s.records.Next(ctx) }
func (s *muteSession) Close() error                                     { return nil }

// An operation without an answer is never expected, but for a wrap whose handshake has no end while the loop goes on.
func TestUnanswered(t *testing.T) {
	for _, test := range []struct {
		name    string
		stops   bool
		request subject.Request
		fatal   bool
	}{
		{"a wrap", false, subject.Request{Op: subject.Wrap, On: plain, As: wrapped}, false},
		{"a wrap that stops the loop", true, subject.Request{Op: subject.Wrap, On: plain, As: wrapped}, true},
		{"a write", false, write(plain, "hello"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &suite{catalogue: newCatalogue(), subject: mute{stops: test.stops},
				options: Options{Patience: 100 * time.Millisecond, Again: func(...string) string { return "" }}}
			sp := s.newSpec(t.Context(), &entry{body: func(sp *spec) { sp.do(test.request) }})
			if failure := sp.attempt(sp.perform); failure == "" || sp.outcome().Fatal != test.fatal {
				t.Errorf("fatal: %v, want %v; the failure is %q", sp.outcome().Fatal, test.fatal, failure)
			}
		})
	}
}
