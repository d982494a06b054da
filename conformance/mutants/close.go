package mutants

import (
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

var closeMutants = []Mutant{
	{Name: "close-cb-lost", Breaks: anyEnd, Rows: []string{"C1"}, tamper: records(closeCallbackLost)},
	{Name: "close-cb-twice", Breaks: countedEnd, Rows: []string{"C3"}, tamper: records(closeCallbackTwice)},
	{Name: "close-cb-with-argument", Breaks: []string{"close/explicit"}, tamper: records(closeCallbackWithArgument)},
	{Name: "peer-end-without-close-cb", Breaks: []string{"close/peer", "close/again", "close/answers-notify", "close/in-close-callback", "close/in-event-callback", "close/last", "close/loop-ends", "close/marked", "close/not-early", "close/notify-while-paused"}, Rows: []string{"C10"}, tamper: closeCallbackLostBehind(subject.TCPEOF)},
	{Name: "peer-end-told-twice", Breaks: []string{"close/peer", "close/answers-notify", "close/notify-while-paused"}, tamper: records(peerEndTwice)},
	{Name: "ssl-error-without-close-cb", Breaks: []string{"close/error", "close/again", "close/in-close-callback", "close/in-event-callback", "close/last", "close/loop-ends", "close/marked"}, Rows: []string{"C2"}, tamper: closeCallbackLostBehind(subject.TCPSSLError)},
	{Name: "reset-without-close-cb", Breaks: []string{"close/reset", "close/in-event-callback", "close/last", "close/loop-ends"}, Rows: []string{"C2"}, tamper: closeCallbackLostBehind(subject.TCPError)},
	{Name: "refusal-without-close-cb", Breaks: []string{"close/refused"}, Rows: []string{"N1"}, tamper: closeCallbackLostBehind(subject.TCPRefused)},
	{Name: "refusal-taken-for-ssl-error", Breaks: []string{"close/refused"}, Rows: []string{"N1"}, tamper: records(refusalAsSSLError)},
	{Name: "close-in-handshake-leaves-connection", Breaks: []string{"close/in-handshake", "close/descriptor", "close/error", "close/last", "close/loop-exit"}, Rows: []string{"C11"}, tamper: closeInHandshakeLeaves},
	{Name: "close-before-connect-forgotten", Breaks: []string{"close/before-connect", "close/last"}, Rows: []string{"N5"}, tamper: closeBeforeConnectForgotten},
	{Name: "close-cb-at-first-data", Breaks: []string{"close/not-early", "close/last"}, tamper: closeCallbackAtFirstData},
	{Name: "data-behind-close-cb", Breaks: []string{"close/not-early", "close/in-read-callback", "close/last"}, Rows: []string{"T1"}, tamper: dataBehindClose},
	{Name: "close-cb-needed", Breaks: []string{"close/omitted"}, tamper: closeCallbackNeeded},
	{Name: "close-cb-before-closed", Breaks: []string{"close/marked"}, Rows: []string{"C4"}, tamper: ranIn(subject.OnClose, subject.Closed, openStill)},
	{Name: "close-cb-again-later", Breaks: []string{"close/last"}, Rows: []string{"C3"}, tamper: closeCallbackAgainLater},
	{Name: "event-behind-close-cb", Breaks: []string{"close/last"}, Rows: []string{"T2"}, tamper: eventBehindClose},
	{Name: "second-close-accepted", Breaks: []string{"close/again"}, Rows: []string{"C8"}, tamper: acceptedWhenClosed(subject.Close)},
	{Name: "write-after-close-swallowed", Breaks: []string{"close/again"}, Rows: []string{"I10"}, tamper: acceptedWhenClosed(subject.Write)},
	{Name: "timeouts-after-close-accepted", Breaks: []string{"close/again"}, tamper: acceptedWhenClosed(subject.SetTimeouts)},
	{Name: "close-cb-for-each-close", Breaks: []string{"close/again"}, Rows: []string{"C3"}, tamper: closeCallbackForEachClose},
	{Name: "data-gone-with-socket", Breaks: []string{"close/again"}, tamper: answersTo(subject.GetData, dataGone)},
	{Name: "enable-after-close-accepted", Breaks: []string{"close/again-pause"}, tamper: acceptedWhenClosed(subject.Enable)},
	{Name: "disable-after-close-accepted", Breaks: []string{"close/again-pause"}, tamper: acceptedWhenClosed(subject.Disable)},
	{Name: "buffer-read-out-behind-close", Breaks: []string{"close/in-read-callback", "close/last"}, Rows: []string{"T1"}, tamper: ranIn(subject.OnRead, subject.Close, readOnce)},
	{Name: "close-in-event-callback-closes-twice", Breaks: []string{"close/in-event-callback"}, Rows: []string{"C3", "T2"}, tamper: ranIn(subject.OnEvent, subject.Close, closeOnce)},
	{Name: "close-in-event-callback-refused", Breaks: []string{"close/in-event-callback"}, tamper: ranIn(subject.OnEvent, subject.Close, refusedThere)},
	{Name: "close-in-connect-callback-ignored", Breaks: []string{"close/in-connect-callback"}, Rows: []string{"T6"}, tamper: requests(closeInConnectIgnored)},
	{Name: "close-in-close-cb-recurses", Breaks: []string{"close/in-close-callback"}, Rows: []string{"C9"}, tamper: ranIn(subject.OnClose, subject.Close, closeOnce)},
	{Name: "close-notify-left-out", Breaks: []string{"close/notify"}, Rows: []string{"C7"}, tamper: closeNotifyLeftOut},
	{Name: "close-notify-without-fin-overheard", Breaks: []string{"close/answers-notify", "close/notify-while-paused"}, Rows: []string{"C13", "H1"}, tamper: closeNotifyOverheard(false)},
	{Name: "close-notify-overheard-while-paused", Breaks: []string{"close/notify-while-paused"}, Rows: []string{"H4"}, tamper: closeNotifyOverheard(true)},
	{Name: "close-cb-waits-for-peer", Breaks: []string{"close/does-not-wait", "close/loop-ends"}, Rows: []string{"C5"}, tamper: closeCallbackWaits},
	{Name: "descriptor-leaked", Breaks: []string{"close/descriptor"}, Rows: []string{"C12", "S1", "S3"}, tamper: descriptorLeaked},
	{Name: "loop-held-by-closed-socket", Breaks: []string{"close/loop-ends", "close/does-not-wait"}, Rows: []string{"S4"}, tamper: requests(loopHeld)},
	{Name: "loop-exit-leaves-connections", Breaks: []string{"close/loop-exit"}, tamper: exitLeavesConnections},
	{Name: "stream-close-without-close-cb", Breaks: []string{"close/stream"}, Rows: []string{"R4"}, tamper: streamCloseWithoutCallback},
	{Name: "data-behind-close-is-an-error", Breaks: []string{"close/while-streaming"}, Rows: []string{"H3"}, tamper: dataBehindCloseIsError},
	{Name: "output-dropped-at-close-notify", Breaks: []string{"close/pending-on-notify"}, Rows: []string{"H2"}, tamper: outputDropped},
}

// anyEnd are the clauses whose specs wait for close-cb.
var anyEnd = []string{
	"close/again", "close/again-pause", "close/answers-notify", "close/before-connect", "close/does-not-wait",
	"close/error", "close/explicit", "close/in-close-callback", "close/in-connect-callback",
	"close/in-event-callback", "close/in-handshake", "close/in-read-callback", "close/last", "close/loop-ends",
	"close/marked", "close/not-early", "close/notify", "close/notify-while-paused", "close/peer",
	"close/refused", "close/reset", "close/stream", "close/while-streaming",
}

// countedEnd are those that count its calls.
var countedEnd = []string{
	"close/again", "close/again-pause", "close/answers-notify", "close/before-connect", "close/error",
	"close/explicit", "close/in-close-callback", "close/in-connect-callback", "close/in-event-callback",
	"close/in-handshake", "close/in-read-callback", "close/last", "close/loop-ends", "close/loop-exit",
	"close/notify-while-paused", "close/peer", "close/refused", "close/reset", "close/stream",
}

func closeCallbackLost(r subject.Record) []subject.Record {
	if r.Event == subject.OnClose {
		return nil
	}
	return []subject.Record{r}
}

func closeCallbackTwice(r subject.Record) []subject.Record {
	if r.Event == subject.OnClose {
		return []subject.Record{r, r}
	}
	return []subject.Record{r}
}

func closeCallbackWithArgument(r subject.Record) []subject.Record {
	if r.Event == subject.OnClose {
		r.Arguments = 1
	}
	return []subject.Record{r}
}

// closeCallbackLostBehind loses close-cb behind a condition of that very type.
func closeCallbackLostBehind(name string) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		lost := false
		return tamperer{record: func(r subject.Record) []subject.Record {
			if r.Event == subject.OnEvent {
				lost = r.Condition.Name() == name
			}
			if r.Event == subject.OnClose && lost {
				return nil
			}
			return []subject.Record{r}
		}}
	}
}

