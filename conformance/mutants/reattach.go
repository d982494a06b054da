package mutants

import (
	"net"
	"slices"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

var reattachMutants = []Mutant{
	{
		Name: "read-callback-gets-original", Rows: []string{"A1", "A2"}, tamper: wrapped(readCallbackGetsOriginal),
		Breaks: []string{"reattach/read", "reattach/original-silent", "original/read-is-blank"},
	},
	{
		Name: "read-callback-left-behind", Rows: []string{"A1"}, tamper: wrapped(leftBehind(subject.OnRead)),
		Breaks: []string{"reattach/read", "reattach/latest", "reattach/override", "reattach/drain-mode", "reattach/paused",
			"close/explicit"},
	},
	{
		Name: "write-callback-left-behind", Rows: []string{"I2"}, tamper: wrapped(leftBehind(subject.OnWrite)),
		Breaks: []string{"reattach/write", "reattach/override", "data/write-callback"},
	},
	{
		Name: "event-callback-left-behind", tamper: wrapped(leftBehind(subject.OnEvent)),
		Breaks: []string{"reattach/event", "reattach/latest", "reattach/override", "error/plain-peer"},
	},
	{Name: "event-names-original", Breaks: []string{"reattach/event", "reattach/original-silent", "error/fields"}, tamper: wrapped(eventNamesOriginal)},
	{Name: "connect-callback-left-behind", Breaks: []string{"reattach/connect"}, Rows: []string{"A4"}, tamper: wrapped(leftBehind(subject.OnConnect))},
	{Name: "connect-callback-twice", Breaks: []string{"reattach/connect"}, Rows: []string{"A6"}, tamper: wrapped(connectCallbackTwice)},
	{Name: "connect-callback-before-tls", Breaks: []string{"reattach/connect-when-usable"}, Rows: []string{"A5"}, tamper: connectCallbackBeforeTLS},
	{Name: "connect-callback-again", Breaks: []string{"reattach/not-connect-again"}, Rows: []string{"A6"}, tamper: connectCallbackAgain},
	{Name: "callbacks-of-connect-reattached", Breaks: []string{"reattach/latest"}, Rows: []string{"A7"}, tamper: lateCallbacks(instead)},
	{Name: "callbacks-given-late-vanish", Breaks: []string{"reattach/latest"}, Rows: []string{"A7"}, tamper: lateCallbacks(vanish)},
	{Name: "callbacks-of-write-ignored", Breaks: []string{"reattach/override"}, tamper: writesOnWrapped(withoutCallbacks)},
	{Name: "callbacks-of-write-replace-all", Breaks: []string{"reattach/override"}, tamper: writesOnWrapped(withAllCallbacks)},
	{
		Name: "ciphertext-to-original", Rows: []string{"A2", "D2"}, tamper: wrapped(ciphertextToOriginal),
		Breaks: []string{"reattach/original-silent", "reattach/read", "reattach/drain-mode", "reattach/paused"},
	},
	{Name: "write-callback-of-original", Breaks: []string{"reattach/original-silent"}, tamper: writeCallbackOfOriginal},
	{Name: "absent-write-callback-called", Breaks: []string{"reattach/absent"}, tamper: absentWriteCallbackCalled},
	{Name: "unheard-failure-ignored", Breaks: []string{"reattach/absent-event"}, Rows: []string{"A8"}, tamper: unheardFailureIgnored},
	{Name: "event-inside-wrap", Breaks: []string{"reattach/not-inside-wrap"}, Rows: []string{"A9"}, tamper: outcomes(eventInsideWrap)},
	{Name: "kept-data-drained", Breaks: []string{"reattach/drain-mode"}, Rows: []string{"R5"}, tamper: requests(keptDataDrained)},
	{Name: "pause-forgotten", Breaks: []string{"reattach/paused"}, Rows: []string{"A10"}, tamper: requests(pauseForgotten)},
	{Name: "stream-event-callback-left-behind", Breaks: []string{"reattach/stream", "error/fields"}, tamper: wrappedStreams(leftBehind(subject.OnEvent))},
	{Name: "stream-write-callback-left-behind", Breaks: []string{"reattach/stream"}, tamper: wrappedStreams(leftBehind(subject.OnWrite))},
}

func readCallbackGetsOriginal(r subject.Record, original subject.Handle) []subject.Record {
	if r.Event == subject.OnRead {
		r.On = original
	}
	return []subject.Record{r}
}

// leftBehind leaves a callback with the original, which gets nothing any more.
func leftBehind(callback subject.Callback) func(subject.Record, subject.Handle) []subject.Record {
	return func(r subject.Record, _ subject.Handle) []subject.Record {
		if r.Event == callback {
			return nil
		}
		return []subject.Record{r}
	}
}

func eventNamesOriginal(r subject.Record, original subject.Handle) []subject.Record {
	if r.Condition != nil {
		r.Condition.Socket = original
	}
	return []subject.Record{r}
}

func connectCallbackTwice(r subject.Record, _ subject.Handle) []subject.Record {
	if r.Event == subject.OnConnect {
		return []subject.Record{r, r}
	}
	return []subject.Record{r}
}

// connectCallbackBeforeTLS calls the connect callback as soon as TCP stands. What is written there goes out as it is.
func connectCallbackBeforeTLS(inject func(subject.Record)) tamperer {
	var write atomic.Pointer[subject.Request] // that waits for the callback
	early := false
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			if r.WhenCallback != subject.OnConnect || r.Op != subject.Write {
				return []subject.Request{r}
			}
			early = true
			write.Store(&r)
			return nil
		},
		conn: func(w *wire) net.Conn {
			if q := write.Swap(nil); q != nil {
				w.Write(q.Data)
				inject(subject.Record{Event: subject.OnConnect, On: q.WhenOn, Callbacks: "A", Arguments: 1})
				inject(subject.Record{Event: subject.Ran, ID: q.ID, OK: &subject.Result{}})
			}
			return w
		},
		record: func(r subject.Record) []subject.Record {
			if early && r.Event == subject.OnConnect {
				return nil
			}
			return []subject.Record{r}
		},
	}
}

