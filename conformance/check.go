package conformance

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// A Finding is what became of one thing that a driver has to do before it can be judged by.
type Finding struct {
	Check   string
	Section string // of PROTOCOL.md, that tells of it
	// Problem is what is wrong, with what passed; empty if nothing is.
	Problem string
	// Lacks is what it takes and the subject does not declare; empty if it was tried.
	Lacks subject.Capability
}

// CheckDriver tries whether a subject, mostly one in another process, does what the specs take for granted, and tells
// of each thing as it is found. It judges no clause. An error is the suite's own.
func CheckDriver(ctx context.Context, s subject.Subject, o Options, tell func(Finding)) error {
	suite := newSuite(s, o)
	folder, err := os.MkdirTemp("", "sslconform-")
	if err != nil {
		return fmt.Errorf("make a folder for certificates: %w", err)
	}
	defer os.RemoveAll(folder)
	if err := suite.makeCertificates(folder); err != nil {
		return fmt.Errorf("make certificates: %w", err)
	}
	for _, c := range checks {
		finding := Finding{Check: c.what, Section: c.section}
		e := &entry{text: c.what, body: c.body, needed: c.needs}
		if lacking, lacks := suite.lacking(e); lacks {
			finding.Lacks = lacking
		} else {
			sp := suite.newSpec(ctx, e)
			finding.Problem = sp.attempt(sp.perform)
		}
		tell(finding)
	}
	return nil
}

// A check is one thing that a driver has to do, from the least on: what comes later takes the earlier for granted.
type check struct {
	what    string
	section string
	needs   []subject.Capability
	body    func(*spec)
}

var checks = []check{
	{"opens a session, and ends it", "open", nil, func(*spec) {}},
	{"answers an operation that there is not with unsupported", "Requests and answers", nil, (*spec).checksUnknown},
	{"connects, and reports what a peer sends", "connect", nil, (*spec).checksConnect},
	{"writes", "write, close, closed", nil, (*spec).checksWrite},
	{"writes bytes that it makes itself", "write, close, closed", nil, (*spec).checksPayload},
	{"tells whether a socket is closed", "write, close, closed", nil, (*spec).checksClosed},
	{"reports the end of a connection as a condition", "Conditions", nil, (*spec).checksCondition},
	{"wraps a socket, and makes a handshake", "wrap", nil, (*spec).checksWrap},
	{"writes and reads under TLS", "wrap", nil, (*spec).checksTLS},
	{"reports the call of close-cb", "Events", nil, (*spec).checksCloseCB},
	{"gives a name to another object", "connect", nil, (*spec).checksNames},
	{"performs a turn", "Turns", nil, (*spec).checksTurn},
	{"wraps in the turn of connect", "Turns", []subject.Capability{subject.WrapBeforeConnect}, (*spec).checksWrapAtOnce},
	{"defers operations, and performs them inside the callback in order", "Deferred operations", nil, (*spec).checksDeferred},
	{"performs them before another callback is called", "Deferred operations", nil, (*spec).checksInside},
	{"tells which deferred operations never ran", "end", nil, (*spec).checksNeverRan},
	{"keeps a digest", "digest", nil, (*spec).checksDigest},
	{"makes streams", "Streams", []subject.Capability{subject.Stream}, (*spec).checksStream},
	{"sets timeouts", "set-timeouts, enable, disable", []subject.Capability{subject.ReadTimeout}, performs(subject.Request{Op: subject.SetTimeouts, On: plain, ReadTimeout: 60_000})},
	{"disables and enables", "set-timeouts, enable, disable", []subject.Capability{subject.Pause}, performs(disable(plain), enable(plain))},
	{"keeps the application's data", "data-set, data-get", []subject.Capability{subject.SocketData}, (*spec).checksData},
	{"tells what an object is", "introspect", []subject.Capability{subject.Introspect}, performs(subject.Request{Op: subject.Describe, On: plain})},
	{"tells what its process uses", "status", []subject.Capability{subject.Status}, performs(subject.Request{Op: subject.Measure})},
}

// performs is a check that operations are offered, on a plain connection.
func performs(requests ...subject.Request) func(*spec) {
	return func(sp *spec) {
		sp.connected(sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd()))
		for _, r := range requests {
			sp.must(r)
		}
		sp.must(subject.Request{Op: subject.Sync})
	}
}

