package mutants

import (
	"sync"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks the end of a session below TLS.

var closeInHandshakeLeaves = filtered(func(f *filter) {
	f.shuts = func() bool { return f.secret.Load() }
	f.closes = func() {
		if !f.secret.Load() {
			f.leak()
		}
	}
})

var closeNotifyLeftOut = filtered(func(f *filter) {
	f.leaves = func(record []byte) bool { return !f.secret.Load() || !isAlert(record) }
})

var outputDropped = filtered(func(f *filter) {
	var heard atomic.Bool
	f.arrives = func(record []byte) bool {
		if f.secret.Load() && isAlert(record) {
			heard.Store(true)
		}
		return true
	}
	f.leaves = func(record []byte) bool { return !heard.Load() || isAlert(record) }
})

var descriptorLeaked = filtered(func(f *filter) {
	f.closes = func() {
		f.CloseWrite() // the peer notices nothing
		f.leak()
	}
})

// halfClosedLeftOpen leaves its own half of TCP open where the peer has ended the session.
var halfClosedLeftOpen = filtered(func(f *filter) {
	var ended, begun atomic.Bool // by the peer; and by this side, which was the first
	isEnd := func(record []byte) bool { return f.secret.Load() && isAlert(record) }
	f.leaves = func(record []byte) bool {
		if isEnd(record) && !ended.Load() {
			begun.Store(true)
		}
		return true
	}
	f.arrives = func(record []byte) bool {
		if isEnd(record) {
			ended.Store(true)
		}
		return true
	}
	f.shuts = func() bool { return begun.Load() || !ended.Load() }
	f.closes = func() {
		if !f.shuts() {
			f.leak()
		}
	}
})

// closeNotifyOverheard does not notice a close_notify, always or while reading is disabled, before TCP ends, too.
func closeNotifyOverheard(whilePaused bool) tampering {
	return func(func(subject.Record)) tamperer {
		var deaf atomic.Bool
		deaf.Store(!whilePaused)
		return tamperer{
			request: func(r subject.Request) []subject.Request {
				if whilePaused && r.ToRead {
					deaf.Store(r.Op == subject.Disable)
				}
				return []subject.Request{r}
			},
			conn: filtering(func(f *filter) {
				f.arrives = func(record []byte) bool {
					if !deaf.Load() || !f.secret.Load() || !isAlert(record) {
						return true
					}
					f.held = append(f.held, record...)
					return false
				}
			}),
		}
	}
}

// closeBeforeConnectForgotten runs close-cb for what is closed in the turn in which it was connected, and goes on.
func closeBeforeConnectForgotten(inject func(subject.Record)) tamperer {
	var asked asked
	stands := false
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			wrap, _ := asked.wrap(r.On)
			if r.Op == subject.Close && !r.Deferred() && wrap.CloseCallback != "" && !stands {
				inject(subject.Record{Event: subject.OnClose, Callbacks: wrap.CloseCallback})
				return nil
			}
			return asked.note(r)
		},
		record: func(r subject.Record) []subject.Record {
			stands = stands || r.Event != ""
			return []subject.Record{r}
		},
	}
}

// closeCallbackWaits runs close-cb when the peer has ended, too.
func closeCallbackWaits(inject func(subject.Record)) tamperer {
	var mu sync.Mutex
	open := 0
	var waiting []subject.Record
	count := func(more int) {
		mu.Lock()
		defer mu.Unlock()
		if open += more; open > 0 {
			return
		}
		for _, r := range waiting {
			inject(r)
		}
		waiting = nil
	}
	return tamperer{
		record: func(r subject.Record) []subject.Record {
			mu.Lock()
			defer mu.Unlock()
			if r.Event != subject.OnClose || open == 0 {
				return []subject.Record{r}
			}
			waiting = append(waiting, r)
			return nil
		},
		conn: filtering(func(f *filter) {
			f.begins = func() { count(+1) }
			f.over = func() { count(-1) }
		}),
	}
}

// exitLeavesConnections ends a session and leaves its connections as they are.
func exitLeavesConnections(func(subject.Record)) tamperer {
	var leaving atomic.Bool
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			if r.Op == subject.End {
				leaving.Store(true)
			}
			return []subject.Request{r}
		},
		conn: filtering(func(f *filter) {
			var shut atomic.Bool
			f.shuts = func() bool {
				shut.Store(!leaving.Load())
				return shut.Load()
			}
			f.closes = func() {
				if leaving.Load() && !shut.Load() {
					f.leak()
				}
			}
		}),
	}
}

// dataBehindCloseIsError reports what still arrives behind a close.
func dataBehindCloseIsError(inject func(subject.Record)) tamperer {
	var closed atomic.Bool
	var once sync.Once
	return tamperer{
		record: func(r subject.Record) []subject.Record {
			if r.Event == subject.OnClose {
				closed.Store(true)
			}
			return []subject.Record{r}
		},
		conn: filtering(func(f *filter) {
			f.arrives = func(record []byte) bool {
				if closed.Load() && f.secret.Load() && !isAlert(record) {
					once.Do(func() { inject(failed(subject.TCPSSLError, "tls", "application data after close notify")) })
				}
				return true
			}
		}),
	}
}
