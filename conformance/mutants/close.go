package mutants

import (
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

var closeMutants = []Mutant{
	{Name: "close-cb-lost", Breaks: anyEnd, Rows: []string{"C1"}, tamper: records(closeCallbackLost)},
	{Name: "close-cb-twice", Breaks: countedEnd, Rows: []string{"C3"}, tamper: records(closeCallbackTwice)},
	{Name: "close-cb-with-argument", Breaks: []string{"close/explicit", "close/timeout"}, tamper: records(closeCallbackWithArgument)},
	{
		Name: "peer-end-without-close-cb", Rows: []string{"C10"}, tamper: closeCallbackLostBehind(subject.TCPEOF),
		Breaks: []string{"close/peer", "close/again", "close/answers-notify", "close/in-close-callback", "close/in-event-callback",
			"close/last", "close/loop-ends", "close/marked", "close/not-early", "close/notify-while-paused"},
	},
	{
		Name: "half-closed-left-open", Rows: []string{"H5"}, tamper: halfClosedLeftOpen,
		Breaks: []string{"close/peer", "close/again", "close/answers-notify", "close/descriptor", "close/in-close-callback",
			"close/in-event-callback", "close/last", "close/marked", "close/not-early", "close/notify-while-paused", "close/omitted",
			"error/once"},
	},
	{Name: "peer-end-told-twice", Breaks: []string{"close/peer", "close/answers-notify", "close/notify-while-paused"}, tamper: records(peerEndTwice)},
	{
		Name: "ssl-error-without-close-cb", Rows: []string{"C2"}, tamper: closeCallbackLostBehind(subject.TCPSSLError),
		Breaks: []string{"close/error", "close/again", "close/in-close-callback", "close/in-event-callback", "close/last",
			"close/loop-ends", "close/marked", "reattach/absent-event", "argument/peer-gone"},
	},
	{
		Name: "reset-without-close-cb", Rows: []string{"C2"}, tamper: closeCallbackLostBehind(subject.TCPError),
		Breaks: []string{"close/reset", "close/in-event-callback", "close/last", "close/loop-ends", "error/handshake-reset"},
	},
	{Name: "refusal-without-close-cb", Breaks: []string{"close/refused"}, Rows: []string{"N1"}, tamper: closeCallbackLostBehind(subject.TCPRefused)},
	{Name: "refusal-taken-for-ssl-error", Breaks: []string{"close/refused"}, Rows: []string{"N1"}, tamper: records(refusalAsSSLError)},
	{
		Name: "close-in-handshake-leaves-connection", Rows: []string{"C11"}, tamper: closeInHandshakeLeaves,
		Breaks: []string{"close/in-handshake", "close/descriptor", "close/error", "close/last", "close/loop-exit"},
	},
	{Name: "close-before-connect-forgotten", Breaks: []string{"close/before-connect", "close/last"}, Rows: []string{"N5"}, tamper: closeBeforeConnectForgotten},
	{Name: "close-cb-at-first-data", Breaks: []string{"close/not-early", "close/last"}, tamper: closeCallbackAtFirstData},
	{
		Name: "data-behind-close-cb", Rows: []string{"T1"}, tamper: dataBehindClose,
		Breaks: []string{"close/not-early", "close/in-read-callback", "close/last", "reattach/paused", "error/reset-is-not-end",
			"error/data-first"},
	},
	{Name: "close-cb-needed", Breaks: []string{"close/omitted"}, tamper: closeCallbackNeeded},
	{Name: "close-cb-before-closed", Breaks: []string{"close/marked"}, Rows: []string{"C4"}, tamper: ranIn(subject.OnClose, subject.Closed, openStill)},
	{Name: "close-cb-again-later", Breaks: []string{"close/last"}, tamper: closeCallbackAgainLater},
	{Name: "event-behind-close-cb", Breaks: []string{"close/last"}, Rows: []string{"T2"}, tamper: eventBehindClose},
	{Name: "second-close-accepted", Breaks: []string{"close/again"}, Rows: []string{"C8"}, tamper: acceptedWhenClosed(subject.Close)},
	{Name: "write-after-close-swallowed", Breaks: []string{"close/again"}, Rows: []string{"I10"}, tamper: acceptedWhenClosed(subject.Write)},
	{Name: "timeouts-after-close-accepted", Breaks: []string{"close/again"}, tamper: acceptedWhenClosed(subject.SetTimeouts)},
	{Name: "close-cb-for-each-close", Breaks: []string{"close/again"}, Rows: []string{"C3"}, tamper: closeCallbackForEachClose},
	{Name: "data-gone-with-socket", Breaks: []string{"close/again", "identity/socket-data"}, tamper: answersTo(subject.GetData, dataGone)},
	{Name: "enable-after-close-accepted", Breaks: []string{"close/again-pause"}, tamper: acceptedWhenClosed(subject.Enable)},
	{Name: "disable-after-close-accepted", Breaks: []string{"close/again-pause"}, tamper: acceptedWhenClosed(subject.Disable)},
	{
		Name: "buffer-read-out-behind-close", Rows: []string{"T1"}, tamper: ranIn(subject.OnRead, subject.Close, readOnce),
		Breaks: []string{"close/in-read-callback", "close/last"},
	},
	{
		Name: "close-in-event-callback-closes-twice", Rows: []string{"C3", "T2"}, tamper: ranIn(subject.OnEvent, subject.Close, closeOnce),
		Breaks: []string{"close/in-event-callback"},
	},
	{Name: "close-in-event-callback-refused", Breaks: []string{"close/in-event-callback"}, tamper: ranIn(subject.OnEvent, subject.Close, refusedThere)},
	{Name: "close-in-connect-callback-ignored", Breaks: []string{"close/in-connect-callback"}, Rows: []string{"T6"}, tamper: requests(closeInConnectIgnored)},
	{
		Name: "close-in-close-cb-recurses", Rows: []string{"C9"}, tamper: ranIn(subject.OnClose, subject.Close, closeOnce),
		Breaks: []string{"close/in-close-callback"},
	},
	{Name: "close-notify-left-out", Breaks: []string{"close/notify"}, Rows: []string{"C7"}, tamper: closeNotifyLeftOut},
	{
		Name: "close-notify-without-fin-overheard", Rows: []string{"C13", "H1"}, tamper: closeNotifyOverheard(false),
		Breaks: []string{"close/answers-notify", "close/notify-while-paused"},
	},
	{Name: "close-notify-overheard-while-paused", Breaks: []string{"close/notify-while-paused"}, Rows: []string{"H4"}, tamper: closeNotifyOverheard(true)},
	{Name: "close-cb-waits-for-peer", Breaks: []string{"close/does-not-wait"}, Rows: []string{"C5"}, tamper: closeCallbackWaits},
	{Name: "descriptor-leaked", Breaks: []string{"close/descriptor", "scale/no-leak"}, Rows: []string{"C12", "S1", "S3"}, tamper: descriptorLeaked},
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
	"close/refused", "close/reset", "close/stream", "close/timeout", "close/while-streaming", "reattach/absent-event",
	"error/handshake-reset", "argument/peer-gone",
}

// countedEnd are those that count its calls.
var countedEnd = []string{
	"close/again", "close/again-pause", "close/answers-notify", "close/before-connect", "close/error",
	"close/explicit", "close/in-close-callback", "close/in-connect-callback", "close/in-event-callback",
	"close/in-handshake", "close/in-read-callback", "close/last", "close/loop-ends", "close/loop-exit",
	"close/notify-while-paused", "close/peer", "close/refused", "close/reset", "close/stream", "close/timeout",
	"error/handshake-reset", "argument/peer-gone",
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
func closeCallbackLostBehind(name string) tampering {
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
	var asked asked
	called := false
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		wrap, is := asked.wrap(r.On)
		switch {
		case r.Event == subject.OnRead && is && !called:
			called = true
			return []subject.Record{{Event: subject.OnClose, Callbacks: wrap.CloseCallback}, r}
		case r.Event == subject.OnClose && called:
			return nil
		}
		return []subject.Record{r}
	}}
}

// dataBehindClose hands over the last data once more behind close-cb.
func dataBehindClose(func(subject.Record)) tamperer {
	var asked asked
	var last []subject.Record
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		if _, is := asked.wrap(r.On); is && r.Event == subject.OnRead {
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
	var asked asked
	return tamperer{request: asked.onWrapped(func(q subject.Request, _ subject.Handle) []subject.Request {
		if wrap, _ := asked.wrap(q.On); q.Op == subject.Close && wrap.CloseCallback == "" {
			return nil
		}
		return []subject.Request{q}
	})}
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
			late := failed(subject.TCPSSLError, "tls", "application data after close notify")
			time.AfterFunc(littleLater, func() { inject(late) })
		}
		return []subject.Record{r}
	}}
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
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		if wrap, is := asked.wrapWith(r.Callbacks); is && r.Event == subject.OnClose && asked.connect(wrap.On).Stream {
			return nil
		}
		return []subject.Record{r}
	}}
}
