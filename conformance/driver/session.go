package driver

import (
	"context"
	"fmt"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A session is one of a driver's process.
type session struct {
	process *process
	name    string
	alone   bool // the process was started for this session
	opened  time.Time
	records subject.Queue
}

// opening is the id of the request that opens a session.
const opening = 1

func (p *process) newSession(alone bool) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened++
	s := &session{process: p, name: fmt.Sprintf("s%d", p.opened), alone: alone, opened: time.Now()}
	p.sessions[s.name] = s
	p.held[s.name] = true
	return s
}

func (p *process) usable() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broke == nil && !p.spoilt
}

// ask puts a question to the process itself.
func (p *process) ask(ctx context.Context, r request, patience time.Duration) (record, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	reply := make(chan record, 1)
	r.ID = opening
	if err := p.send(&question{request: r, reply: reply}); err != nil {
		return record{}, err
	}
	select {
	case line, answered := <-reply:
		if !answered {
			p.mu.Lock()
			defer p.mu.Unlock()
			return record{}, p.broke
		}
		return line, nil
	case <-ctx.Done():
		return record{}, fmt.Errorf("no answer to %s within %v%s", r.Op, patience, p.words())
	}
}

// send writes questions in one go, so that those of a turn stay together.
func (p *process) send(questions ...*question) error {
	lines, err := p.note(questions)
	if err != nil {
		return err
	}
	p.in.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if _, err := p.in.Write(lines); err != nil {
		return p.unwritten(err)
	}
	return nil
}

// unwritten says why the driver takes no requests: mostly because it has ended, which is better said so.
func (p *process) unwritten(err error) error {
	select {
	case <-p.gone:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.broke
	case <-time.After(2 * grace):
		return fmt.Errorf("the driver does not read its standard input: %w", err)
	}
}

// note remembers questions, and puts them into lines.
func (p *process) note(questions []*question) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.broke != nil:
		return nil, p.broke
	case p.stuck:
		return nil, subject.ErrGivenUp
	}
	var lines []byte
	for _, q := range questions {
		line, err := encodeRequest(q.request)
		if err != nil {
			return nil, err
		}
		p.asked[q.key()] = q
		lines = append(lines, line...)
	}
	return lines, nil
}

func (s *session) Perform(turn ...subject.Request) error {
	questions := make([]*question, len(turn))
	for n, r := range requestsOf(s.name, turn) {
		questions[n] = &question{request: r, session: s}
	}
	return s.process.send(questions...)
}

// requestsOf are the requests of a turn in a session.
func requestsOf(session string, turn []subject.Request) []request {
	requests := make([]request, len(turn))
	for n, r := range turn {
		requests[n] = request{Request: r, Session: session, More: n < len(turn)-1}
	}
	return requests
}

// Lines are what a driver is sent that opens a session and performs turns in it.
func Lines(turns ...[]subject.Request) ([]byte, error) {
	const session = "s1"
	requests := []request{
		{Request: subject.Request{ID: opening, Op: opHello}, Protocol: Protocol},
		{Request: subject.Request{ID: opening, Op: opOpen}, Session: session},
	}
	for _, turn := range turns {
		requests = append(requests, requestsOf(session, turn)...)
	}
	var lines []byte
	for _, r := range requests {
		line, err := encodeRequest(r)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line...)
	}
	return lines, nil
}

func (s *session) Next(ctx context.Context) (subject.Record, error) { return s.records.Next(ctx) }

// Terminal implements [subject.Watched].
func (s *session) Terminal() (text string, at time.Time, err error) {
	return s.process.terminal.since(s.opened)
}

// Log implements [subject.Logging].
func (s *session) Log() []subject.Said { return s.process.log.lines(s.opened) }

// Close ends the process if it was for this session alone. A session that did not end as it should spoils its process:
// it takes no new one, and is killed when the others that it holds have been closed. If it owed the session an answer,
// it may owe it for ever, and no other one is asked anything any more.
func (s *session) Close() error {
	switch spoilt, last := s.leave(); {
	case spoilt && last:
		s.process.fail(subject.ErrGivenUp)
		s.process.kill()
		return nil
	case s.alone:
		return s.process.stop()
	default:
		return nil
	}
}

// leave tells whether the process is spoilt, and whether the session was the last one in it.
func (s *session) leave() (spoilt, last bool) {
	p := s.process
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, open := p.sessions[s.name]; open {
		p.spoilt = true
		p.stuck = p.stuck || p.owes(s)
		s.records.End(subject.ErrGivenUp)
	}
	delete(p.sessions, s.name)
	delete(p.held, s.name)
	return p.spoilt, len(p.held) == 0
}

// owes tells whether a session has not got all its answers.
func (p *process) owes(s *session) bool {
	for _, q := range p.asked {
		if q.session == s && !q.waits {
			return true
		}
	}
	return false
}
