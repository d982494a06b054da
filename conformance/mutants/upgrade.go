package mutants

import (
	"bytes"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
)

var upgradeMutants = []Mutant{
	{Name: "handshake-waits-for-write", Breaks: []string{"upgrade/handshake-starts", "upgrade/pending-output", "reattach/read"}, Rows: []string{"F10", "F11"},
		tamper: taps{request: handshakeReleased, write: handshakeWaitsForWrite}.tamper},
	{Name: "wrapped-early-never-begins", Rows: []string{"N2"},
		Breaks: []string{"data/documented-example", "reattach/absent", "reattach/connect", "reattach/connect-when-usable", "reattach/original-silent",
			"reattach/read", "upgrade/every-path", "upgrade/handshake-starts", "upgrade/pending-output", "original/write-is-an-error",
			"original/write-not-delivered", "original/write-stays-private", "close/in-connect-callback"},
		tamper: taps{write: wrappedEarlyNeverBegins}.tamper},
	{Name: "wrap-in-read-callback-loses-tls", Breaks: []string{"upgrade/in-read-callback", "upgrade/every-path", "reattach/read"}, Rows: []string{"Q1"},
		tamper: taps{read: wrapInReadCallbackLosesTLS}.tamper},
	{Name: "wrap-in-connect-callback-hangs", Breaks: []string{"upgrade/in-connect-callback"}, Rows: []string{"Q2"},
		tamper: taps{write: wrapInConnectCallbackHangs}.tamper},
	{Name: "wrap-in-write-callback-loses-line", Breaks: []string{"upgrade/in-write-callback"}, Rows: []string{"Q3"},
		tamper: taps{write: wrapInWriteCallbackLosesLine}.tamper},
	{Name: "pending-output-behind-hello", Breaks: []string{"upgrade/pending-output"}, Rows: []string{"E5", "E7"},
		tamper: taps{write: pendingOutputBehindHello}.tamper},
	{Name: "pending-output-lost", Breaks: []string{"upgrade/pending-output"}, Rows: []string{"E5"},
		tamper: taps{write: pendingOutputLost}.tamper},
	{Name: "pending-output-twice", Breaks: []string{"upgrade/pending-output"}, Rows: []string{"E6"},
		tamper: taps{write: pendingOutputTwice}.tamper},
	{Name: "pending-output-lost-when-disabled", Breaks: []string{"upgrade/pending-output"},
		tamper: taps{request: disabledWritingNoted, write: pendingOutputLostWhenDisabled}.tamper},
	{Name: "stream-stays-plain", Rows: []string{"A11"},
		Breaks: []string{"upgrade/every-path", "upgrade/injected-plaintext", "upgrade/injected-plaintext-reported",
			"original/session-survives", "original/read-is-blank", "reattach/read"},
		tamper: taps{request: streamStaysPlain}.tamper},
	{Name: "unread-plaintext-delivered", Breaks: []string{"upgrade/injected-plaintext", "upgrade/injected-plaintext-reported"}, Rows: []string{"E1"},
		tamper: taps{request: unreadPlaintextDrained, read: plaintextNoted, record: unreadPlaintextDelivered}.tamper},
	{Name: "unread-plaintext-dropped", Breaks: []string{"upgrade/injected-plaintext-reported", "error/plain-peer"}, Rows: []string{"E2"},
		tamper: taps{request: unreadPlaintextDrained, read: plaintextSkipped}.tamper},
	{Name: "handed-plaintext-replayed", Rows: []string{"E4"},
		Breaks: []string{"upgrade/injected-plaintext", "upgrade/in-read-callback", "upgrade/every-path", "reattach/read", "reattach/original-silent"},
		tamper: taps{read: handedPlaintextReplayed}.tamper},
	{Name: "read-loop-goes-on", Breaks: []string{"reattach/original-silent"}, Rows: []string{"Q1"},
		tamper: taps{read: plaintextBehindWrapNoted, record: plaintextBehindWrapHandedOver}.tamper},
}

// handshakeWaitsForWrite keeps the ClientHello of a socket wrapped early until the application writes.
func handshakeWaitsForWrite(t *tap, p []byte) []byte {
	if !t.early || t.once || !isTLS(p) {
		return p
	}
	t.hello = append(t.hello, p...)
	return nil
}

func disabledWritingNoted(t *tap, r subject.Request) []subject.Request {
	if r.Op == subject.Disable && r.ToWrite && r.On == t.first && t.top == "" {
		t.once = true
	}
	return []subject.Request{r}
}

// pendingOutputLostWhenDisabled waits for the original to be enabled, which it never is.
func pendingOutputLostWhenDisabled(t *tap, p []byte) []byte {
	if t.once && !isTLS(p) {
		return nil
	}
	return p
}

