package mutants

import (
	"net"
	"slices"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

var reattachMutants = []Mutant{
	{Name: "read-callback-gets-original", Breaks: []string{"reattach/read", "reattach/original-silent"}, Rows: []string{"A1", "A2"}, tamper: wrapped(readCallbackGetsOriginal)},
	{Name: "read-callback-left-behind", Breaks: []string{"reattach/read", "reattach/latest", "reattach/override", "reattach/drain-mode", "reattach/paused", "close/explicit"}, Rows: []string{"A1"}, tamper: wrapped(leftBehind(subject.OnRead))},
	{Name: "write-callback-left-behind", Breaks: []string{"reattach/write", "reattach/override"}, tamper: wrapped(leftBehind(subject.OnWrite))},
	{Name: "event-callback-left-behind", Breaks: []string{"reattach/event", "reattach/latest", "reattach/override", "error/plain-peer"}, tamper: wrapped(leftBehind(subject.OnEvent))},
	{Name: "event-names-original", Breaks: []string{"reattach/event", "reattach/original-silent"}, tamper: wrapped(eventNamesOriginal)},
	{Name: "connect-callback-left-behind", Breaks: []string{"reattach/connect"}, Rows: []string{"A4"}, tamper: wrapped(leftBehind(subject.OnConnect))},
	{Name: "connect-callback-twice", Breaks: []string{"reattach/connect"}, Rows: []string{"A6"}, tamper: wrapped(connectCallbackTwice)},
	{Name: "connect-callback-before-tls", Breaks: []string{"reattach/connect-when-usable"}, Rows: []string{"A5"}, tamper: connectCallbackBeforeTLS},
	{Name: "connect-callback-again", Breaks: []string{"reattach/not-connect-again"}, Rows: []string{"A6"}, tamper: connectCallbackAgain},
	{Name: "callbacks-of-connect-reattached", Breaks: []string{"reattach/latest"}, Rows: []string{"A7"}, tamper: lateCallbacks(instead)},
	{Name: "callbacks-given-late-vanish", Breaks: []string{"reattach/latest"}, Rows: []string{"A7"}, tamper: lateCallbacks(vanish)},
	{Name: "callbacks-of-write-ignored", Breaks: []string{"reattach/override"}, tamper: writesOnWrapped(withoutCallbacks)},
	{Name: "callbacks-of-write-replace-all", Breaks: []string{"reattach/override"}, tamper: writesOnWrapped(withAllCallbacks)},
	{Name: "ciphertext-to-original", Breaks: []string{"reattach/original-silent", "reattach/read", "reattach/drain-mode", "reattach/paused"}, Rows: []string{"A2", "D2"}, tamper: wrapped(ciphertextToOriginal)},
	{Name: "write-callback-of-original", Breaks: []string{"reattach/original-silent"}, tamper: writeCallbackOfOriginal},
	{Name: "absent-write-callback-called", Breaks: []string{"reattach/absent"}, tamper: absentWriteCallbackCalled},
	{Name: "unheard-failure-ignored", Breaks: []string{"reattach/absent-event"}, Rows: []string{"A8"}, tamper: unheardFailureIgnored},
	{Name: "event-inside-wrap", Breaks: []string{"reattach/not-inside-wrap"}, Rows: []string{"A9"}, tamper: eventInsideWrap},
	{Name: "kept-data-drained", Breaks: []string{"reattach/drain-mode"}, Rows: []string{"R5"}, tamper: requests(keptDataDrained)},
	{Name: "pause-forgotten", Breaks: []string{"reattach/paused"}, Rows: []string{"A10"}, tamper: requests(pauseForgotten)},
	{Name: "stream-event-callback-left-behind", Breaks: []string{"reattach/stream"}, tamper: wrappedStreams(leftBehind(subject.OnEvent))},
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
		conn: func(c net.Conn) net.Conn {
			if w := write.Swap(nil); w != nil {
				c.Write(w.Data)
				inject(subject.Record{Event: subject.OnConnect, On: w.WhenOn, Callbacks: "A", Arguments: 1})
				inject(subject.Record{Event: subject.Ran, ID: w.ID, OK: &subject.Result{}})
			}
			return c
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
	originals, called := wraps{}, map[subject.Handle]subject.Record{}
	return tamperer{
		record: func(r subject.Record) []subject.Record {
			if r.Event == subject.OnConnect {
				called[r.On] = r
			}
			return []subject.Record{r}
		},
		request: func(r subject.Request) []subject.Request {
			if again, is := called[originals[r.On]]; is && r.Op == subject.Write {
				again.On = r.On
				inject(again)
			}
			return originals.note(r)
		},
	}
}

// lateCallbacks makes a mutant that changes the calls of callbacks which came with a write on the original: it is given
// the tag of those that it was connected with.
func lateCallbacks(change func(r subject.Record, first subject.Tag) []subject.Record) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		originals, connected, firsts := wraps{}, map[subject.Handle]subject.Tag{}, map[subject.Tag]subject.Tag{}
		return tamperer{
			request: func(r subject.Request) []subject.Request {
				if r.Op == subject.Connect {
					connected[r.As] = r.Callbacks
				}
				if first, is := connected[r.On]; is && r.Op == subject.Write && r.Callbacks != "" {
					firsts[r.Callbacks] = first
				}
				return originals.note(r)
			},
			record: func(r subject.Record) []subject.Record {
				first, late := firsts[r.Callbacks]
				if _, is := originals[about(r)]; is && late {
					return change(r, first)
				}
				return []subject.Record{r}
			},
		}
	}
}