func peerEndTwice(r subject.Record) []subject.Record {
	if r.Condition.Is(subject.TCPEOF) {
		return []subject.Record{r, r}
	}
	return []subject.Record{r}
}

func refusalAsSSLError(r subject.Record) []subject.Record {
	if r.Condition.Is(subject.TCPRefused) {
		r.Condition.Types = append([]string{subject.TCPSSLError}, r.Condition.Types[1:]...)
	}
	return []subject.Record{r}
}

// closeCallbackAtFirstData calls close-cb when the first data comes, and not at the end.
func closeCallbackAtFirstData(func(subject.Record)) tamperer {
	k, called := newCloseNotes(), false
	return tamperer{request: k.note, record: func(r subject.Record) []subject.Record {
		tag, is := k.tags[r.On]
		switch {
		case r.Event == subject.OnRead && is && !called:
			called = true
			return []subject.Record{{Event: subject.OnClose, Callbacks: tag}, r}
		case r.Event == subject.OnClose && called:
			return nil
		}
		return []subject.Record{r}
	}}
}

// dataBehindClose hands over the last data once more behind close-cb.
func dataBehindClose(func(subject.Record)) tamperer {
	k := newCloseNotes()
	var last []subject.Record
	return tamperer{request: k.note, record: func(r subject.Record) []subject.Record {
		if _, is := k.tags[r.On]; is && r.Event == subject.OnRead {
			last = []subject.Record{r}
		}
		if r.Event == subject.OnClose {
			return append([]subject.Record{r}, last...)
		}
		return []subject.Record{r}
	}}
}

