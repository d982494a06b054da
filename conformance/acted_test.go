package conformance

import (
	"context"

	"github.com/sslconform/sslconform/conformance/subject"
)

// An acted subject is a function of what it is asked: it answers by records, at once or later.
type acted func(answer func(subject.Record), r subject.Request)

func (acted) Info() subject.Info { return subject.Info{Name: "acted"} }

func (a acted) Open(context.Context) (subject.Session, error) { return &actedSession{acted: a}, nil }

type actedSession struct {
	acted
	records subject.Queue
}

func (s *actedSession) Perform(turn ...subject.Request) error {
	for _, r := range turn {
		s.acted(s.records.Put, r)
	}
	return nil
}

func (s *actedSession) Next(ctx context.Context) (subject.Record, error) { return s.records.Next(ctx) }
func (s *actedSession) Close() error                                     { return nil }

// suiteOf is a suite that judges a subject, on a machine that is quiet.
func suiteOf(of subject.Subject) *suite {
	return &suite{catalogue: newCatalogue(), subject: of, noise: &noise{},
		options: Options{Patience: DefaultPatience, Again: func(...string) string { return "" }}}
}
