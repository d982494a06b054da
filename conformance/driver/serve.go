package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
)

// Serve puts a subject at the other end of the protocol: it performs the requests that come in and writes what the
// subject reports, until in ends or ctx is done. An error says what was wrong with a request, or with out.
func Serve(ctx context.Context, s subject.Subject, in io.Reader, out io.Writer) error {
	v := &server{subject: s, out: out, sessions: make(map[string]*served)}
	r := newReader(in)
	for {
		var q request
		line, err := readLine(r, &q)
		if err == nil {
			err = v.take(ctx, q)
		}
		switch {
		case err == io.EOF:
			return v.close()
		case err != nil:
			return errors.Join(fmt.Errorf("%w: %s", err, line), v.close())
		}
	}
}

// server: mu guards the numbering and the order of lines, and those that are not out yet.
type server struct {
	subject  subject.Subject
	sessions map[string]*served
	pumps    sync.WaitGroup

	mu  sync.Mutex
	out io.Writer
	seq int
	due []byte
}

// served is a session, and the turn that is being collected for it.
type served struct {
	subject.Session
	turn []subject.Request
}

func (v *server) take(ctx context.Context, q request) error {
	switch q.Op {
	case opHello:
		return v.hello(q)
	case opOpen:
		return v.open(ctx, q)
	}
	s, known := v.sessions[q.Session]
	if !known {
		return fmt.Errorf("request %d is for the session %q, which is not open", q.ID, q.Session)
	}
	s.turn = append(s.turn, q.Request)
	if q.More {
		return nil
	}
	turn := s.turn
	s.turn = nil
	if q.Op == subject.End {
		delete(v.sessions, q.Session)
	}
	return s.Perform(turn...)
}

func (v *server) hello(q request) error {
	if q.Protocol != Protocol {
		return fmt.Errorf("the suite speaks version %d of the protocol, this driver version %d", q.Protocol, Protocol)
	}
	return errors.Join(
		v.write(record{Record: subject.Record{ID: q.ID}}, introduction{Info: v.subject.Info(), Sessions: true}),
		v.flush())
}

func (v *server) open(ctx context.Context, q request) error {
	open := v.subject.Open
	if q.Separate {
		s, is := v.subject.(subject.Separable)
		if !is {
			return v.report(q.Session, subject.Record{ID: q.ID, Error: subject.ErrUnsupported})
		}
		open = s.OpenSeparate
	}
	s, err := open(ctx)
	if err != nil {
		return fmt.Errorf("open the session %q: %w", q.Session, err)
	}
	v.sessions[q.Session] = &served{Session: s}
	err = v.report(q.Session, subject.Record{ID: q.ID, OK: &subject.Result{}})
	v.pumps.Go(func() {
		for r, err := v.next(ctx, s); err == nil; r, err = v.next(ctx, s) {
			v.put(q.Session, r)
		}
		v.flush()
		s.Close()
	})
	return err
}

// next is the next record of a session. What was reported before is out when there is none to be had at once: of many
// that come together each does not cost a system call, and no one waits for another.
func (v *server) next(ctx context.Context, s subject.Session) (subject.Record, error) {
	r, err := s.Next(atOnce)
	if err != atOnce.Err() {
		return r, err
	}
	v.flush()
	return s.Next(ctx)
}

// atOnce is for what is not waited for.
var atOnce = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (v *server) report(session string, r subject.Record) error {
	return errors.Join(v.put(session, r), v.flush())
}

func (v *server) put(session string, r subject.Record) error {
	line := record{Record: r, Session: session}
	if r.OK == nil {
		return v.write(line, nil)
	}
	return v.write(line, r.OK)
}

func (v *server) flush() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.flushDue()
}

func (v *server) flushDue() error {
	_, err := v.out.Write(v.due)
	v.due = v.due[:0]
	return err
}

// write numbers a line and writes it; it is out with the next flush.
func (v *server) write(line record, ok any) error {
	if ok != nil {
		var err error
		if line.OK, err = json.Marshal(ok); err != nil {
			return fmt.Errorf("encode a result: %w", err)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seq++
	line.Seq = v.seq
	encoded, err := encodeLine(line)
	if err != nil {
		return err
	}
	if v.due = append(v.due, encoded...); len(v.due) > enoughDue {
		return v.flushDue()
	}
	return nil
}

// enoughDue is how many bytes of lines are written at once, at least, where more come together.
const enoughDue = 32 << 10

func (v *server) close() error {
	var errs []error
	for _, s := range v.sessions {
		errs = append(errs, s.Close())
	}
	v.pumps.Wait()
	return errors.Join(errs...)
}
