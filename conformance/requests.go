package conformance

import (
	"slices"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// The names that the specs give: to the original and what wrap made of it, be they sockets or streams, to a stream that
// is made over one of them, to the set of callbacks that the original has, and to the close-cb.
const (
	plain   subject.Handle = "plain"
	wrapped subject.Handle = "tls"
	reader  subject.Handle = "reader"

	callbacks subject.Tag = "A"
	closeCB   subject.Tag = "C"
)

// A change makes of the request to connect what a spec wants beside the usual.
type change func(*subject.Request)

// connect is the request for a socket to a peer, with a set of callbacks.
func connect(p *peer, as subject.Handle, tag subject.Tag, changes ...change) subject.Request {
	r := subject.Request{
		Op: subject.Connect, As: as, Host: "127.0.0.1", Port: p.Port(),
		Callbacks: tag, Has: []subject.Callback{subject.OnRead, subject.OnEvent},
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

// streaming asks for a stream over the socket.
func streaming(r *subject.Request) { r.Stream = true }

// keeping leaves what is read in the buffer.
func keeping(r *subject.Request) { r.Keep = true }

// digesting is for data that is too much to be reported.
func digesting(r *subject.Request) { r.Digest = true }

// also attaches more callbacks than the usual ones, having attaches these alone.
func also(more ...subject.Callback) change {
	return func(r *subject.Request) { r.Has = slices.Concat(r.Has, more) }
}

func having(callbacks ...subject.Callback) change {
	return func(r *subject.Request) { r.Has = callbacks }
}

func sending(data string) change {
	return func(r *subject.Request) { r.Data = []byte(data) }
}

func readTimeout(ms int) change {
	return func(r *subject.Request) { r.ReadTimeout = ms }
}

func writeTimeout(ms int) change {
	return func(r *subject.Request) { r.WriteTimeout = ms }
}

// wrap is the request to wrap the original so that a good peer is accepted.
func (sp *spec) wrap(close subject.Tag) subject.Request {
	return sp.wrapOf(plain, wrapped, close)
}

// wrapOf is wrap for an original of another name.
func (sp *spec) wrapOf(original, as subject.Handle, close subject.Tag) subject.Request {
	r := subject.Request{Op: subject.Wrap, On: original, As: as, CloseCallback: close}
	if sp.offers(subject.Verify) {
		r.Authority = sp.suite.authority
	}
	if sp.offers(subject.Verify) || sp.offers(subject.SNI) {
		r.ServerName = certs.Name
	}
	return r
}

func write(on subject.Handle, data string) subject.Request {
	return subject.Request{Op: subject.Write, On: on, Data: []byte(data)}
}

// writePayload is the request to write what [subject.Payload] makes.
func writePayload(on subject.Handle, size, seed int) subject.Request {
	return subject.Request{Op: subject.Write, On: on, Size: size, Seed: seed}
}

func read(stream subject.Handle) subject.Request {
	return subject.Request{Op: subject.Read, On: stream}
}

// streamOver is the request for a stream over a socket that keeps what it reads.
func streamOver(socket, as subject.Handle) subject.Request {
	return subject.Request{Op: subject.MakeStream, On: socket, As: as}
}

// disable stops reading, and enable lets it go on.
func disable(on subject.Handle) subject.Request {
	return subject.Request{Op: subject.Disable, On: on, ToRead: true}
}

func enable(on subject.Handle) subject.Request {
	return subject.Request{Op: subject.Enable, On: on, ToRead: true}
}

// closing is the request to close; close is Go's own.
func closing(on subject.Handle) subject.Request {
	return subject.Request{Op: subject.Close, On: on}
}

// when defers a request to the next call of a callback; see [subject.Request].
func when(of subject.Callback, on subject.Handle, r subject.Request) subject.Request {
	r.WhenCallback, r.WhenOn = of, on
	return r
}

// whenever defers a request to every call of a callback.
func whenever(of subject.Callback, on subject.Handle, r subject.Request) subject.Request {
	r = when(of, on, r)
	r.WhenEvery = true
	return r
}

// offers tells whether the subject declares the capabilities.
func (sp *spec) offers(needs ...subject.Capability) bool {
	return sp.suite.subject.Info().Has(needs...)
}

// deferred performs a request that is deferred, and returns its id.
func (sp *spec) deferred(r subject.Request) (id int) {
	sp.must(r)
	return sp.id()
}

// result performs a request that may not be refused, and returns what it gives back.
func (sp *spec) result(r subject.Request) subject.Result {
	answer := sp.do(r)[0]
	if answer.Error != nil || answer.OK == nil {
		sp.fail("want: %s answered\n got: the %s", r, answer)
	}
	return *answer.OK
}

// status is what the subject's process has in use.
func (sp *spec) status() subject.Result {
	return sp.result(subject.Request{Op: subject.Measure})
}

// closed asks whether a socket is closed.
func (sp *spec) closed(on subject.Handle) bool {
	request := subject.Request{Op: subject.Closed, On: on}
	result := sp.result(request)
	if result.Closed == nil {
		sp.fail("want: %s answered\n got: %s", request, &result)
	}
	return *result.Closed
}

// connected opens the original and waits until the subject has the peer's greeting.
func (sp *spec) connected(p *peer, changes ...change) {
	sp.connectedAs(connect(p, plain, callbacks, changes...))
}

// connectedAs is connected for a request of the spec's own.
func (sp *spec) connectedAs(r subject.Request) {
	defer sp.during("the spec did not get as far as its clause: a plain connection comes first")()
	greeted := false
	defer sp.promptly(func() bool { return greeted })()
	since := sp.mark()
	sp.must(r)
	switch {
	case r.Stream:
		sp.readFrom(r.As, since, len(greeting))
	case r.Keep:
		sp.awaitCall("the read callback for the peer's greeting in plain", since, subject.OnRead)
	default:
		sp.awaitBytes("the peer's greeting in plain", since, len(greeting))
	}
	greeted = true
}

// opened is connected for an original whose read callback does not tell of a greeting: it sends something as soon as it
// is connected, and the peer has that. For one that keeps what it reads, since a greeting would be kept, too.
func (sp *spec) opened(p *peer, changes ...change) {
	defer sp.during("the spec did not get as far as its clause: a plain connection comes first")()
	sp.must(connect(p, plain, callbacks, append(changes, sending(startTLS))...))
	sp.sees(p, "what was to be sent in plain", fromClient(fakeserver.Bytes))
}

// readFrom reads so many bytes from a stream, each time that a read callback tells that there are some, and returns
// them.
func (sp *spec) readFrom(stream subject.Handle, since, size int) string {
	var data []byte
	for len(data) < size {
		sp.awaitCall("a read callback for what is to be read from "+string(stream), since, subject.OnRead)
		since = sp.mark()
		answer := sp.do(read(stream))[0]
		if answer.Error != nil {
			sp.fail("%s could not be read: %v", stream, answer.Error)
		}
		data = append(data, answer.OK.Data...)
	}
	return string(data)
}

// upgraded is connected, and wraps the original; it returns when the peer has the whole handshake, with a mark for what
// follows.
func (sp *spec) upgraded(p *peer, changes ...change) (since int) {
	defer sp.promptly(func() bool { return hasHandshake(p) })()
	sp.connected(p, changes...)
	return sp.upgrade(p, sp.wrap(closeCB))
}

// upgrade wraps what is connected.
func (sp *spec) upgrade(p *peer, wrap subject.Request) (since int) {
	since = sp.mark()
	sp.must(wrap)
	sp.handshaken(p)
	return since
}

// handshaken waits until the peer has the whole handshake.
func (sp *spec) handshaken(p *peer) {
	defer sp.during("the spec did not get as far as its clause: a handshake comes first")()
	sp.sees(p, "the end of the handshake", entryKind(fakeserver.Handshake))
}

// welcomed is upgraded for a peer that says welcome: when it returns, the subject, too, has the whole handshake.
func (sp *spec) welcomed(p *peer) (since int) {
	since = sp.upgraded(p)
	defer sp.during("the spec did not get as far as its clause: data under TLS comes first")()
	sp.awaitBytes("the peer's first data under TLS", since, len(welcome))
	return since
}
