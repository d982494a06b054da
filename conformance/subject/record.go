package subject

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Callback is one that an application attaches to a socket, and the kind of the event that reports its call.
type Callback string

const (
	OnConnect Callback = "connect"
	OnRead    Callback = "read"
	OnWrite   Callback = "write"
	OnEvent   Callback = "event"
	OnClose   Callback = "close" // the close-cb of a wrap
	// Ran is no callback: it is the event that reports the run of a deferred operation.
	Ran Callback = "ran"
)

// A Record is an answer to a request, or an event. Answers and events share one numbering, taken when an operation
// returns or a callback begins, without a gap, and come in that order.
type Record struct {
	Seq int `json:"seq"`
	// Time is when the record reached the suite's process, on the suite's clock.
	Time time.Time `json:"-"`

	// ID is the request that is answered, or that ran.
	ID int `json:"id,omitempty"`
	// OK is the outcome of an operation that was performed, Error of one that was not. An answer has one of the two,
	// or Deferred: the operation waits for its callback. So has an event [Ran].
	OK       *Result `json:"ok,omitempty"`
	Error    *Error  `json:"error,omitempty"`
	Deferred bool    `json:"deferred,omitempty"`

	// Event is the callback that was called; empty for an answer.
	Event Callback `json:"event,omitempty"`
	// On is the object that the callback was called with.
	On Handle `json:"on,omitempty"`
	// Callbacks is the tag of the set that the callback belongs to, or of the close-cb.
	Callbacks Tag `json:"callbacks,omitempty"`
	// Arguments is how many the callback was called with.
	Arguments int `json:"arguments,omitempty"`
	// Data is what a read callback was handed; only its Size, where a digest was asked for.
	Data []byte `json:"data,omitempty"`
	Size int    `json:"size,omitempty"`
	// Stream is the stream that a read callback was called with, beside its socket.
	Stream Handle `json:"stream,omitempty"`
	// Condition is what an event callback was handed.
	Condition *Condition `json:"condition,omitempty"`
}

