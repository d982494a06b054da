package driver

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A question is a request that was sent and may still be answered, or run.
type question struct {
	request request
	session *session    // nil for what is asked of the process
	reply   chan record // for what is asked of the process
	waits   bool        // the operation is deferred and the driver has said so
}

// key is what a question is known by: its session's name, empty for none, and its id.
type key struct {
	session string
	id      int
}

func (q *question) key() key { return key{q.request.Session, q.request.ID} }

// dispatch takes a line to whom it concerns. It is called with mu held; an error is a breach of the protocol.
func (p *process) dispatch(line record) error {
	if line.Seq == 0 {
		return fmt.Errorf("a line has no \"seq\" where %d was due", p.lastSeq+1)
	}
	if line.Seq != p.lastSeq+1 {
		return fmt.Errorf("a line has the number %d where %d was due: one was lost, or they came out of order", line.Seq, p.lastSeq+1)
	}
	p.lastSeq = line.Seq
	if p.spoilt && line.Session != "" && p.sessions[line.Session] == nil && !p.held[line.Session] {
		return p.stray()
	}
	switch {
	case line.Event == "":
		return p.answer(line)
	case line.Event == subject.Ran:
		return p.ran(line)
	}
	s, known := p.sessions[line.Session]
	if !known {
		return fmt.Errorf("an event of the session %q, which is not open: nothing may follow the answer to end", line.Session)
	}
	if err := checkEvent(line.Record); err != nil {
		return err
	}
	return s.put(line.Record)
}

func checkEvent(r subject.Record) error {
	switch r.Event {
	case subject.OnConnect, subject.OnRead, subject.OnWrite, subject.OnClose:
		return nil
	case subject.OnEvent:
		if r.Condition == nil {
			return fmt.Errorf("an event callback was called with no \"condition\"")
		}
		return r.Condition.Check()
	default:
		return fmt.Errorf("there is no event %q: use one of connect, read, write, event, close, ran", r.Event)
	}
}

// What may come for nothing: bytes of a session that nobody has read yet, and lines of sessions that were given up.
const (
	mostUnread = 64 << 20
	mostStrays = 10_000
)

// put hands a record to the session, which must not be flooded.
func (s *session) put(r subject.Record) error {
	s.records.Put(r)
	if s.records.Unread() > mostUnread {
		return fmt.Errorf("it floods the suite: of the session %q, more than %d MiB have not been read yet, and there is no end to it", s.name, mostUnread>>20)
	}
	return nil
}

// stray is called for a line of a session that was given up.
func (p *process) stray() error {
	if p.strays++; p.strays > mostStrays {
		return fmt.Errorf("%w, and wrote %d more lines", subject.ErrGivenUp, mostStrays)
	}
	return nil
}

func (p *process) answer(line record) error {
	q, known := p.asked[key{line.Session, line.ID}]
	switch {
	case !known || q.waits:
		return fmt.Errorf("an answer to %s, which was not made, or is answered already", which(line))
	case line.Deferred != q.request.Deferred() && line.Error == nil:
		return fmt.Errorf("%s (%s) was answered as if it were%s deferred", which(line), q.request, not(line.Deferred))
	case line.Deferred:
		q.waits = true
		return p.deliver(q, line)
	}
	delete(p.asked, q.key())
	if q.reply != nil {
		q.reply <- line
		return nil
	}
	return p.deliver(q, line)
}

func not(is bool) string {
	if is {
		return ""
	}
	return " not"
}

func (p *process) ran(line record) error {
	q, known := p.asked[key{line.Session, line.ID}]
	if !known || !q.waits {
		return fmt.Errorf("%s is said to have run, but it was not deferred, or has run already", which(line))
	}
	if !q.request.WhenEvery {
		delete(p.asked, q.key())
	}
	return p.deliver(q, line)
}

// deliver hands an answer to the session that asked.
func (p *process) deliver(q *question, line record) error {
	r := line.Record
	if line.OK != nil {
		r.OK = new(subject.Result)
		if err := decode(line.OK, r.OK); err != nil {
			return fmt.Errorf("the result of %s (%s) is not as it should be: %w", which(line), q.request, err)
		}
	}
	if r.OK != nil && q.request.Op == subject.Closed && r.OK.Closed == nil {
		return fmt.Errorf("%s (%s) needs \"closed\", be it false, for its result", which(line), q.request)
	}
	if !r.Deferred && (r.OK == nil) == (r.Error == nil) {
		return fmt.Errorf("%s (%s) needs either an \"ok\" or an \"error\" for an answer", which(line), q.request)
	}
	if r.Error != nil {
		if err := r.Error.Check(); err != nil {
			return err
		}
	}
	if err := q.session.put(r); err != nil {
		return err
	}
	if q.request.Op == subject.End {
		delete(p.sessions, q.session.name)
		q.session.records.End(nil)
	}
	return nil
}

// which names the request that a line is about.
func which(line record) string {
	if line.Session == "" {
		return fmt.Sprintf("the request %d", line.ID)
	}
	return fmt.Sprintf("the request %d of the session %q", line.ID, line.Session)
}

func fault(format string, a ...any) error {
	return &subject.Fault{Reason: fmt.Sprintf(format, a...)}
}
