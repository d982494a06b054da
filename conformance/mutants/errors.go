package mutants

import (
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

var errorMutants = []Mutant{
	{
		Name: "ssl-error-unnamed", Rows: []string{"F1"}, tamper: records(sslErrorUnnamed),
		Breaks: []string{"error/hierarchy", "error/plain-peer", "error/alert", "error/version", "error/cipher",
			"error/client-certificate-refused", "error/bad-record", "error/garbage", "error/overlong", "upgrade/injected-plaintext-reported",
			"verify/untrusted", "verify/expired", "verify/wrong-host", "verify/cn-only", "verify/purpose", "verify/incomplete"},
	},
	{
		Name: "what-failed-delivered", Rows: []string{"F4"}, tamper: records(whatFailedDelivered),
		Breaks: []string{"error/plain-peer", "error/bad-record", "error/garbage", "error/overlong", "error/cut-record", "error/data-first"},
	},
	{Name: "ssl-error-is-no-tcp-error", tamper: records(sslErrorIsNoTCPError), Breaks: []string{"error/hierarchy"}},
	{Name: "error-without-code", Rows: []string{"F7"}, tamper: records(errorWithoutCode), Breaks: []string{"error/fields"}},
	{Name: "error-without-message", tamper: records(errorWithoutMessage), Breaks: []string{"error/fields"}},
	{Name: "alert-untold", tamper: records(alertUntold), Breaks: []string{"error/alert-named", "error/cause"}},
	{
		Name: "alert-is-any-error", Rows: []string{"F6", "J1"}, tamper: records(alertIsAnyError),
		Breaks: []string{"error/alert", "error/client-certificate-refused"},
	},
	{Name: "unoffered-version-hangs", tamper: hangsUpon("unsupported protocol version"), Breaks: []string{"error/version", "error/once"}},
	{Name: "unoffered-cipher-hangs", tamper: hangsUpon("unconfigured cipher suite"), Breaks: []string{"error/cipher", "error/once"}},
	{
		Name: "forged-record-hangs", Rows: []string{"G1"}, tamper: hangsUpon("bad record MAC"),
		Breaks: []string{"error/bad-record", "error/hierarchy", "error/fields", "error/data-first", "error/once", "error/then-closed",
			"close/error", "close/marked", "close/last", "close/again", "close/in-event-callback",
			"close/in-close-callback", "close/loop-ends", "reattach/event", "reattach/absent-event"},
	},
	{
		Name: "garbage-awaited", tamper: garbageAwaited,
		Breaks: []string{"error/garbage", "error/data-first", "error/once", "error/then-closed", "close/error"},
	},
	{Name: "overlong-record-awaited", tamper: overlongAwaited, Breaks: []string{"error/overlong"}},
	{
		Name: "alert-not-sent", Rows: []string{"F5"}, tamper: alertNotSent,
		Breaks: []string{"error/alert-sent", "close/notify"},
	},
	{Name: "reset-hides-alert", Rows: []string{"F13", "G4", "J2"}, tamper: connections(resetHidesAlert), Breaks: []string{"error/cause", "error/reset-is-not-end"}},
	{
		Name: "truncation-is-clean-end", Rows: []string{"G2", "G3"}, tamper: ended(io.EOF, cleanEnd()...),
		Breaks: []string{"error/handshake-end", "error/truncation", "error/cut-record"},
	},
	{
		Name: "reset-is-clean-end", Rows: []string{"G4"}, tamper: ended(syscall.ECONNRESET, cleanEnd()...),
		Breaks: []string{"error/reset-is-not-end"},
	},
	{
		Name: "end-is-timeout", Rows: []string{"F3"},
		tamper: ended(io.EOF, extending(subject.TCPTimeout)...),
		Breaks: []string{"error/handshake-end", "error/truncation", "error/cut-record"},
	},
	{
		Name:   "reset-is-timeout",
		tamper: ended(syscall.ECONNRESET, extending(subject.TCPTimeout)...),
		Breaks: []string{"error/handshake-reset", "error/reset-is-not-end"},
	},
	{
		Name: "error-twice", Rows: []string{"A3", "J2"}, tamper: records(errorTwice),
		Breaks: []string{"error/once", "error/handshake-end", "error/handshake-reset", "close/refused", "argument/peer-gone"},
	},
	{
		Name: "end-of-handshake-unreported", Rows: []string{"F2", "N6"}, tamper: endOfHandshakeUnreported,
		Breaks: []string{"error/handshake-end", "error/fields", "error/once", "argument/peer-gone"},
	},
	{
		Name: "refusal-behind-write-is-clean-end", Rows: []string{"J3"}, tamper: refusalBehindWriteIsCleanEnd,
		Breaks: []string{"error/client-certificate-refused"},
	},
	{Name: "failed-socket-left-open", Rows: []string{"G7"}, tamper: failedSocketLeftOpen, Breaks: []string{"error/then-closed"}},
	{
		Name: "failed-socket-not-closed", Rows: []string{"G7"}, tamper: records(neverClosed),
		Breaks: []string{"error/then-closed", "close/marked", "close/omitted", "close/answers-notify", "close/stream",
			"reattach/absent-event"},
	},
	{Name: "data-lost-to-error", Rows: []string{"G4"}, tamper: dataLostToError, Breaks: []string{"error/data-first", "error/reset-is-not-end"}},
	{Name: "error-blamed-on-others", Rows: []string{"G6"}, tamper: errorBlamedOnOthers, Breaks: []string{"error/isolated"}},
	{Name: "ticket-wakes-read-callback", Rows: []string{"J4"}, tamper: ticketWakesReadCallback, Breaks: []string{"error/none"}},
	{
		Name: "ticket-is-error", tamper: ticketIsError,
		Breaks: []string{"error/none", "error/isolated", "error/data-first", "error/reset-is-not-end"}, // wherever there is data
	},
	{Name: "waits-busily", Rows: []string{"F12", "J4", "S6"}, tamper: waitsBusily, Breaks: []string{"error/idle-is-cheap"}},
	{Name: "broken-pipe-kills", Rows: []string{"G10"}, tamper: connections(brokenPipeKills), Breaks: []string{"error/survives-pipe"}},
}

func sslErrorUnnamed(r subject.Record) []subject.Record {
	if r.Condition.Is(subject.TCPSSLError) {
		r.Condition.Types = extending(subject.TCPError)[1:]
	}
	return []subject.Record{r}
}

func sslErrorIsNoTCPError(r subject.Record) []subject.Record {
	if r.Condition.Is(subject.TCPSSLError) {
		r.Condition.Types = []string{subject.TCPSSLError, subject.EventError, subject.EventInfo}
	}
	return []subject.Record{r}
}

// whatFailedDelivered takes for data what came in the place of TLS, or was forged.
func whatFailedDelivered(r subject.Record) []subject.Record {
	if !r.Condition.Is(subject.TCPSSLError) {
		return []subject.Record{r}
	}
	read := subject.Record{Event: subject.OnRead, On: r.Condition.Socket, Callbacks: r.Callbacks, Data: []byte("500")}
	return []subject.Record{read, r}
}

// hangsUpon makes a mutant that does not tell of an error with such a text, as if it waited for more.
func hangsUpon(texts ...string) tampering {
	return func(func(subject.Record)) tamperer {
		hangs := false
		return tamperer{record: func(r subject.Record) []subject.Record {
			hangs = hangs || r.Event == subject.OnEvent && slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(r.Condition.Message, t) })
			if hangs && (r.Event == subject.OnEvent || r.Event == subject.OnClose) {
				return nil
			}
			return []subject.Record{r}
		}}
	}
}

