package mutants

import (
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
)

var identityMutants = []Mutant{
	{Name: "original-returned", Breaks: []string{"identity/new-socket", "identity/new-stream"}, tamper: outcomes(originalReturned)},
	{Name: "socket-returned-for-a-stream", Breaks: []string{"identity/new-stream"}, Rows: []string{"R1"}, tamper: outcomes(socketReturnedForStream)},
	{Name: "ssl-socket-is-no-socket", Breaks: []string{"identity/is-a-socket"}, tamper: outcomes(sslSocketIsNoSocket)},
	{Name: "original-becomes-the-wrapped", Breaks: []string{"identity/not-replaced"}, tamper: originalBecomesWrapped},
	{Name: "wrapped-not-taken-for-timeouts", Breaks: []string{"identity/accepted-everywhere", "close/again"}, tamper: onWrapped(notTakenForTimeouts)},
	{Name: "ssl-socket-with-an-accessor", Breaks: []string{"identity/no-new-accessors"}, tamper: outcomes(sslSocketWithAccessor)},
	{Name: "data-not-stored-on-the-wrapped", Breaks: []string{"identity/socket-data", "close/again"}, tamper: onWrapped(dataNotStored)},
	{Name: "data-shared-by-the-wrapped", Breaks: []string{"identity/socket-data"}, tamper: dataShared},
	{
		Name: "read-callback-gets-original-stream", Rows: []string{"R2"}, tamper: originalStreamRead,
		Breaks: []string{"identity/stream-to-read-cb", "reattach/read", "reattach/original-silent"},
	},
	{Name: "separate-socket-cannot-connect", Breaks: []string{"identity/separate"}, separate: outcomes(cannotConnect)},
	{Name: "separate-socket-wraps", Breaks: []string{"identity/separate"}, separate: requests(wrapsAllTheSame)},
	{Name: "separate-socket-never-ends", Breaks: []string{"identity/separate"}, separate: records(endUntold)},
	{Name: "separate-socket-without-operations", Breaks: []string{"identity/separate"}, separate: outcomes(notThereWithoutTLS)},
	{Name: "stream-made-over-the-original", Breaks: []string{"identity/stream-made-over"}, Rows: []string{"R2"}, tamper: onWrapped(streamMadeOverOriginal)},
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
	became := map[subject.Handle]subject.Handle{}
	return tamperer{
		request: func(q subject.Request) []subject.Request {
			if now, is := became[q.On]; is {
				q.On = now
			}
			delete(became, q.As) // which names another object from now on
			return asked.note(q)
		},
		record: func(r subject.Record) []subject.Record {
			if q, is := asked.outcome(r); is && q.Op == subject.Wrap && r.OK != nil {
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

// cannotConnect is a socket whose class comes with the TLS part.
func cannotConnect(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.Connect {
		r.OK, r.Error = nil, &subject.Error{Condition: subject.Condition{Message: "there is no class ssl-socket"}}
	}
	return []subject.Record{r}
}

// wrapsAllTheSame has loaded the TLS part.
func wrapsAllTheSame(q subject.Request) []subject.Request {
	if q.Op == subject.Wrap {
		return nil
	}
	return []subject.Request{q}
}

// endUntold knows of ends only what TLS tells of them.
func endUntold(r subject.Record) []subject.Record {
	if r.Condition.Is(subject.TCPEOF) {
		return nil
	}
	return []subject.Record{r}
}

// notThereWithoutTLS is what comes of operations that are methods of both classes, where one of them is not there.
func notThereWithoutTLS(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.SetTimeouts {
		r.OK, r.Error = nil, subject.ErrUnsupported
	}
	return []subject.Record{r}
}
