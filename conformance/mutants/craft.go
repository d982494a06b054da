package mutants

import "github.com/sslconform/sslconform/conformance/subject"

// What most mutants are made of.

// records makes a mutant that changes records, one at a time: nothing but the record is needed to know what becomes of
// it.
func records(change func(subject.Record) []subject.Record) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer { return tamperer{record: change} }
}

// requests makes a mutant that changes requests, one at a time.
func requests(change func(subject.Request) []subject.Request) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer { return tamperer{request: change} }
}

// wraps remembers which original each wrapped socket was made of.
type wraps map[subject.Handle]subject.Handle

// wrapped makes a mutant that changes the events of wrapped sockets, given the original.
func wrapped(change func(r subject.Record, original subject.Handle) []subject.Record) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		originals := wraps{}
		return tamperer{request: originals.note, record: func(r subject.Record) []subject.Record {
			if original, is := originals[about(r)]; is && r.Event != "" {
				return change(r, original)
			}
			return []subject.Record{r}
		}}
	}
}

func (w wraps) note(r subject.Request) []subject.Request {
	if r.Op == subject.Wrap {
		w[r.As] = r.On
	}
	return []subject.Request{r}
}

// about is the object that an event is about.
func about(r subject.Record) subject.Handle {
	if r.Condition != nil {
		return r.Condition.Socket
	}
	return r.On
}
