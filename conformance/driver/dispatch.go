package driver

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A question is a request that was sent and may still be answered, or run.
type question struct {
	request request
	session *session    // nil for what is asked of the process
	id      int         // the request's in its session
	reply   chan record // for what is asked of the process
	waits   bool        // the operation is deferred and the driver has said so
}

// dispatch takes a line to whom it concerns. It is called with mu held; a breach of the protocol is an error.
func (p *process) dispatch(line record) error {
	if line.Seq != p.lastSeq+1 {
		return fault("a line has the number %d where %d was due: one was lost, or they came out of order", line.Seq, p.lastSeq+1)
	}
	p.lastSeq = line.Seq
	switch {
	case line.Event == "":
		return p.answer(line)
	case line.Event == subject.Ran:
		return p.ran(line)
	}
	s, known := p.sessions[line.Session]
	if !known {
		return fault("an event of the session %q, which is not open: nothing may follow the answer to end", line.Session)
	}
	s.records.Put(line.Record)
	return nil
}

func (p *process) answer(line record) error {
	q, known := p.asked[line.ID]
	switch {
	case !known || q.waits:
		return fault("an answer to the request %d, which was not made, or is answered already", line.ID)
	case line.Deferred != q.request.Deferred() && line.Error == nil:
		return fault("the request %d (%s) was answered as if it were%s deferred", line.ID, q.request, not(line.Deferred))
	case line.Deferred:
		q.waits = true
		return p.deliver(q, line)
	}
	delete(p.asked, line.ID)
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
	q, known := p.asked[line.ID]
	if !known || !q.waits {
		return fault("the deferred request %d is said to have run, but it was not made, or has run already", line.ID)
	}
	if !q.request.WhenEvery {
		delete(p.asked, line.ID)
	}
	return p.deliver(q, line)
}

// deliver hands an answer to the session that asked, under the number that the session knows.
func (p *process) deliver(q *question, line record) error {
	if line.Session != q.session.name {
		return fault("the answer to the request %d is of the session %q, which did not ask", line.ID, line.Session)
	}
	r := line.Record
	r.ID = q.id
	if line.OK != nil {
		r.OK = new(subject.Result)
		if err := decode(line.OK, r.OK); err != nil {
			return fault("the result of the request %d (%s) is not one: %v: %s", line.ID, q.request, err, line.OK)
		}
	}
	if !r.Deferred && (r.OK == nil) == (r.Error == nil) {
		return fault("the request %d (%s) needs either an \"ok\" or an \"error\" for an answer", line.ID, q.request)
	}
	q.session.records.Put(r)
	if q.request.Op == subject.End {
		delete(p.sessions, q.session.name)
		q.session.records.End(nil)
	}
	return nil
}

func fault(format string, a ...any) error {
	return &subject.Fault{Reason: fmt.Sprintf(format, a...)}
}
