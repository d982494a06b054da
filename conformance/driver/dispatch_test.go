package driver

import (
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/subject"
)

// Events break a session that come without end; how many there are does not matter where they are read.
func TestFlood(t *testing.T) {
	s := &session{name: "s1"}
	p := &process{sessions: map[string]*session{s.name: s}}
	event := record{Session: s.name, Record: subject.Record{Event: subject.OnRead, On: "x", Callbacks: "A", Data: make([]byte, 1<<20)}}
	for range 1000 {
		event.Seq++
		if err := p.dispatch(event); err != nil {
			t.Fatalf("event %d: %v", event.Seq, err)
		}
		if _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for before := event.Seq; ; {
		event.Seq++
		err := p.dispatch(event)
		if err == nil && event.Seq-before < 100 {
			continue
		}
		if n := event.Seq - before; n != 64 || !strings.Contains(err.Error(), `it floods the suite: of the session "s1", more than 64 MiB`) {
			t.Errorf("%d events that nobody reads: %v", n, err)
		}
		return
	}
}

// What a spec asks for is in the answer: a socket is not closed for want of a word.
func TestClosedIsAnswered(t *testing.T) {
	s := &session{name: "s1"}
	asked := &question{request: request{Session: s.name, Request: subject.Request{ID: 2, Op: subject.Closed, On: "x"}}, session: s}
	p := &process{sessions: map[string]*session{s.name: s}, asked: map[key]*question{asked.key(): asked}}
	err := p.dispatch(record{Session: s.name, Record: subject.Record{Seq: 1, ID: 2}, OK: []byte("{}")})
	if want := `(closed x) needs "closed", be it false, for its result`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want …%s", err, want)
	}
}
