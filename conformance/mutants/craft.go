package mutants

import (
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What most mutants are made of: changes of requests and of records, one at a time.

// requests makes a mutant that changes requests.
func requests(change func(subject.Request) []subject.Request) tampering {
	return func(func(subject.Record)) tamperer { return tamperer{request: change} }
}

// wrapRequests makes a mutant that changes what wraps are told.
func wrapRequests(change func(q *subject.Request)) tampering {
	return requests(func(q subject.Request) []subject.Request {
		if q.Op == subject.Wrap {
			change(&q)
		}
		return []subject.Request{q}
	})
}

// onWrapped makes a mutant that changes requests on what a wrap returned, given the original.
func onWrapped(change func(q subject.Request, original subject.Handle) []subject.Request) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.onWrapped(change)}
	}
}

// records makes a mutant that changes records.
func records(change func(subject.Record) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer { return tamperer{record: change} }
}

// outcomes makes a mutant that changes what becomes of requests: their answers, and the events that tell of those that
// were deferred.
func outcomes(change func(q subject.Request, r subject.Record) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			if q, is := asked.outcome(r); is {
				return change(q, r)
			}
			return []subject.Record{r}
		}}
	}
}

// wrapped makes a mutant that changes the events of wrapped sockets, given the original.
func wrapped(change func(r subject.Record, original subject.Handle) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			if original, is := asked.original(about(r)); is && r.Event != "" {
				return change(r, original)
			}
			return []subject.Record{r}
		}}
	}
}

// wrappedStreams is wrapped for the sockets of streams.
func wrappedStreams(change func(r subject.Record, original subject.Handle) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			wrap, is := asked.last(func(q subject.Request) bool {
				return q.Op == subject.Wrap && subject.SocketOf(q.As) == about(r)
			})
			if is && r.Event != "" {
				return change(r, subject.SocketOf(wrap.On))
			}
			return []subject.Record{r}
		}}
	}
}

// about is the object that an event is about.
func about(r subject.Record) subject.Handle {
	if r.Condition != nil {
		return r.Condition.Socket
	}
	return r.On
}

// asked remembers the requests of a session, for whoever has to know what a record is about: the last ones, so that a
// mutant does not leak where that is not what it is about.
type asked struct{ requests []subject.Request }

func (a *asked) note(q subject.Request) []subject.Request {
	const most = 1 << 10
	a.requests = append(a.requests, q)
	if len(a.requests) > most {
		a.requests = a.requests[1:]
	}
	return []subject.Request{q}
}

// onWrapped notes requests, and changes those on what a wrap returned.
func (a *asked) onWrapped(change func(q subject.Request, original subject.Handle) []subject.Request) func(subject.Request) []subject.Request {
	return func(q subject.Request) []subject.Request {
		a.note(q)
		if original, is := a.original(q.On); is {
			return change(q, original)
		}
		return []subject.Request{q}
	}
}

// last finds the last request that matches.
func (a *asked) last(match func(subject.Request) bool) (subject.Request, bool) {
	for _, q := range slices.Backward(a.requests) {
		if match(q) {
			return q, true
		}
	}
	return subject.Request{}, false
}

// outcome finds the request whose outcome a record is.
func (a *asked) outcome(r subject.Record) (subject.Request, bool) {
	if r.OK == nil && r.Error == nil {
		return subject.Request{}, false
	}
	return a.last(func(q subject.Request) bool { return q.ID == r.ID })
}

// connect finds the request that an object was connected with; it is empty if there is none.
func (a *asked) connect(object subject.Handle) subject.Request {
	q, _ := a.last(func(q subject.Request) bool { return q.Op == subject.Connect && q.As == object })
	return q
}

// wrap finds the request that an object was made by.
func (a *asked) wrap(object subject.Handle) (subject.Request, bool) {
	if object == "" {
		return subject.Request{}, false
	}
	return a.last(func(q subject.Request) bool { return q.Op == subject.Wrap && q.As == object })
}

// wrapWith finds the wrap with a close-cb.
func (a *asked) wrapWith(closeCallback subject.Tag) (subject.Request, bool) {
	return a.last(func(q subject.Request) bool { return q.Op == subject.Wrap && q.CloseCallback == closeCallback })
}

// original is what an object was made of by a wrap.
func (a *asked) original(object subject.Handle) (subject.Handle, bool) {
	q, is := a.wrap(object)
	return q.On, is
}

// failed is the call of an event callback for an error of a name.
func failed(name string, socket subject.Handle, message string) subject.Record {
	return subject.Record{Event: subject.OnEvent, Callbacks: "A", Arguments: 1, Condition: &subject.Condition{
		Types: extending(name), Code: -1, Message: message, Socket: socket,
	}}
}

// extending lists the types of a condition whose own extends tcp-error.
func extending(name string) []string {
	return []string{name, subject.TCPError, subject.EventError, subject.TCPInfo, subject.EventInfo}
}

// The types of the peer's end, that is no error.
func cleanEnd() []string { return []string{subject.TCPEOF, subject.TCPInfo, subject.EventInfo} }
