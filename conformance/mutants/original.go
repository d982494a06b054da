package mutants

import (
	"bytes"
	"syscall"

	"github.com/sslconform/sslconform/conformance/subject"
)

var originalMutants = []Mutant{
	{Name: "original-writes-raw", Breaks: []string{"original/write-stays-private"}, Rows: []string{"D1"},
		tamper: misused(subject.Write, originalWritesRaw)},
	{Name: "original-writes-into-session", Rows: []string{"D1"},
		Breaks: []string{"original/write-not-delivered", "original/write-is-an-error", "original/write-stays-private", "identity/not-replaced"},
		tamper: misused(subject.Write, passedOn)},
	{Name: "original-write-vanishes", Breaks: []string{"original/write-is-an-error"},
		tamper: misused(subject.Write, func(*tap, subject.Request) []subject.Request { return nil })},
	{Name: "original-write-ends-session", Breaks: []string{"original/session-survives"}, Rows: []string{"D1"},
		tamper: misused(subject.Write, endsSession)},
	{Name: "disable-of-original-stalls", Breaks: []string{"original/session-survives"}, Rows: []string{"D5"},
		tamper: misused(subject.Disable, passedOn)},
	{Name: "timeouts-of-original-bite", Breaks: []string{"original/session-survives", "timeout/original-inert"}, Rows: []string{"B7"},
		tamper: misused(subject.SetTimeouts, passedOn)},
	{Name: "original-reads-session", Breaks: []string{"original/read-is-blank"}, Rows: []string{"D8"},
		tamper: misused(subject.Read, passedOn)},
	{Name: "original-close-silent", Breaks: []string{"original/close-is-not-silent"}, Rows: []string{"D4"}, tamper: originalCloseSilent},
	{Name: "original-close-hits-next", Breaks: []string{"original/close-after"}, Rows: []string{"D7"}, tamper: originalCloseHitsNext},
	{Name: "closing-both-crashes", Breaks: []string{"original/close-after"}, Rows: []string{"S5"}, tamper: taps{request: closingBothCrashes}.tamper},
	{Name: "second-wrap-taken", Breaks: []string{"original/second-wrap"}, Rows: []string{"O1"},
		tamper: misused(subject.Wrap, secondWrapTaken)},
	{Name: "second-wrap-ends-session", Breaks: []string{"original/second-wrap"}, Rows: []string{"O1", "D6"},
		tamper: misused(subject.Wrap, endsSession)},
	{Name: "original-gets-ciphertext", Breaks: []string{"original/read-is-blank"}, Rows: []string{"D2"}, tamper: originalGetsCiphertext},
	{Name: "ciphertext-piles-up", Breaks: []string{"original/no-growth"}, Rows: []string{"D3"},
		tamper: taps{read: ciphertextPilesUp}.tamper},
}

// misused makes a mutant that changes what becomes of an operation on a wrapped original.
func misused(op subject.Operation, change func(*tap, subject.Request) []subject.Request) tampering {
	return taps{request: func(t *tap, r subject.Request) []subject.Request {
		if r.Op != op || r.On != t.first || t.top == "" || t.inside != "" || r.As == t.top {
			return []subject.Request{r}
		}
		return change(t, r)
	}}.tamper
}

// originalWritesRaw writes between the records of TLS, where there is a connection.
func originalWritesRaw(t *tap, r subject.Request) []subject.Request {
	if t.wire == nil {
		return []subject.Request{r}
	}
	t.wire.Conn.Write(r.Data)
	return nil
}

// passedOn performs on the wrapped object what is asked of the original.
func passedOn(t *tap, r subject.Request) []subject.Request {
	r.On = t.top
	return []subject.Request{r}
}

// endsSession refuses, but closes the wrapped object as well.
func endsSession(t *tap, r subject.Request) []subject.Request {
	closing := subject.Request{ID: hidden + r.ID, Op: subject.Close, On: t.top}
	closing.WhenOn, closing.WhenCallback, closing.WhenEvery = r.WhenOn, r.WhenCallback, r.WhenEvery
	return []subject.Request{r, closing}
}

// secondWrapTaken begins a handshake in the middle of the session.
func secondWrapTaken(t *tap, r subject.Request) []subject.Request {
	if r.Deferred() {
		return []subject.Request{r}
	}
	if t.wire != nil {
		t.wire.Conn.Write([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"))
	}
	return nil
}

// originalCloseSilent ends the wrapped socket with the original, and tells nobody.
func originalCloseSilent(func(subject.Record)) tamperer {
	var silent bool
	m := misused(subject.Close, func(t *tap, r subject.Request) []subject.Request {
		silent = true
		r.On = t.top
		return []subject.Request{r}
	})(nil)
	m.record = func(r subject.Record) []subject.Record {
		if silent && (r.Event == subject.OnClose || r.Event == subject.OnEvent) {
			return nil
		}
		return []subject.Record{r}
	}
	return m
}

// originalCloseHitsNext closes a descriptor that was closed: the newest connection has it now.
func originalCloseHitsNext(func(subject.Record)) tamperer {
	var newest subject.Handle
	var ended bool
	return tamperer{request: func(r subject.Request) []subject.Request {
		switch {
		case r.Op == subject.Connect && r.As != "canary":
			newest = r.As
			ended = ended && r.As == "other"
		case r.Op == subject.Close && r.On == "tls":
			ended = true
		case r.Op == subject.Close && ended && r.On != "canary":
			r.On = newest
		}
		return []subject.Request{r}
	}}
}

// closingBothCrashes frees with the original what was freed with the wrapped object.
func closingBothCrashes(t *tap, r subject.Request) []subject.Request {
	switch {
	case r.Op != subject.Close:
	case r.On == t.top:
		t.once = true
	case r.On == t.first && t.once:
		syscall.Kill(syscall.Getpid(), syscall.SIGSEGV)
	}
	return []subject.Request{r}
}

// originalGetsCiphertext calls the read callback of before when a lot comes at once.
func originalGetsCiphertext(inject func(subject.Record)) tamperer {
	return taps{read: func(t *tap, p []byte) []byte {
		if t.secure() && len(p) >= 4<<10 && !t.once {
			t.once = true
			inject(subject.Record{Event: subject.OnRead, On: t.first, Callbacks: "A", Arguments: 2, Data: bytes.Clone(p)})
		}
		return p
	}}.tamper(inject)
}

// ciphertextPilesUp keeps what was read.
func ciphertextPilesUp(t *tap, p []byte) []byte {
	if t.secure() {
		t.burden = append(t.burden, bytes.Clone(p))
	}
	return p
}
