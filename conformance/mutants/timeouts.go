package mutants

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

var timeoutMutants = []Mutant{
	{
		Name: "timeouts-not-reattached", Rows: []string{"B1"}, tamper: requests(timeoutsNotReattached),
		Breaks: []string{"timeout/read", "timeout/write", "timeout/stream", "timeout/connect", "timeout/handshake", "timeout/inside-record",
			"timeout/disabled", "timeout/closes", "close/timeout"},
	},
	{
		Name: "read-timeout-of-one-second", Rows: []string{"B1"}, tamper: requests(readTimeoutOfOneSecond),
		Breaks: []string{"timeout/read", "timeout/read-long", "timeout/none", "timeout/stream", "timeout/connect", "timeout/handshake",
			"timeout/inside-record"},
	},
	{
		Name: "read-timeout-halved", tamper: requests(readTimeoutHalved),
		Breaks: []string{"timeout/read", "timeout/stream", "timeout/connect", "timeout/handshake", "timeout/inside-record"},
	},
	{Name: "timeout-names-original", Rows: []string{"B2"}, tamper: wrapped(timeoutNamesOriginal), Breaks: []string{"timeout/read"}},
	{Name: "write-timeout-ignored", Rows: []string{"B9"}, tamper: requests(writeTimeoutIgnored), Breaks: []string{"timeout/write"}},
	{Name: "write-timeout-lost-behind-plain", Rows: []string{"B9"}, tamper: taps{request: writeTimeoutLostBehindPlain}.tamper, Breaks: []string{"timeout/write"}},
	{Name: "write-timeout-despite-reading", Rows: []string{"B9"}, tamper: writeTimeoutDespiteReading, Breaks: []string{"timeout/write"}},
	{Name: "write-timeout-stays", tamper: writeTimeoutStays, Breaks: []string{"timeout/replaced", "timeout/cleared"}},
	{Name: "write-timeout-runs-while-disabled", tamper: requests(writingIsNotDisabled), Breaks: []string{"timeout/disabled"}},
	{Name: "stream-timeouts-lost", Rows: []string{"B1"}, tamper: requests(streamTimeoutsLost), Breaks: []string{"timeout/stream"}},
	{
		Name: "old-timeout-stays", Rows: []string{"B2", "B6"}, tamper: requests(oldTimeoutStays),
		Breaks: []string{"timeout/replaced", "timeout/cleared", "close/again"},
	},
	{Name: "timeout-despite-data", Rows: []string{"B4"}, tamper: timeoutDespiteData, Breaks: []string{"timeout/activity", "close/timeout"}},
	{
		Name: "timeout-needs-data-first", Rows: []string{"B3"}, tamper: timeoutNeedsDataFirst,
		Breaks: []string{"timeout/handshake", "timeout/connect", "close/timeout"},
	},
	{Name: "timeout-needs-connection", Rows: []string{"N3"}, tamper: timeoutNeedsConnection, Breaks: []string{"timeout/connect"}},
	{Name: "timeout-not-inside-record", Rows: []string{"B5", "B8"}, tamper: timeoutNotInsideRecord, Breaks: []string{"timeout/inside-record"}},
	{Name: "read-timeout-put-off-by-writing", tamper: readTimeoutPutOffByWriting, Breaks: []string{"timeout/read"}},
	{Name: "timeout-runs-while-disabled", tamper: timeoutRunsWhileDisabled, Breaks: []string{"timeout/disabled"}},
	{Name: "timeout-leaves-it-open", tamper: timeoutLeavesItOpen, Breaks: []string{"timeout/closes"}},
	{Name: "timeout-without-close-cb", Rows: []string{"C2"}, tamper: timeoutWithoutCloseCallback, Breaks: []string{"timeout/closes", "close/timeout"}},
	{Name: "timeout-outlives-socket", Rows: []string{"B10"}, tamper: timeoutOutlivesSocket, Breaks: []string{"timeout/dies-with-socket"}},
	{Name: "loop-waits-for-dead-timeout", Rows: []string{"B10"}, tamper: loopWaitsForDeadTimeout, Breaks: []string{"timeout/dies-with-socket"}},
}

