package mutants

import (
	"context"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A tamperer changes what passes between the suite and a session.
type tamperer struct {
	// request sees each request before it is performed; nil for nothing.
	request func(subject.Request)
	// record returns what is reported in place of a record.
	record func(subject.Record) []subject.Record
}

type mutated struct {
	subject.Subject
	mutant Mutant
}

func (m mutated) Info() subject.Info {
	info := m.Subject.Info()
	info.Name += " with " + m.mutant.Name
	return info
}

func (m mutated) Open(ctx context.Context) (subject.Session, error) {
	s, err := m.Subject.Open(ctx)
	if err != nil {
		return nil, err
	}
	return &session{Session: s, tamperer: m.mutant.tamper()}, nil
}

// session hands on what its tamperer makes of the records, numbered anew.
type session struct {
	subject.Session
	tamperer tamperer
	pending  []subject.Record
	seq      int
}

func (s *session) Perform(turn ...subject.Request) error {
	if s.tamperer.request != nil {
		for _, r := range turn {
			s.tamperer.request(r)
		}
	}
	return s.Session.Perform(turn...)
}

func (s *session) Next(ctx context.Context) (subject.Record, error) {
	for len(s.pending) == 0 {
		r, err := s.Session.Next(ctx)
		if err != nil {
			return r, err
		}
		s.pending = s.tamperer.record(r)
	}
	r := s.pending[0]
	s.pending = s.pending[1:]
	s.seq++
	r.Seq = s.seq
	return r, nil
}