// closeCallbackNeeded does nothing to close a socket without one.
func closeCallbackNeeded(func(subject.Record)) tamperer {
	k := newCloseNotes()
	return tamperer{request: func(r subject.Request) []subject.Request {
		if tag, is := k.tags[r.On]; is && tag == "" && r.Op == subject.Close {
			return nil
		}
		return k.note(r)
	}}
}

const littleLater = 500 * time.Millisecond

func closeCallbackAgainLater(inject func(subject.Record)) tamperer {
	return tamperer{record: func(r subject.Record) []subject.Record {
		if r.Event == subject.OnClose {
			time.AfterFunc(littleLater, func() { inject(r) })
		}
		return []subject.Record{r}
	}}
}

func eventBehindClose(inject func(subject.Record)) tamperer {
	return tamperer{record: func(r subject.Record) []subject.Record {
		if r.Event == subject.OnClose {
			late := sslErrorOf("tls")
			time.AfterFunc(littleLater, func() { inject(late) })
		}
		return []subject.Record{r}
	}}
}

// sslErrorOf is an event that tells of one.
func sslErrorOf(socket subject.Handle) subject.Record {
	return subject.Record{Event: subject.OnEvent, Callbacks: "A", Arguments: 1, Condition: &subject.Condition{
		Types:   []string{subject.TCPSSLError, subject.TCPError, subject.EventError, subject.TCPInfo, subject.EventInfo},
		Code:    -1,
		Message: "application data after close notify",
		Socket:  socket,
	}}
}