func errorWithoutCode(r subject.Record) []subject.Record {
	if r.Condition != nil {
		r.Condition.Code = 0
	}
	return []subject.Record{r}
}

func errorWithoutMessage(r subject.Record) []subject.Record {
	if r.Condition != nil {
		r.Condition.Message = ""
	}
	return []subject.Record{r}
}

func alertUntold(r subject.Record) []subject.Record {
	if r.Condition != nil {
		r.Condition.Alert = 0
	}
	return []subject.Record{r}
}

// alertIsAnyError takes an alert for an error of the network.
func alertIsAnyError(r subject.Record) []subject.Record {
	if r.Condition != nil && r.Condition.Alert != 0 {
		return sslErrorUnnamed(r)
	}
	return []subject.Record{r}
}

// refusalBehindWriteIsCleanEnd looks no further where what was written has left.
func refusalBehindWriteIsCleanEnd(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		_, wrote := asked.last(func(q subject.Request) bool { return q.Op == subject.Write && q.On == about(r) })
		if wrote && r.Event == subject.OnEvent && r.Condition.Alert != 0 {
			r.Condition.Types = cleanEnd()
		}
		return []subject.Record{r}
	}}
}

func errorTwice(r subject.Record) []subject.Record {
	if r.Event == subject.OnEvent && r.Condition.Is(subject.EventError) {
		return []subject.Record{r, r}
	}
	return []subject.Record{r}
}