func handshakeReleased(t *tap, r subject.Request) []subject.Request {
	if r.Op == subject.Write && r.On == t.top && t.early {
		t.once = true
		if t.wire != nil {
			t.wire.Conn.Write(t.hello)
		}
		t.hello = nil
	}
	return []subject.Request{r}
}

func wrappedEarlyNeverBegins(t *tap, p []byte) []byte {
	if t.early && isTLS(p) {
		return nil
	}
	return p
}

// wrapInReadCallbackLosesTLS has the loop that called the callback read on, and take the first bytes of TLS.
func wrapInReadCallbackLosesTLS(t *tap, p []byte) []byte {
	if t.inside != subject.OnRead || !t.secure() || t.once {
		return p
	}
	t.once = true
	return nil
}

func wrapInConnectCallbackHangs(t *tap, p []byte) []byte {
	if t.inside == subject.OnConnect && isTLS(p) {
		return nil
	}
	return p
}

func wrapInWriteCallbackLosesLine(t *tap, p []byte) []byte {
	if t.inside == subject.OnWrite && !isTLS(p) && !t.secure() {
		return nil
	}
	return p
}

// pending tells whether bytes were written before the wrap, and leave in its turn or later.
func pending(t *tap, p []byte) bool {
	return t.top != "" && t.inside == "" && !t.secure() && !isTLS(p)
}

func pendingOutputBehindHello(t *tap, p []byte) []byte {
	if pending(t, p) {
		t.plain = append(t.plain, p...)
		return nil
	}
	p = slices.Concat(p, t.plain)
	t.plain = nil
	return p
}

func pendingOutputLost(t *tap, p []byte) []byte {
	if pending(t, p) {
		return nil
	}
	return p
}

func pendingOutputTwice(t *tap, p []byte) []byte {
	if pending(t, p) {
		return slices.Concat(p, p)
	}
	return p
}

// streamStaysPlain makes nothing of the wrap of a stream.
func streamStaysPlain(t *tap, r subject.Request) []subject.Request {
	if !t.stream {
		return []subject.Request{r}
	}
	if r.Op == subject.Wrap {
		return nil
	}
	if r.On == t.top {
		r.On = t.first
	}
	return []subject.Request{r}
}

// unreadPlaintextDrained reads a stream before it is wrapped: so no wrap is refused for what it holds.
func unreadPlaintextDrained(t *tap, r subject.Request) []subject.Request {
	switch {
	case r.Op == subject.Wrap && t.stream:
		drain := subject.Request{ID: hidden + r.ID, Op: subject.Read, On: r.On, WhenOn: r.WhenOn, WhenCallback: r.WhenCallback}
		return []subject.Request{drain, r}
	case r.Op == subject.Read && r.On == t.first:
		t.plain = nil
	}
	return []subject.Request{r}
}

func plaintextNoted(t *tap, p []byte) []byte {
	if !t.secure() {
		t.plain = append(t.plain, p...)
	}
	return p
}

// unreadPlaintextDelivered puts it before what is read first under TLS.
func unreadPlaintextDelivered(t *tap, r subject.Record) []subject.Record {
	if t.stream && t.top != "" && r.OK != nil && r.OK.Data != nil {
		r.OK.Data = slices.Concat(t.plain, r.OK.Data)
		t.plain = nil
	}
	return []subject.Record{r}
}

// plaintextSkipped takes TLS to begin where its first record does.
func plaintextSkipped(t *tap, p []byte) []byte {
	if !t.secure() || t.once {
		return p
	}
	for len(p) > 0 && !isTLS(p) {
		p = p[1:]
	}
	t.once = len(p) > 0
	return p
}

// handedPlaintextReplayed gives to TLS what the callback was handed in which the original was wrapped.
func handedPlaintextReplayed(t *tap, p []byte) []byte {
	switch {
	case t.inside != subject.OnRead:
	case !t.secure():
		t.plain = bytes.Clone(p)
	case t.plain != nil:
		p = slices.Concat(t.plain, p)
		t.plain = nil
	}
	return p
}

// plaintextBehindWrapNoted notes what comes in plain behind what the callback was handed in which the original was
// wrapped.
func plaintextBehindWrapNoted(t *tap, p []byte) []byte {
	switch {
	case t.inside != subject.OnRead || t.hello != nil:
	case isTLS(p):
		t.hello = bytes.Clone(p) // the peer's: no plaintext comes from now on
	case t.once:
		t.plain = bytes.Clone(p)
	default:
		t.once = true
	}
	return p
}

// plaintextBehindWrapHandedOver calls the read callback for it as before.
func plaintextBehindWrapHandedOver(t *tap, r subject.Record) []subject.Record {
	if r.Event != subject.OnEvent || t.plain == nil {
		return []subject.Record{r}
	}
	read := subject.Record{Event: subject.OnRead, On: t.first, Callbacks: r.Callbacks, Arguments: 2, Data: t.plain}
	t.plain = nil
	return []subject.Record{read, r}
}