// acceptedWhenClosed answers an operation with ok that was refused since the socket is closed.
func acceptedWhenClosed(op subject.Operation) func(func(subject.Record)) tamperer {
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
func answersTo(op subject.Operation, change func(subject.Record) subject.Record) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		k := newCloseNotes()
		return tamperer{request: k.note, record: func(r subject.Record) []subject.Record {
			if r.Event == "" && k.requests[r.ID].Op == op && !r.Deferred {
				r = change(r)
			}
			return []subject.Record{r}
		}}
	}
}

func closeCallbackForEachClose(func(subject.Record)) tamperer {
	k := newCloseNotes()
	return tamperer{request: k.note, record: func(r subject.Record) []subject.Record {
		tag := k.tags[k.requests[r.ID].On]
		if r.Event == "" && k.requests[r.ID].Op == subject.Close && tag != "" && r.Error != nil {
			return []subject.Record{{Event: subject.OnClose, Callbacks: tag}, r}
		}
		return []subject.Record{r}
	}}
}

// ranIn changes the run of an operation in a callback; the tag is that of the close-cb.
func ranIn(in subject.Callback, op subject.Operation, change func(r subject.Record, request subject.Request, tag subject.Tag) []subject.Record) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		k := newCloseNotes()
		return tamperer{request: k.note, record: func(r subject.Record) []subject.Record {
			request := k.requests[r.ID]
			if r.Event == subject.Ran && request.Op == op && request.WhenCallback == in {
				return change(r, request, k.tags[request.On])
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
		Types:  []string{subject.SocketClosed, subject.TCPError, subject.EventError, subject.TCPInfo, subject.EventInfo},
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

// loopHeld never lets a loop end by itself.
func loopHeld(r subject.Request) []subject.Request {
	if r.Op == subject.Finish {
		return []subject.Request{{ID: r.ID + hidden, Op: subject.Sync}}
	}
	return []subject.Request{r}
}

// streamCloseWithoutCallback closes a stream's socket, and not what is told of it.
func streamCloseWithoutCallback(func(subject.Record)) tamperer {
	k := newCloseNotes()
	return tamperer{request: k.note, record: func(r subject.Record) []subject.Record {
		if r.Event == subject.OnClose && k.streams[r.Callbacks] {
			return nil
		}
		return []subject.Record{r}
	}}
}

// closeNotes are what a mutant knows from the requests that it has seen.
type closeNotes struct {
	requests map[int]subject.Request
	tags     map[subject.Handle]subject.Tag // the close-cb of each wrapped socket, empty for none
	streams  map[subject.Tag]bool           // the close-cb is that of a stream
	isStream map[subject.Handle]bool
}

func newCloseNotes() *closeNotes {
	return &closeNotes{
		requests: map[int]subject.Request{}, tags: map[subject.Handle]subject.Tag{},
		streams: map[subject.Tag]bool{}, isStream: map[subject.Handle]bool{},
	}
}

func (k *closeNotes) note(r subject.Request) []subject.Request {
	k.requests[r.ID] = r
	switch r.Op {
	case subject.Connect:
		k.isStream[r.As] = r.Stream
	case subject.Wrap:
		k.tags[r.As] = r.CloseCallback
		k.streams[r.CloseCallback] = k.isStream[r.On]
	}
	return []subject.Request{r}
}