func (sp *spec) checksUnknown() {
	sp.mayLack = true
	answer := sp.do(subject.Request{Op: "fly", On: plain})[0]
	if answer.Error == nil || !answer.Error.Unsupported {
		sp.fail("want: \"error\":{\"unsupported\":true}\n got: the %s", answer)
	}
}

func (sp *spec) checksConnect() {
	sp.connected(sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd()))
	sp.Expect(sp.reads(0)).To(be([]line{line(fmt.Sprintf("read callback of A called with plain: %q", greeting))}), "the events of read callbacks")
	for _, r := range sp.events(0, subject.OnRead) {
		if r.Arguments == 0 {
			sp.fail("want: the number of arguments that the application's callback gets: two, mostly, for read\n got: \"arguments\":0, or none, with the %s", r)
		}
	}
}

func (sp *spec) checksWrite() {
	p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.Echo())
	sp.connected(p)
	since := sp.mark()
	sp.must(write(plain, "hello\x00\xff"))
	sp.awaitBytes("what was written, back from the peer", since, 7)
	sp.Expect(sp.handed(since)).To(be("hello\x00\xff"), "what came back")
}

func (sp *spec) checksPayload() {
	const size, seed = 100_000, 1
	p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectPlain(string(subject.Payload(size, seed))), fakeserver.SendPlain("!"), fakeserver.ExpectEnd())
	sp.connected(p)
	since := sp.mark()
	sp.must(writePayload(plain, size, seed))
	sp.sees(p, "the bytes that size and seed stand for", func(e fakeserver.Entry) bool { return e.Side == fakeserver.Peer && string(e.Data) == "!" })
	sp.awaitBytes("the peer's answer to them", since, 1)
}

func (sp *spec) checksClosed() {
	sp.connected(sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd()))
	sp.Expect(sp.closed(plain)).To(be(false), "closed? of an open socket")
	sp.must(closing(plain))
	sp.Expect(sp.closed(plain)).To(be(true), "closed? of a closed one")
}

func (sp *spec) checksCondition() {
	sp.connected(sp.peer(fakeserver.SendPlain(greeting), fakeserver.FIN(), fakeserver.ExpectEnd()))
	event := sp.awaitEvent("an event for the peer's end", 0)
	sp.Expect(event.Condition).To(beA(subject.TCPEOF), "the condition reported")
	sp.Expect(event.Condition.Socket).To(be(plain), "the socket that it names")
	sp.Expect(string(event.Callbacks)).To(be(string(callbacks)), "the tag of the callbacks")
}

func (sp *spec) checksWrap() {
	p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.ExpectEnd())
	sp.connected(p)
	result := sp.result(sp.wrap(closeCB))
	sp.Expect(result.Kind).To(be("socket"), "the kind of what came back")
	sp.handshaken(p)
}

func (sp *spec) checksTLS() {
	since := sp.upgraded(sp.echoing())
	sp.must(write(wrapped, "hello"))
	sp.awaitBytes("what was written, back from the peer", since, len("hello"))
	sp.Expect(sp.reads(since)).To(be([]line{`read callback of A called with tls: "hello"`}), "the events of read callbacks")
}

func (sp *spec) checksCloseCB() {
	since := sp.upgraded(sp.echoing())
	sp.must(closing(wrapped))
	sp.awaitClose()
	sp.Expect(sp.closings(since)).To(be([]line{"close-cb C"}), "the events of close-cb")
}

func (sp *spec) checksNames() {
	for range 3 {
		since := sp.mark()
		sp.must(connect(sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd()), plain, callbacks))
		sp.awaitBytes("the greeting of each peer that the name was connected to", since, len(greeting))
	}
}

func (sp *spec) checksTurn() {
	sp.connected(sp.peer(fakeserver.SendPlain(greeting), fakeserver.Echo()))
	since := sp.mark()
	sp.must(write(plain, "both "), write(plain, "at once"))
	sp.awaitBytes("what was written in the turn, back from the peer", since, len("both at once"))
	sp.Expect(sp.handed(since)).To(be("both at once"), "what came back")
}