func instead(r subject.Record, first subject.Tag) []subject.Record {
	r.Callbacks = first
	return []subject.Record{r}
}

func vanish(subject.Record, subject.Tag) []subject.Record { return nil }

// writesOnWrapped makes a mutant that changes writes on wrapped sockets which bring callbacks.
func writesOnWrapped(change func(*subject.Request)) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		originals := wraps{}
		return tamperer{request: func(r subject.Request) []subject.Request {
			if _, is := originals[r.On]; is && r.Op == subject.Write && r.Callbacks != "" {
				change(&r)
			}
			return originals.note(r)
		}}
	}
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
	has, owed, wrap := map[subject.Handle]subject.Tag{}, map[subject.Handle]bool{}, map[int]subject.Handle{}
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			switch {
			case r.Op == subject.Connect && slices.Contains(r.Has, subject.OnWrite):
				has[r.As] = r.Callbacks
			case r.Op == subject.Write:
				owed[r.On] = has[r.On] != ""
			case r.Op == subject.Wrap:
				wrap[r.ID] = r.On
			}
			return []subject.Request{r}
		},
		record: func(r subject.Record) []subject.Record {
			original := wrap[r.ID]
			if r.OK == nil || !owed[original] {
				return []subject.Record{r}
			}
			return []subject.Record{r, {Event: subject.OnWrite, On: original, Callbacks: has[original], Arguments: 1}}
		},
	}
}

// absentWriteCallbackCalled calls a write callback that was never given, and tells of the error that this is.
func absentWriteCallbackCalled(inject func(subject.Record)) tamperer {
	originals, without := wraps{}, map[subject.Handle]subject.Tag{}
	return tamperer{request: func(r subject.Request) []subject.Request {
		if r.Op == subject.Connect && !slices.Contains(r.Has, subject.OnWrite) {
			without[r.As] = r.Callbacks
		}
		if tag := without[originals[r.On]]; tag != "" && r.Op == subject.Write && r.Callbacks == "" {
			inject(subject.Record{Event: subject.OnEvent, Callbacks: tag, Arguments: 1,
				Condition: &subject.Condition{Message: "NIL is no function", Socket: r.On}})
		}
		return originals.note(r)
	}}
}

// unheardFailureIgnored does not get as far as closing a socket that fails without a callback to tell it to.
func unheardFailureIgnored(func(subject.Record)) tamperer {
	deaf, closeCB := map[subject.Handle]bool{}, map[subject.Tag]bool{}
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			switch {
			case r.Op == subject.Connect:
				deaf[r.As] = !slices.Contains(r.Has, subject.OnEvent)
			case r.Op == subject.Wrap:
				closeCB[r.CloseCallback] = deaf[r.On]
			}
			return []subject.Request{r}
		},
		record: func(r subject.Record) []subject.Record {
			if r.Event == subject.OnClose && closeCB[r.Callbacks] {
				return nil
			}
			return []subject.Record{r}
		},
	}
}

// eventInsideWrap calls the event callback before a wrap inside a callback has returned what it should be called with.
func eventInsideWrap(func(subject.Record)) tamperer {
	wraps := map[int]bool{}
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			wraps[r.ID] = r.Op == subject.Wrap
			return []subject.Request{r}
		},
		record: func(r subject.Record) []subject.Record {
			if !wraps[r.ID] || r.Event != subject.Ran {
				return []subject.Record{r}
			}
			return []subject.Record{{Event: subject.OnEvent, Callbacks: "A", Arguments: 1, Condition: &subject.Condition{
				Types:   []string{subject.TCPSSLError, subject.TCPError, subject.EventError, subject.TCPInfo, subject.EventInfo},
				Message: "wrong version number", Socket: subject.Unknown,
			}}, r}
		},
	}
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

// wrappedStreams is wrapped for the sockets of streams.
func wrappedStreams(change func(r subject.Record, original subject.Handle) []subject.Record) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		originals := wraps{}
		return tamperer{
			request: func(r subject.Request) []subject.Request {
				if r.Op == subject.Wrap {
					originals[subject.SocketOf(r.As)] = subject.SocketOf(r.On)
				}
				return []subject.Request{r}
			},
			record: func(r subject.Record) []subject.Record {
				if original, is := originals[about(r)]; is && r.Event != "" {
					return change(r, original)
				}
				return []subject.Record{r}
			},
		}
	}
}