func timeoutsNotReattached(r subject.Request) []subject.Request {
	if r.Op == subject.Connect {
		r.ReadTimeout, r.WriteTimeout = 0, 0
	}
	return []subject.Request{r}
}

func readTimeoutOfOneSecond(r subject.Request) []subject.Request {
	if r.Op == subject.Connect && r.Callbacks == "A" {
		r.ReadTimeout = 1000
	}
	return []subject.Request{r}
}

func readTimeoutHalved(r subject.Request) []subject.Request {
	if r.Op == subject.Connect {
		r.ReadTimeout /= 2
	}
	return []subject.Request{r}
}

func timeoutNamesOriginal(r subject.Record, original subject.Handle) []subject.Record {
	if r.Condition.Is(subject.TCPTimeout) {
		r.Condition.Socket = original
	}
	return []subject.Record{r}
}

func writeTimeoutIgnored(r subject.Request) []subject.Request {
	r.WriteTimeout = 0
	return []subject.Request{r}
}

// writeTimeoutLostBehindPlain times what is written under TLS alone, where something in plain may not have left yet.
func writeTimeoutLostBehindPlain(t *tap, r subject.Request) []subject.Request {
	if r.Op == subject.Write && r.On == t.first && t.top == "" {
		t.once = true
	}
	if r.Op == subject.Wrap && t.once {
		return []subject.Request{{ID: hidden + r.ID, Op: subject.SetTimeouts, On: t.first}, r}
	}
	return []subject.Request{r}
}

// writeTimeoutDespiteReading counts from a write on, however much of it leaves.
func writeTimeoutDespiteReading(inject func(subject.Record)) tamperer {
	timeout := 0
	return tamperer{request: func(r subject.Request) []subject.Request {
		switch {
		case r.Op == subject.Connect && r.WriteTimeout > 0:
			timeout = r.WriteTimeout
			r.WriteTimeout = 0
		case r.Op == subject.Write && timeout > 0:
			timesOut(inject, r.On, timeout)
		}
		return []subject.Request{r}
	}}
}

// writeTimeoutStays lets what is set later be the read timeout alone.
func writeTimeoutStays(func(subject.Record)) tamperer {
	timeout := 0
	return tamperer{request: func(r subject.Request) []subject.Request {
		switch {
		case r.Op == subject.Connect && r.WriteTimeout > 0:
			timeout = r.WriteTimeout
		case r.Op == subject.SetTimeouts && timeout > 0:
			r.WriteTimeout = timeout
		}
		return []subject.Request{r}
	}}
}

func writingIsNotDisabled(r subject.Request) []subject.Request {
	if r.Op == subject.Disable {
		r.ToWrite = false
	}
	return []subject.Request{r}
}

func streamTimeoutsLost(r subject.Request) []subject.Request {
	if r.Stream {
		r.ReadTimeout, r.WriteTimeout = 0, 0
	}
	return []subject.Request{r}
}

// oldTimeoutStays lets what is set on a socket later change nothing.
func oldTimeoutStays(r subject.Request) []subject.Request {
	if r.Op == subject.SetTimeouts {
		return nil
	}
	return []subject.Request{r}
}

// timeoutDespiteData counts from the wrap on, whatever arrives.
func timeoutDespiteData(inject func(subject.Record)) tamperer {
	timeout := 0
	return tamperer{request: func(r subject.Request) []subject.Request {
		switch {
		case r.Op == subject.Connect && r.ReadTimeout > 0:
			timeout = r.ReadTimeout
			r.ReadTimeout = 0
		case r.Op == subject.Wrap && timeout > 0:
			timesOut(inject, r.As, timeout)
		}
		return []subject.Request{r}
	}}
}

// readTimeoutPutOffByWriting counts what is written for something read.
func readTimeoutPutOffByWriting(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.onWrapped(func(q subject.Request, original subject.Handle) []subject.Request {
		if r := asked.connect(original); q.Op == subject.Write && r.ReadTimeout > 0 {
			anew := subject.Request{ID: hidden + q.ID, Op: subject.SetTimeouts, On: q.On, ReadTimeout: r.ReadTimeout, WriteTimeout: r.WriteTimeout}
			return []subject.Request{q, anew}
		}
		return []subject.Request{q}
	})}
}