func neverClosed(r subject.Record) []subject.Record {
	if r.OK != nil && r.OK.Closed != nil {
		r.OK.Closed = new(bool)
	}
	return []subject.Record{r}
}

// dataLostToError hands data over a little later, unless an error comes meanwhile.
func dataLostToError(inject func(subject.Record)) tamperer {
	var mu sync.Mutex
	var held []subject.Record
	deliver := func() {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range held {
			inject(r)
		}
		held = nil
	}
	return tamperer{record: func(r subject.Record) []subject.Record {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.Event == subject.OnRead && r.On == "tls":
			if len(held) == 0 {
				time.AfterFunc(20*time.Millisecond, deliver)
			}
			held = append(held, r)
			return nil
		case r.Condition.Is(subject.EventError):
			held = nil
		}
		return []subject.Record{r}
	}}
}

// errorBlamedOnOthers reports the error of one wrapped socket on all.
func errorBlamedOnOthers(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		all := []subject.Record{r}
		if _, is := asked.original(about(r)); !is || r.Event != subject.OnEvent {
			return all
		}
		for _, q := range asked.requests {
			if q.Op == subject.Wrap && q.As != about(r) {
				condition := *r.Condition
				condition.Socket = q.As
				all = append(all, subject.Record{Event: subject.OnEvent, Callbacks: asked.connect(q.On).Callbacks, Arguments: 1, Condition: &condition})
			}
		}
		return all
	}}
}

// firstRead makes a mutant that reports something before the first data of a wrapped socket.
func firstRead(before func(read subject.Record) subject.Record) tampering {
	return func(inject func(subject.Record)) tamperer {
		seen := map[subject.Handle]bool{}
		return wrapped(func(r subject.Record, _ subject.Handle) []subject.Record {
			if r.Event != subject.OnRead || seen[r.On] {
				return []subject.Record{r}
			}
			seen[r.On] = true
			return []subject.Record{before(r), r}
		})(inject)
	}
}

var ticketWakesReadCallback = firstRead(func(read subject.Record) subject.Record {
	read.Data = nil
	return read
})

var ticketIsError = firstRead(func(read subject.Record) subject.Record {
	event := failed(subject.TCPSSLError, read.On, "unexpected message")
	event.Callbacks = read.Callbacks
	return event
})

// waitsBusily turns round and round from a wrap on, for a time that is long enough.
func waitsBusily(func(subject.Record)) tamperer {
	var waits atomic.Int32
	var over atomic.Bool
	return tamperer{request: func(r subject.Request) []subject.Request {
		switch r.Op {
		case subject.Wrap:
			if waits.Add(1) > 2 {
				break // more would leave the machine no time for anything else
			}
			until := time.Now().Add(10 * time.Second)
			go func() {
				for !over.Load() && time.Now().Before(until) {
				}
			}()
		case subject.Close, subject.End:
			over.Store(true)
		}
		return []subject.Request{r}
	}}
}
