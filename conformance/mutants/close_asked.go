package mutants

import "github.com/sslconform/sslconform/conformance/subject"

// What breaks the answers to requests behind a close, and those made in callbacks.

// acceptedWhenClosed answers an operation with ok that was refused since the socket is closed.
func acceptedWhenClosed(op subject.Operation) tampering {
	return answersTo(op, func(r subject.Record) subject.Record {
		if r.Error != nil && r.Error.Is(subject.SocketClosed) {
			r.Error, r.OK = nil, &subject.Result{}
		}
		return r
	})
}

func dataGone(r subject.Record) subject.Record {
	r.OK = &subject.Result{}
	return r
}

// answersTo changes the answers to an operation.
func answersTo(op subject.Operation, change func(subject.Record) subject.Record) tampering {
	return outcomes(func(q subject.Request, r subject.Record) []subject.Record {
		if r.Event == "" && q.Op == op {
			r = change(r)
		}
		return []subject.Record{r}
	})
}

func closeCallbackForEachClose(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		q, _ := asked.outcome(r)
		wrap, _ := asked.wrap(q.On)
		if r.Event == "" && q.Op == subject.Close && wrap.CloseCallback != "" && r.Error != nil {
			return []subject.Record{{Event: subject.OnClose, Callbacks: wrap.CloseCallback}, r}
		}
		return []subject.Record{r}
	}}
}

// ranIn changes the run of an operation in a callback; the tag is that of the close-cb.
func ranIn(in subject.Callback, op subject.Operation, change func(r subject.Record, request subject.Request, tag subject.Tag) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			q, _ := asked.outcome(r)
			if r.Event == subject.Ran && q.Op == op && q.WhenCallback == in {
				wrap, _ := asked.wrap(q.On)
				return change(r, q, wrap.CloseCallback)
			}
			return []subject.Record{r}
		}}
	}
}

func openStill(r subject.Record, _ subject.Request, _ subject.Tag) []subject.Record {
	if r.OK != nil && r.OK.Closed != nil {
		closed := false
		r.OK.Closed = &closed
	}
	return []subject.Record{r}
}

func readOnce(r subject.Record, request subject.Request, _ subject.Tag) []subject.Record {
	return []subject.Record{r, {Event: subject.OnRead, On: request.On, Callbacks: "A", Arguments: 2, Data: []byte("enough")}}
}

func closeOnce(r subject.Record, _ subject.Request, tag subject.Tag) []subject.Record {
	return []subject.Record{r, {Event: subject.OnClose, Callbacks: tag}}
}

func refusedThere(r subject.Record, request subject.Request, _ subject.Tag) []subject.Record {
	r.OK, r.Error = nil, &subject.Error{Condition: subject.Condition{
		Types:  extending(subject.SocketClosed),
		Code:   -1,
		Socket: request.On,
	}}
	return []subject.Record{r}
}

func closeInConnectIgnored(r subject.Request) []subject.Request {
	if r.Op == subject.Close && r.WhenCallback == subject.OnConnect {
		r.Op = subject.Closed
	}
	return []subject.Request{r}
}