// timesOut reports a timeout of a socket when the time has passed.
func timesOut(inject func(subject.Record), s subject.Handle, milliseconds int) {
	time.AfterFunc(time.Duration(milliseconds)*time.Millisecond, func() { inject(failed(subject.TCPTimeout, s, "timed out")) })
}

// timeoutRunsWhileDisabled disables the callback, and not the timeout.
func timeoutRunsWhileDisabled(inject func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.onWrapped(func(q subject.Request, original subject.Handle) []subject.Request {
		if timeout := asked.connect(original).ReadTimeout; q.Op == subject.Disable && timeout > 0 {
			timesOut(inject, q.On, timeout)
		}
		return []subject.Request{q}
	})}
}

// timeoutsUnless drops timeouts, with all that follows them, unless a condition holds.
func timeoutsUnless(drop func() bool) func(subject.Record) []subject.Record {
	return func(r subject.Record) []subject.Record {
		if r.Condition.Is(subject.TCPTimeout) && drop() {
			return nil
		}
		return []subject.Record{r}
	}
}

// timeoutNeedsDataFirst starts no timer before something was read under TLS.
func timeoutNeedsDataFirst(func(subject.Record)) tamperer {
	read := false
	drop := timeoutsUnless(func() bool { return !read })
	return tamperer{record: func(r subject.Record) []subject.Record {
		read = read || r.Event == subject.OnRead && r.On == "tls"
		return drop(r)
	}}
}

func timeoutNeedsConnection(func(subject.Record)) tamperer {
	var connected atomic.Bool
	return tamperer{
		conn: func(w *wire) net.Conn {
			connected.Store(true)
			return w
		},
		record: timeoutsUnless(func() bool { return !connected.Load() }),
	}
}

// timeoutNotInsideRecord takes bytes for something read that are no whole record yet.
func timeoutNotInsideRecord(func(subject.Record)) tamperer {
	var unread atomic.Int64
	drop := timeoutsUnless(func() bool { return unread.Load() > 0 })
	return tamperer{
		conn: func(w *wire) net.Conn { return counted{w, &unread} },
		record: func(r subject.Record) []subject.Record {
			if r.Event == subject.OnRead {
				unread.Store(0)
			}
			return drop(r)
		},
	}
}

func timeoutLeavesItOpen(func(subject.Record)) tamperer {
	timedOut := false
	return tamperer{record: func(r subject.Record) []subject.Record {
		timedOut = timedOut || r.Condition.Is(subject.TCPTimeout)
		if timedOut && r.OK != nil && r.OK.Closed != nil {
			r.OK.Closed = new(bool)
		}
		return []subject.Record{r}
	}}
}

func timeoutWithoutCloseCallback(func(subject.Record)) tamperer {
	timedOut := false
	return tamperer{record: func(r subject.Record) []subject.Record {
		timedOut = timedOut || r.Condition.Is(subject.TCPTimeout)
		if timedOut && r.Event == subject.OnClose {
			return nil
		}
		return []subject.Record{r}
	}}
}

// timeoutOutlivesSocket fires though the socket was closed.
func timeoutOutlivesSocket(inject func(subject.Record)) tamperer {
	timeout := 0
	return tamperer{request: func(r subject.Request) []subject.Request {
		if r.Op == subject.Connect && r.ReadTimeout > 0 {
			timeout = r.ReadTimeout
		}
		if r.Op == subject.Close && timeout > 0 {
			timesOut(inject, r.On, timeout)
		}
		return []subject.Request{r}
	}}
}

// loopWaitsForDeadTimeout answers finish only when the timeout of a closed socket has run out.
func loopWaitsForDeadTimeout(inject func(subject.Record)) tamperer {
	timeout, finish := 0, 0
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			if r.Op == subject.Connect {
				timeout = max(timeout, r.ReadTimeout)
			}
			if r.Op == subject.Finish {
				finish = r.ID
			}
			return []subject.Request{r}
		},
		record: func(r subject.Record) []subject.Record {
			if r.ID == finish && timeout > 0 && finish > 0 {
				time.AfterFunc(time.Duration(timeout)*time.Millisecond, func() { inject(r) })
				return nil
			}
			return []subject.Record{r}
		},
	}
}