func (sp *spec) checksWrapAtOnce() {
	p := sp.peer(sp.handshake(), fakeserver.Send(welcome), fakeserver.ExpectEnd())
	ids := sp.begin(connect(p, plain, callbacks), sp.wrap(closeCB), write(wrapped, "at once"))
	sp.awaitBytes("what the peer sends under TLS", 0, len(welcome))
	sp.performed(ids)
	sp.awaitReceivedLast(p, "what was written in the turn", "at once")
}

func (sp *spec) checksDeferred() {
	p := sp.peer(fakeserver.Hold("data"), fakeserver.SendPlain(greeting), fakeserver.Echo())
	first := sp.deferred(when(subject.OnRead, plain, write(plain, "first ")))
	second := sp.deferred(when(subject.OnRead, plain, write(plain, "second")))
	sp.must(connect(p, plain, callbacks))
	p.Resume("data")
	sp.awaitDone("the run of what was deferred first", first)
	sp.awaitDone("the run of what was deferred second", second)
	sp.awaitBytes("what was written, back from the peer", 0, len(greeting+"first second"))
	sp.Expect(strings.HasSuffix(sp.handed(0), "first second")).To(be(true), "whether both came back in order: %q", sp.handed(0))
	var order []line
	for _, r := range sp.records {
		if r.Event == subject.OnRead || r.Event == subject.Ran {
			order = append(order, line(r.Event))
		}
	}
	sp.Expect(order[:3]).To(be([]line{"read", "ran", "ran"}), "the events: what ran inside a callback comes behind it, before all else")
}

// checksInside has two sockets get data at once, while the driver is busy: the callback of one may not be called between
// that of the other and what is deferred to it.
func (sp *spec) checksInside() {
	const size, seed, rounds = 1 << 20, 1, 5
	names := []subject.Handle{plain, bystander}
	for _, name := range names {
		sp.connectedAs(connect(sp.peer(fakeserver.SendPlain(greeting), fakeserver.Echo()), name, callbacks))
	}
	sp.connectedAs(connect(sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd()), "busy", callbacks))
	for range rounds {
		for _, name := range names {
			sp.deferred(when(subject.OnRead, name, subject.Request{Op: subject.Closed, On: name}))
		}
		since := sp.mark()
		sp.must(write(plain, "?"), write(bystander, "?"), writePayload("busy", size, seed))
		sp.awaitBytes("what was written to both, back from their peers", since, len("??"))
		sp.must(subject.Request{Op: subject.Sync})
		called := false
		for _, r := range sp.records[since:] {
			if called && r.Event == subject.OnRead {
				sp.fail("want: what is deferred to a read callback, performed inside it\n got: the %s, before that", r)
			}
			if r.Event == subject.OnRead || r.Event == subject.Ran {
				called = r.Event == subject.OnRead
			}
		}
	}
}

func (sp *spec) checksNeverRan() {
	never := sp.deferred(when(subject.OnRead, "nobody", closing("nobody")))
	sp.Expect(sp.finish()).To(be([]int{never}), "never_ran")
}

func (sp *spec) checksDigest() {
	const data = "what is not to be seen"
	p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(data), fakeserver.ExpectEnd())
	since := sp.upgraded(p, digesting)
	sp.awaitBytes("the size of what the peer sent", since, len(data))
	got := sp.result(subject.Request{Op: subject.Digest, On: wrapped})
	sp.Expect(digestLine(got.Size, got.SHA256)).To(be(digestLine(len(data), fmt.Sprintf("%x", sha256.Sum256([]byte(data))))), "the digest")
}

func (sp *spec) checksStream() {
	p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(welcome), fakeserver.ExpectEnd())
	sp.connected(p, streaming)
	since := sp.mark()
	result := sp.result(sp.wrap(closeCB))
	sp.Expect(result.Kind).To(be("stream"), "the kind of what came back")
	sp.Expect(sp.readFrom(wrapped, since, len(welcome))).To(be(welcome), "what was read from the stream")
}

func (sp *spec) checksData() {
	sp.connected(sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd()))
	sp.must(subject.Request{Op: subject.SetData, On: plain, Data: []byte("mine")})
	sp.Expect(string(sp.result(subject.Request{Op: subject.GetData, On: plain}).Data)).To(be("mine"), "the application's data")
}