// A Result is what an operation gives back.
type Result struct {
	// Kind is what wrap returned: "socket" or "stream".
	Kind string `json:"kind,omitempty"`
	// SameAs is the handle of an object that was known already, where wrap returned no new one.
	SameAs Handle `json:"same_as,omitempty"`
	// Closed answers the operation of that name.
	Closed *bool `json:"closed,omitempty"`
	// Data is what was read, or had been stored.
	Data []byte `json:"data,omitempty"`
	// Size and SHA256 (in hexadecimal) are those of all that read callbacks were handed.
	Size   int    `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Classes are the documented ones that an object belongs to ([ClassSocket] and so on), Members the names of its
	// public members.
	Classes []string `json:"classes,omitempty"`
	Members []string `json:"members,omitempty"`
	// Descriptors are how many the process has open, Memory is how many bytes it has in use, after whatever collects
	// garbage has run, and CPU how many milliseconds of CPU time it has used.
	Descriptors int `json:"descriptors,omitempty"`
	Memory      int `json:"memory,omitempty"`
	CPU         int `json:"cpu_ms,omitempty"`
	// NeverRan lists the deferred operations whose callback was not called before the end.
	NeverRan []int `json:"never_ran,omitempty"`
}

// The documented classes of objects.
const (
	ClassSocket    = "socket"
	ClassSSLSocket = "ssl-socket"
	ClassStream    = "stream"
)

// The documented names of conditions.
const (
	EventInfo      = "event-info"
	EventError     = "event-error"
	TCPInfo        = "tcp-info"
	TCPError       = "tcp-error"
	TCPEOF         = "tcp-eof"
	TCPTimeout     = "tcp-timeout"
	TCPRefused     = "tcp-refused"
	TCPAcceptError = "tcp-accept-error"
	SocketClosed   = "socket-closed"
	DNSError       = "dns-error"
	TCPSSLError    = "tcp-ssl-error"
)

var conditionNames = []string{EventInfo, EventError, TCPInfo, TCPError, TCPEOF, TCPTimeout, TCPRefused,
	TCPAcceptError, SocketClosed, DNSError, TCPSSLError}

// A Condition is what the documentation calls one: something that happened, or went wrong.
type Condition struct {
	// Types are its documented types, most specific first; none for an application's own error.
	Types []string `json:"types,omitempty"`
	// Code is the system's, or the library's own.
	Code int `json:"code,omitempty"`
	// Message is for people: it is shown and never matched.
	Message string `json:"message,omitempty"`
	// Socket is the one that the condition names.
	Socket Handle `json:"socket,omitempty"`
	// Alert is the description of the TLS alert (RFC 8446, section 6) that led to it, 0 if there was none or it
	// cannot be told.
	Alert int `json:"alert,omitempty"`
}

// Check returns an error that names a type which is not documented: it is misspelt, or is not to be told.
func (c *Condition) Check() error {
	if c == nil {
		return nil
	}
	for _, t := range c.Types {
		if !slices.Contains(conditionNames, t) {
			return fmt.Errorf("a condition has the type %q, which is not documented: use some of %s", t, strings.Join(conditionNames, ", "))
		}
	}
	return nil
}

// Is tells whether the condition has the type of that documented name.
func (c *Condition) Is(name string) bool {
	return c != nil && slices.Contains(c.Types, name)
}

// Name is the most specific documented name.
func (c *Condition) Name() string {
	if len(c.Types) == 0 {
		return "an application's own error"
	}
	return c.Types[0]
}

func (c *Condition) String() string {
	if c == nil {
		return "nothing"
	}
	s := fmt.Sprintf("%s (code %d, %q)", c.Name(), c.Code, c.Message)
	if c.Socket != "" {
		s += " of " + string(c.Socket)
	}
	return s
}

// An Error is why an operation was not performed.
type Error struct {
	// Unsupported: the subject does not offer the operation.
	Unsupported bool `json:"unsupported,omitempty"`
	Condition
}

func (e *Error) Error() string {
	if e.Unsupported {
		return "unsupported"
	}
	return e.Condition.String()
}

// String is the record as a timeline shows it.
func (r Record) String() string {
	switch {
	case r.Event == Ran:
		return fmt.Sprintf("ran request %d: %s", r.ID, r.outcome())
	case r.Event == OnClose:
		return fmt.Sprintf("close-cb %s called with %s", r.Callbacks, plural(r.Arguments, "argument"))
	case r.Event != "":
		return r.call()
	default:
		return fmt.Sprintf("answer to request %d: %s", r.ID, r.outcome())
	}
}

func (r Record) call() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s callback of %s called with ", r.Event, r.Callbacks)
	switch r.Event {
	case OnEvent:
		fmt.Fprintf(&b, "%s", r.Condition)
	case OnRead:
		b.WriteString(r.read())
	default:
		fmt.Fprintf(&b, "%s", r.On)
	}
	return b.String()
}

func (r Record) read() string {
	with := string(r.On)
	if r.Stream != "" {
		with += " and " + string(r.Stream)
	}
	if r.Size > 0 {
		return fmt.Sprintf("%s: %d bytes", with, r.Size)
	}
	if r.Stream != "" && r.Data == nil {
		return with
	}
	return with + ": " + Quote(r.Data)
}

func (r Record) outcome() string {
	switch {
	case r.Deferred:
		return "waits for its callback"
	case r.Error != nil:
		return r.Error.Error()
	case r.OK != nil && r.OK.Closed != nil:
		return fmt.Sprintf("closed: %t", *r.OK.Closed)
	case r.OK != nil:
		return r.OK.String()
	default:
		return "ok"
	}
}

// String is a result as a timeline shows it, what it says of closed? aside.
func (r *Result) String() string {
	parts := []string{"ok"}
	part := func(is bool, format string, a ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, a...))
		}
	}
	part(r.Kind != "", "a %s", r.Kind)
	part(r.SameAs != "", "which is %s", r.SameAs)
	part(r.Data != nil, "%s", Quote(r.Data))
	part(r.SHA256 != "", "%d bytes with SHA-256 %s", r.Size, r.SHA256)
	part(r.Classes != nil, "of %v", r.Classes)
	part(r.Descriptors != 0, "%d descriptors, %d bytes, %d ms of CPU time", r.Descriptors, r.Memory, r.CPU)
	return strings.Join(parts, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
