package mutants

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A tamperer changes what passes between the suite and a session, and between the session and the network. What it
// leaves nil passes as it is. Requests and records are changed one at a time; connections are used at any time, by
// whoever uses them.
type tamperer struct {
	// request returns what is performed in place of a request. Where that is nothing, the request is answered with ok
	// all the same.
	request func(subject.Request) []subject.Request
	// record returns what is reported in place of a record.
	record func(subject.Record) []subject.Record
	// conn returns what takes the place of a connection.
	conn func(*wire) net.Conn
}

// A tampering makes what breaks one session; inject reports a record out of turn, at any time.
type tampering func(inject func(subject.Record)) tamperer

// A Dial makes a connection.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

type mutated struct {
	mutant Mutant
	with   func(Dial) subject.Subject
}

func (m mutated) Info() subject.Info {
	info := m.with(nil).Info()
	info.Name += " with " + m.mutant.Name
	return info
}

func (m mutated) Open(ctx context.Context) (subject.Session, error) {
	return open(m.mutant.tamper, func(dial Dial) (subject.Session, error) { return m.with(dial).Open(ctx) })
}

func (m mutated) OpenSeparate(ctx context.Context) (subject.Session, error) {
	return open(m.mutant.separate, func(dial Dial) (subject.Session, error) {
		s, is := m.with(dial).(subject.Separable)
		if !is {
			return nil, fmt.Errorf("%s cannot open a session without its TLS part", m.with(nil).Info().Name)
		}
		return s.OpenSeparate(ctx)
	})
}

// open opens a session that is broken, if by anything.
func open(by tampering, with func(Dial) (subject.Session, error)) (subject.Session, error) {
	s := &session{}
	if by != nil {
		s.tamperer = by(s.inject)
	}
	opened, err := with(s.dial)
	if err != nil {
		return nil, err
	}
	s.Session = opened
	s.pump.Go(s.copy)
	return s, nil
}

// session hands on what its tamperer makes of requests and records, these numbered anew.
type session struct {
	subject.Session
	tamperer tamperer
	records  subject.Queue
	pump     sync.WaitGroup

	tampering sync.Mutex // one change at a time: a tamperer may remember what it saw

	mu  sync.Mutex
	seq int
}

func (s *session) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil || s.tamperer.conn == nil {
		return c, err
	}
	return s.tamperer.conn(&wire{Conn: c}), nil
}

// hidden is the id of requests that a tamperer makes up: their answers are not reported.
const hidden = 1 << 20

func (s *session) Perform(turn ...subject.Request) error {
	if s.tamperer.request == nil {
		return s.Session.Perform(turn...)
	}
	var performed []subject.Request
	for _, r := range turn {
		s.tampering.Lock()
		instead := s.tamperer.request(r)
		s.tampering.Unlock()
		if len(instead) == 0 {
			s.inject(answerTo(r))
		}
		performed = append(performed, instead...)
	}
	if len(performed) == 0 {
		return nil
	}
	return s.Session.Perform(performed...)
}

// answerTo is the answer to a request that is dropped.
func answerTo(r subject.Request) subject.Record {
	if r.Deferred() {
		return subject.Record{ID: r.ID, Deferred: true}
	}
	return subject.Record{ID: r.ID, OK: &subject.Result{}}
}

// copy hands on what the session reports, changed.
func (s *session) copy() {
	for {
		r, err := s.Session.Next(context.Background())
		if err != nil {
			s.records.End(err)
			return
		}
		if r.ID >= hidden {
			continue
		}
		if s.tamperer.record == nil {
			s.inject(r)
			continue
		}
		s.tampering.Lock()
		instead := s.tamperer.record(own(r))
		s.tampering.Unlock()
		for _, r := range instead {
			s.inject(r)
		}
	}
}

// own is a record that may be changed: whoever reported it may still look at what it points to.
func own(r subject.Record) subject.Record {
	r.OK, r.Error, r.Condition = clone(r.OK), clone(r.Error), clone(r.Condition)
	return r
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// inject reports a record, now.
func (s *session) inject(r subject.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	r.Seq = s.seq
	s.records.Put(r)
}

func (s *session) Next(ctx context.Context) (subject.Record, error) { return s.records.Next(ctx) }

func (s *session) Close() error {
	err := s.Session.Close()
	s.pump.Wait()
	return err
}
