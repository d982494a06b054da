package mutants

import (
	"slices"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
)

var identityMutants = []Mutant{
	{Name: "original-returned", Breaks: []string{"identity/new-socket", "identity/new-stream"}, tamper: outcomes(originalReturned)},
	{Name: "socket-returned-for-a-stream", Breaks: []string{"identity/new-stream"}, Rows: []string{"R1"}, tamper: outcomes(socketReturnedForStream)},
	{Name: "ssl-socket-is-no-socket", Breaks: []string{"identity/is-a-socket"}, tamper: outcomes(sslSocketIsNoSocket)},
	{Name: "original-becomes-the-wrapped", Breaks: []string{"identity/not-replaced"}, tamper: originalBecomesWrapped},
	{Name: "wrapped-not-taken-for-timeouts", Breaks: []string{"identity/accepted-everywhere"}, tamper: onWrapped(notTakenForTimeouts)},
	{Name: "ssl-socket-with-an-accessor", Breaks: []string{"identity/no-new-accessors"}, tamper: outcomes(sslSocketWithAccessor)},
	{Name: "data-not-stored-on-the-wrapped", Breaks: []string{"identity/socket-data"}, tamper: onWrapped(dataNotStored)},
	{Name: "data-shared-by-the-wrapped", Breaks: []string{"identity/socket-data"}, tamper: dataShared},
	{Name: "read-callback-gets-original-stream", Breaks: []string{"identity/stream-to-read-cb", "reattach/read"}, Rows: []string{"R2"}, tamper: originalStreamRead},
	{Name: "stream-made-over-the-original", Breaks: []string{"identity/stream-made-over"}, Rows: []string{"R2"}, tamper: onWrapped(streamMadeOverOriginal)},
}

// outcomes makes a mutant that changes what becomes of requests, one at a time: their answers, and the events that tell
// of those that were deferred.
func outcomes(change func(q subject.Request, r subject.Record) []subject.Record) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			if q, is := asked.about(r); is {
				return change(q, r)
			}
			return []subject.Record{r}
		}}
	}
}

// asked remembers requests, for whoever changes what becomes of them: records come from another goroutine.
type asked struct {
	mu       sync.Mutex
	requests []subject.Request
}

func (a *asked) note(q subject.Request) []subject.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, q)
	return []subject.Request{q}
}

// about finds the request whose outcome a record is.
func (a *asked) about(r subject.Record) (subject.Request, bool) {
	return a.last(func(q subject.Request) bool { return q.ID == r.ID && (r.OK != nil || r.Error != nil) })
}

// last finds the last request that matches.
func (a *asked) last(match func(subject.Request) bool) (subject.Request, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, q := range slices.Backward(a.requests) {
		if match(q) {
			return q, true
		}
	}
	return subject.Request{}, false
}

// onWrapped makes a mutant that changes requests on what a wrap returned, given the original.
func onWrapped(change func(q subject.Request, original subject.Handle) []subject.Request) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		originals := wraps{}
		return tamperer{request: func(q subject.Request) []subject.Request {
			originals.note(q)
			if original, is := originals[q.On]; is {
				return change(q, original)
			}
			return []subject.Request{q}
		}}
	}
}

func originalReturned(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.Wrap && r.OK != nil {
		r.OK.SameAs = q.On
	}
	return []subject.Record{r}
}

func socketReturnedForStream(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.Wrap && r.OK != nil {
		r.OK.Kind = "socket"
	}
	return []subject.Record{r}
}

func sslSocketIsNoSocket(_ subject.Request, r subject.Record) []subject.Record {
	if r.OK != nil && slices.Contains(r.OK.Classes, subject.ClassSSLSocket) {
		r.OK.Classes = []string{subject.ClassSSLSocket}
	}
	return []subject.Record{r}
}

// sslSocketWithAccessor gives a way to the TLS below, as wrappers of a library's own objects like to do.
func sslSocketWithAccessor(_ subject.Request, r subject.Record) []subject.Record {
	if r.OK != nil && slices.Contains(r.OK.Classes, subject.ClassSSLSocket) {
		r.OK.Members = append(r.OK.Members, "ConnectionState")
	}
	return []subject.Record{r}
}

// originalBecomesWrapped upgrades in place: once it is wrapped, whoever uses the original uses the new one.
func originalBecomesWrapped(func(subject.Record)) tamperer {
	var asked asked
	var mu sync.Mutex
	became := map[subject.Handle]subject.Handle{}
	return tamperer{
		request: func(q subject.Request) []subject.Request {
			mu.Lock()
			defer mu.Unlock()
			if now, is := became[q.On]; is {
				q.On = now
			}
			return asked.note(q)
		},
		record: func(r subject.Record) []subject.Record {
			if q, is := asked.about(r); is && q.Op == subject.Wrap && r.OK != nil {
				mu.Lock()
				defer mu.Unlock()
				became[q.On] = q.As
			}
			return []subject.Record{r}
		},
	}
}

// notTakenForTimeouts passes what is no socket to it: there is none of the name.
func notTakenForTimeouts(q subject.Request, _ subject.Handle) []subject.Request {
	if q.Op == subject.SetTimeouts {
		q.On = "no socket"
	}
	return []subject.Request{q}
}

func dataNotStored(q subject.Request, _ subject.Handle) []subject.Request {
	if q.Op == subject.SetData {
		return nil
	}
	return []subject.Request{q}
}

// dataShared has one slot for all sockets that are wrapped.
func dataShared(func(subject.Record)) tamperer {
	var first subject.Handle
	return onWrapped(func(q subject.Request, _ subject.Handle) []subject.Request {
		if q.Op == subject.SetData || q.Op == subject.GetData {
			if first == "" {
				first = q.On
			}
			q.On = first
		}
		return []subject.Request{q}
	})(nil)
}

// originalStreamRead hands the stream to read callbacks that the application had before the wrap.
func originalStreamRead(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		if q, is := asked.last(func(q subject.Request) bool { return q.Op == subject.Wrap && q.As == r.Stream }); is {
			r.Stream = q.On
		}
		return []subject.Record{r}
	}}
}

func streamMadeOverOriginal(q subject.Request, original subject.Handle) []subject.Request {
	if q.Op == subject.MakeStream {
		q.On = original
	}
	return []subject.Request{q}
}