// connectCallbackAgain calls the connect callback, which was called when TCP stood, when TLS is there to be used, too.
func connectCallbackAgain(inject func(subject.Record)) tamperer {
	var asked asked
	called := map[subject.Handle]subject.Record{}
	return tamperer{
		record: func(r subject.Record) []subject.Record {
			if r.Event == subject.OnConnect {
				called[r.On] = r
			}
			return []subject.Record{r}
		},
		request: asked.onWrapped(func(q subject.Request, original subject.Handle) []subject.Request {
			if again, is := called[original]; is && q.Op == subject.Write {
				again.On = q.On
				inject(again)
			}
			return []subject.Request{q}
		}),
	}
}

// lateCallbacks makes a mutant that changes the calls of callbacks which came with a write on the original: it is given
// the tag of those that it was connected with.
func lateCallbacks(change func(r subject.Record, first subject.Tag) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			original, is := asked.original(about(r))
			_, late := asked.last(func(q subject.Request) bool {
				return q.Op == subject.Write && q.On == original && q.Callbacks != "" && q.Callbacks == r.Callbacks
			})
			if is && late {
				return change(r, asked.connect(original).Callbacks)
			}
			return []subject.Record{r}
		}}
	}
}

func instead(r subject.Record, first subject.Tag) []subject.Record {
	r.Callbacks = first
	return []subject.Record{r}
}

func vanish(subject.Record, subject.Tag) []subject.Record { return nil }

// writesOnWrapped makes a mutant that changes writes on wrapped sockets which bring callbacks.
func writesOnWrapped(change func(*subject.Request)) tampering {
	return onWrapped(func(q subject.Request, _ subject.Handle) []subject.Request {
		if q.Op == subject.Write && q.Callbacks != "" {
			change(&q)
		}
		return []subject.Request{q}
	})
}

func withoutCallbacks(r *subject.Request) { r.Callbacks, r.Has = "", nil }

func withAllCallbacks(r *subject.Request) {
	r.Has = []subject.Callback{subject.OnConnect, subject.OnRead, subject.OnWrite, subject.OnEvent}
}

func ciphertextToOriginal(r subject.Record, original subject.Handle) []subject.Record {
	if r.Event != subject.OnRead {
		return []subject.Record{r}
	}
	below := r
	below.On, below.Data = original, []byte{23, 3, 3, 0, 22}
	return []subject.Record{below, r}
}

// writeCallbackOfOriginal calls the write callback with the original for what was written before the wrap.
func writeCallbackOfOriginal(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		q, _ := asked.outcome(r)
		first := asked.connect(q.On)
		_, owed := asked.last(func(w subject.Request) bool { return w.Op == subject.Write && w.On == q.On })
		if q.Op == subject.Wrap && r.OK != nil && owed && slices.Contains(first.Has, subject.OnWrite) {
			return []subject.Record{r, {Event: subject.OnWrite, On: q.On, Callbacks: first.Callbacks, Arguments: 1}}
		}
		return []subject.Record{r}
	}}
}

// absentWriteCallbackCalled calls a write callback that was never given, and tells of the error that this is.
func absentWriteCallbackCalled(inject func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.onWrapped(func(q subject.Request, original subject.Handle) []subject.Request {
		first := asked.connect(original)
		if first.Op != "" && !slices.Contains(first.Has, subject.OnWrite) && q.Op == subject.Write && q.Callbacks == "" {
			inject(subject.Record{Event: subject.OnEvent, Callbacks: first.Callbacks, Arguments: 1,
				Condition: &subject.Condition{Message: "NIL is no function", Socket: q.On}})
		}
		return []subject.Request{q}
	})}
}

// unheardFailureIgnored does not get as far as closing a socket that fails without a callback to tell it to.
func unheardFailureIgnored(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		wrap, is := asked.wrapWith(r.Callbacks)
		if is && r.Event == subject.OnClose && !slices.Contains(asked.connect(wrap.On).Has, subject.OnEvent) {
			return nil
		}
		return []subject.Record{r}
	}}
}

// eventInsideWrap calls the event callback before a wrap inside a callback has returned what it should be called with.
func eventInsideWrap(q subject.Request, r subject.Record) []subject.Record {
	if q.Op != subject.Wrap || r.Event != subject.Ran {
		return []subject.Record{r}
	}
	return []subject.Record{failed(subject.TCPSSLError, subject.Unknown, "wrong version number"), r}
}

func keptDataDrained(r subject.Request) []subject.Request {
	r.Keep = false
	return []subject.Request{r}
}

// pauseForgotten has a wrapped socket read, whatever its original did.
func pauseForgotten(r subject.Request) []subject.Request {
	if r.Op != subject.Wrap || r.Deferred() {
		return []subject.Request{r}
	}
	return []subject.Request{r, {ID: hidden + r.ID, Op: subject.Enable, On: r.As, ToRead: true}}
}
