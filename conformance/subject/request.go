package subject

import (
	"fmt"
	"strings"
)

// An Operation is something that a session can be told to do.
type Operation string

const (
	// Connect opens a TCP connection to Host and Port and names the new socket As. Callbacks is the tag of its set of
	// callbacks; Has says which of them the set has.
	Connect Operation = "connect"
	// Wrap wraps the socket On in TLS and names what comes back As. CloseCallback is the tag of its close-cb, empty
	// for none. Authority (path of a PEM file) and ServerName are for a subject that verifies.
	Wrap Operation = "wrap"
	// Write writes Data to the socket On.
	Write Operation = "write"
	// Close closes the socket On.
	Close Operation = "close"
	// Closed asks whether the socket On is closed; see [Result.Closed].
	Closed Operation = "closed"
	// Sync is answered after two full poll-and-dispatch rounds of the loop.
	Sync Operation = "sync"
	// End closes everything and ends the session; see [Result.NeverRan]. Nothing follows its answer.
	End Operation = "end"
)

// A Handle names an object of a session: the suite chooses the name.
type Handle string

// Unknown is the handle that a subject reports for an object that it was never told a name of.
const Unknown Handle = "?"

// A Tag names a set of callbacks, or a close-cb.
type Tag string

// A Request is one operation, with what it needs. Fields that an operation does not use are empty.
type Request struct {
	// ID is unique in its session, and above 1, which is the request that opened it; the answer carries it.
	ID int       `json:"id"`
	Op Operation `json:"op"`
	On Handle    `json:"on,omitempty"`
	As Handle    `json:"as,omitempty"`

	Host      string     `json:"host,omitempty"`
	Port      int        `json:"port,omitempty"`
	Callbacks Tag        `json:"callbacks,omitempty"`
	Has       []Callback `json:"has,omitempty"`

	CloseCallback Tag    `json:"close_callback,omitempty"`
	Authority     string `json:"authority,omitempty"`
	ServerName    string `json:"server_name,omitempty"`

	Data []byte `json:"data,omitempty"`

	// WhenCallback defers the operation: it is performed inside the next call of that callback of the handle WhenOn
	// (for [OnClose]: of the close-cb with the tag WhenOn), or inside every one with WhenEvery. The handle need not
	// exist yet. What was deferred runs in order of registration; each run is reported by an event [Ran].
	WhenOn       Handle   `json:"when_on,omitempty"`
	WhenCallback Callback `json:"when_callback,omitempty"`
	WhenEvery    bool     `json:"when_every,omitempty"`
}

// Deferred tells whether the operation waits for a callback.
func (r Request) Deferred() bool { return r.WhenCallback != "" }

// String is the request as a person would note it: `write tls "hello"`.
func (r Request) String() string {
	var b strings.Builder
	b.WriteString(string(r.Op))
	word := func(format string, a ...any) { fmt.Fprintf(&b, " "+format, a...) }
	if r.On != "" {
		word("%s", r.On)
	}
	if r.As != "" {
		word("as %s", r.As)
	}
	if r.Port != 0 {
		word("to %s:%d", r.Host, r.Port)
	}
	if r.Callbacks != "" {
		word("with callbacks %s %v", r.Callbacks, r.Has)
	}
	if r.CloseCallback != "" {
		word("with close-cb %s", r.CloseCallback)
	}
	if r.Data != nil {
		word("%s", Quote(r.Data))
	}
	if r.Deferred() {
		word("when %s of %s is called", r.WhenCallback, r.WhenOn)
	}
	return b.String()
}

// Quote shows bytes as a quoted string, cut where they are many.
func Quote(data []byte) string {
	const most = 60
	if len(data) > most {
		return fmt.Sprintf("%q… (%d bytes)", data[:most], len(data))
	}
	return fmt.Sprintf("%q", data)
}
