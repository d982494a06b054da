package subject

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
)

// An Operation is something that a session can be told to do.
type Operation string

const (
	// Connect opens a TCP connection to Host and Port and names the new socket As. Callbacks is the tag of its set of
	// callbacks; Has says which of them the set has. Data is sent once connected. With Stream a stream over the socket
	// is asked for: As names the stream, and [SocketOf] it the socket. Keep leaves what is read in the buffer, as a
	// stream does. With Digest, read events carry a size only; see the operation of that name.
	Connect Operation = "connect"
	// Wrap wraps the socket or stream On in TLS and names what comes back As. CloseCallback is the tag of its
	// close-cb, empty for none. Certificate and Key are paths of PEM files, Password opens an encrypted key, Method is
	// a version to speak. Authority (path of a PEM file) is for a subject that verifies, ServerName for one that does, or
	// sends the name.
	Wrap Operation = "wrap"
	// Write writes Data to the socket or stream On: as text, if Text says so. With Size it is [Payload] of Size and
	// Seed instead. Callbacks and Has replace callbacks of the socket's, the others stay.
	Write Operation = "write"
	// Read reads all that is there from the stream On; see [Result.Data].
	Read Operation = "read"
	// MakeStream makes a stream over the socket On, which keeps what it reads, and names it As.
	MakeStream Operation = "stream"
	// Close closes the socket or stream On.
	Close Operation = "close"
	// Closed asks whether the socket On is closed; see [Result.Closed].
	Closed Operation = "closed"
	// SetTimeouts sets both timeouts of the socket On; 0 clears.
	SetTimeouts Operation = "set-timeouts"
	// Enable and Disable let the directions ToRead and ToWrite of the socket On go on, or stop them.
	Enable  Operation = "enable"
	Disable Operation = "disable"
	// SetData stores Data in the application's slot of the socket On; GetData returns it.
	SetData Operation = "data-set"
	GetData Operation = "data-get"
	// Describe tells what the object On is; see [Result.Classes].
	Describe Operation = "introspect"
	// Digest tells how much read callbacks were handed that were called with On, and its digest; see [Result.SHA256].
	Digest Operation = "digest"
	// Throw raises an error of the application's own in the callback that it is deferred to, behind all else that is
	// deferred to the same call; it is for no other place. A subject that declares [AppErrors] has the loops of all its
	// sessions told to hand such errors on.
	Throw Operation = "throw"
	// Measure tells what the subject's process has in use; see [Result.Descriptors].
	Measure Operation = "status"
	// Sync is answered after two full poll-and-dispatch rounds of the loop.
	Sync Operation = "sync"
	// Finish is answered when the loop has ended by itself; nothing but End may follow.
	Finish Operation = "finish"
	// End closes everything and ends the session; see [Result.NeverRan]. Nothing follows its answer.
	End Operation = "end"
)

// A Handle names an object of a session: the suite chooses the name.
type Handle string

// Unknown is the handle that a subject reports for an object that it was never told a name of.
const Unknown Handle = "?"

// SocketOf is the handle of the socket that a stream wraps.
func SocketOf(stream Handle) Handle { return stream + ".socket" }

// A Tag names a set of callbacks, or a close-cb.
type Tag string

// A Request is one operation, with what it needs. Fields that an operation does not use are empty.
type Request struct {
	// ID is unique in its session, and above 1, which is the request that opened it; the answer carries it.
	ID int       `json:"id"`
	Op Operation `json:"op"`
	On Handle    `json:"on,omitempty"`
	As Handle    `json:"as,omitempty"`

	Host         string     `json:"host,omitempty"`
	Port         int        `json:"port,omitempty"`
	Stream       bool       `json:"stream,omitempty"`
	Keep         bool       `json:"keep,omitempty"`
	Digest       bool       `json:"digest,omitempty"`
	Callbacks    Tag        `json:"callbacks,omitempty"`
	Has          []Callback `json:"has,omitempty"`
	ReadTimeout  int        `json:"read_timeout_ms,omitempty"`
	WriteTimeout int        `json:"write_timeout_ms,omitempty"`

	CloseCallback Tag       `json:"close_callback,omitempty"`
	Certificate   string    `json:"certificate,omitempty"`
	Key           string    `json:"key,omitempty"`
	Password      string    `json:"password,omitempty"`
	Method        TLSMethod `json:"method,omitempty"`
	Authority     string    `json:"authority,omitempty"`
	ServerName    string    `json:"server_name,omitempty"`

	Data []byte `json:"data,omitempty"`
	Text bool   `json:"text,omitempty"`
	Size int    `json:"size,omitempty"`
	Seed int    `json:"seed,omitempty"`

	ToRead  bool `json:"to_read,omitempty"`
	ToWrite bool `json:"to_write,omitempty"`

	// WhenCallback defers the operation: it is performed inside the next call of that callback of the handle WhenOn
	// (for [OnClose]: of the close-cb with the tag WhenOn), or inside every one with WhenEvery. The handle need not
	// exist yet. What was deferred runs in order of registration; each run is reported by an event [Ran].
	WhenOn       Handle   `json:"when_on,omitempty"`
	WhenCallback Callback `json:"when_callback,omitempty"`
	WhenEvery    bool     `json:"when_every,omitempty"`
}

// Deferred tells whether the operation waits for a callback.
func (r Request) Deferred() bool { return r.WhenCallback != "" }

// A TLSMethod is the version of TLS that a wrap is told to speak; empty, it negotiates.
type TLSMethod string

// The methods, named like the capabilities that they need.
const (
	MethodTLS12 TLSMethod = "tls1.2"
	MethodTLS13 TLSMethod = "tls1.3"
)

// String is the request as a person would note it: `write tls "hello"`.
func (r Request) String() string {
	words := []string{string(r.Op)}
	word := func(is bool, format string, a ...any) {
		if is {
			words = append(words, fmt.Sprintf(format, a...))
		}
	}
	word(r.On != "", "%s", r.On)
	word(r.ToRead, "to read")
	word(r.ToWrite, "to write")
	word(r.Stream, "a stream")
	word(r.As != "", "as %s", r.As)
	word(r.Port != 0, "to %s:%d", r.Host, r.Port)
	word(r.Keep, "that keeps what it reads")
	word(r.Callbacks != "", "with callbacks %s %v", r.Callbacks, r.Has)
	word(r.ReadTimeout != 0, "with a read timeout of %d ms", r.ReadTimeout)
	word(r.WriteTimeout != 0, "with a write timeout of %d ms", r.WriteTimeout)
	word(r.CloseCallback != "", "with close-cb %s", r.CloseCallback)
	word(r.Certificate != "", "with certificate %s", r.Certificate)
	word(r.Key != "", "with key %s", r.Key)
	word(r.Password != "", "with password %q", r.Password)
	word(r.Method != "", "with method %s", r.Method)
	word(r.Data != nil, "%s", Quote(r.Data))
	word(r.Size != 0, "%d bytes (seed %d)", r.Size, r.Seed)
	word(r.Deferred(), "when %s of %s is called", r.WhenCallback, r.WhenOn)
	return strings.Join(words, " ")
}

// Quote shows bytes as a quoted string, cut where they are many.
func Quote(data []byte) string {
	const most = 60
	if len(data) > most {
		return fmt.Sprintf("%q… (%d bytes)", data[:most], len(data))
	}
	return fmt.Sprintf("%q", data)
}

// Payload is size bytes that are easy to make in any language and repeat late: of the numbers x(0) = seed and
// x(n+1) = (x(n) * 1103515245 + 12345) modulo 2^32, from x(1) on, the second highest byte of each. They are not to be
// written to: of more than a MiB, who asks again gets the same. Up to that they are made anew, for specs have a subject
// do so that is to be busy meanwhile.
func Payload(size, seed int) []byte {
	const large = 1 << 20
	if size <= large {
		return payload(size, seed)
	}
	made.Lock()
	defer made.Unlock()
	if made.seed != seed || len(made.data) < size {
		made.seed, made.data = seed, payload(size, seed)
	}
	return made.data[:size:size]
}

// made is the large one that was made last: the others are mostly its beginning, and took 7 % of a verdict's CPU time.
var made struct {
	sync.Mutex
	seed int
	data []byte
}

func payload(size, seed int) []byte {
	// Four at once, each from the one four places before: made one from the other, each would wait for the one before.
	const (
		modulus = 1 << 32
		m, c    = 1103515245, 12345
		m2, c2  = m * m % modulus, (m*c + c) % modulus
		m4, c4  = m2 * m2 % modulus, (m2*c2 + c2) % modulus
	)
	x1 := uint32(seed)*m + c
	x2 := x1*m + c
	x3 := x2*m + c
	x4 := x3*m + c
	data := make([]byte, size, size+3)
	for n := 0; n < size; n += 4 {
		binary.LittleEndian.PutUint32(data[n:n+4], x1>>16&0xff|x2>>8&0xff00|x3&0xff0000|x4<<8&0xff000000)
		x1, x2, x3, x4 = x1*m4+c4, x2*m4+c4, x3*m4+c4, x4*m4+c4
	}
	return data
}
