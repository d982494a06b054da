package conformance

import (
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// What somebody on the way has added to the peer's consent, in plain, and what the peer says under TLS.
const (
	injected = "OK\r\n250 INJECTED\r\n"
	secret   = "250 this came through TLS\r\n"
)

// An aftermath is what became of a wrap that was made when there was plaintext unread.
type aftermath struct {
	unread bool               // there was: a socket may have handed over all of it before
	failed *subject.Condition // what the wrap, or an event, reported; nil for nothing
	handed string             // what the application got as the session's data
}

// upgradeInjected is about plaintext that had come, and was not read, when the original was wrapped. A socket that
// hands over what it reads may do so before the wrap, in whatever pieces; what it does not must never come later.
func (c *catalogue) upgradeInjected() {
	for _, i := range injections {
		c.of("upgrade/injected-plaintext")
		c.it("does not pass off as the session's "+i.text, func(sp *spec) {
			if a := i.act(sp); !strings.HasPrefix(secret, a.handed) {
				sp.fail("want: nothing handed over by the wrapped socket but what came through TLS: %s\n got: %s",
					subject.Quote([]byte(secret)), subject.Quote([]byte(a.handed)))
			}
		}).needing(i.needs...).seen(i.seen...)

		c.of("upgrade/injected-plaintext-reported")
		c.it("reports, and lets no session come of, "+i.text, func(sp *spec) {
			a := i.act(sp)
			if !a.unread {
				return
			}
			if a.failed == nil {
				sp.fail("want: a tcp-ssl-error, from wrap or as an event: there was plaintext unread\n got: none; the session went on and handed over %s",
					subject.Quote([]byte(a.handed)))
			}
			sp.Expect(a.failed).To(beA(subject.TCPSSLError), "what reports the plaintext")
			sp.Expect(line(a.handed)).To(be(line("")), "what was handed over by the wrapped socket")
		}).needing(i.needs...).seen("will/crystal-pg#239")
	}

	c.of("upgrade/injected-plaintext")
	c.it("does not give to TLS what the original has handed over in the callback that wraps it", func(sp *spec) {
		a, since, _ := sp.wrappedInRead(fakeserver.SendPlain(injected))
		if first := sp.events(since, subject.OnRead)[0]; string(first.Data) != injected {
			return // it was handed over in pieces, and what came behind the wrap is TLS's
		}
		if a.handed != secret {
			sp.fail("want: %s through TLS: the original had handed over all that came in plain\n got: %s; reported was: %v",
				subject.Quote([]byte(secret)), subject.Quote([]byte(a.handed)), a.failed)
		}
	}).row("E4")
}

// injections are ways to have plaintext unread at the moment of a wrap.
var injections = []struct {
	text  string
	needs []subject.Capability
	seen  []string
	act   func(*spec) aftermath
}{
	{"what a stream held unread", []subject.Capability{subject.Stream},
		[]string{"python/cpython#118642", "CVE-2021-22947", "CVE-2011-0411"}, (*spec).injectedIntoStream},
	{"what a stream held unread, wrapped inside its read callback", []subject.Capability{subject.Stream},
		[]string{"python/cpython#142354", "CVE-2021-23222", "GHSA-9j88-vvj5-vhgr"}, (*spec).injectedIntoCallbackOfStream},
	{"what a socket without a stream kept unread", []subject.Capability{subject.Stream},
		[]string{"CVE-2021-23214", "GHSA-wgjv-9j3q-jhg8"}, (*spec).injectedIntoKept},
	{"what came while reading was disabled", []subject.Capability{subject.Pause},
		[]string{"dinhvh/libetpan#386", "nodemailer/nodemailer#1835"}, (*spec).injectedIntoPaused},
	{"what came while the loop was busy, in the turn of the wrap", nil,
		[]string{"cyrusimap/cyrus-imapd#1288"}, (*spec).injectedWhileBusy},
	{"what came in the segment that the wrapping read callback was called for", nil,
		[]string{"cyrusimap/cyrus-imapd#1288", "nodemailer/nodemailer#1835"}, injectedIntoCallback(injected, fakeserver.SendPlain(injected))},
	{"what came byte by byte while the read callback wrapped", nil,
		[]string{"hmailserver/hmailserver#109"}, injectedIntoCallback(injected, fakeserver.Dribbled(fakeserver.SendPlain(injected)))},
	{"what kept coming, 1 MiB, while the read callback wrapped", nil,
		[]string{"aio-libs/aiosmtpd#83"}, injectedIntoCallback(flood, fakeserver.SendPlain(flood))},
}

var flood = strings.Repeat(injected, 1<<20/len(injected))

// tampered is a peer whose consent somebody adds to: it sends that when it is resumed under "injection".
func (sp *spec) tampered(injection ...fakeserver.Step) *peer {
	return sp.peer(slices.Concat(
		[]fakeserver.Step{fakeserver.SendPlain(greeting), fakeserver.Hold("injection")}, injection,
		[]fakeserver.Step{sp.handshake(), fakeserver.Send(secret), fakeserver.ExpectEnd()})...)
}

// inject returns when the kernel has what was injected.
func (sp *spec) inject(p *peer) {
	p.Resume("injection")
	sp.holding(p, "injected")
	p.Resume("injected")
}

func (sp *spec) injectedIntoStream() aftermath {
	p := sp.tampered(fakeserver.SendPlain(injected), fakeserver.Hold("injected"))
	sp.connected(p, streaming)
	since := sp.mark()
	sp.inject(p)
	sp.awaitCall("the read callback for what was sent in plain", since, subject.OnRead)
	ids := sp.begin(sp.wrap(closeCB), whenever(subject.OnRead, subject.SocketOf(wrapped), read(wrapped)), read(wrapped))
	return sp.after(since, ids[0])
}

func (sp *spec) injectedIntoCallbackOfStream() aftermath {
	p := sp.tampered(fakeserver.SendPlain(injected))
	sp.connected(p, streaming)
	since := sp.mark()
	socket := subject.SocketOf(plain)
	ids := sp.begin(when(subject.OnRead, socket, sp.wrap(closeCB)), when(subject.OnRead, socket, read(wrapped)),
		whenever(subject.OnRead, subject.SocketOf(wrapped), read(wrapped)))
	sp.performed(ids)
	p.Resume("injection")
	return sp.after(since, ids[0])
}

// injectedIntoKept lets the greeting itself stay unread: without a stream nothing can be read.
func (sp *spec) injectedIntoKept() aftermath {
	p := sp.tampered()
	sp.connected(p, keeping)
	since := sp.mark()
	ids := sp.begin(sp.wrap(closeCB), streamOver(wrapped, reader), whenever(subject.OnRead, wrapped, read(reader)), read(reader))
	p.Resume("injection")
	return sp.after(since, ids[0])
}

func (sp *spec) injectedIntoPaused() aftermath {
	p := sp.tampered(fakeserver.SendPlain(injected), fakeserver.Hold("injected"))
	sp.connected(p)
	sp.must(disable(plain))
	since := sp.mark()
	sp.inject(p)
	sp.fence() // who reads ahead all the same has done it
	ids := sp.begin(sp.wrap(closeCB), enable(wrapped))
	a := sp.after(since, ids[0])
	a.unread = len(sp.handed(since, plain)) < len(injected)
	return a
}

func (sp *spec) injectedWhileBusy() aftermath {
	p := sp.tampered(fakeserver.SendPlain(injected))
	sp.connected(p)
	since := sp.mark()
	ids := sp.meanwhile(func() { p.Resume("injection") }, sp.wrap(closeCB))
	a := sp.after(since, ids[0])
	a.unread = len(sp.handed(since, plain)) < len(injected)
	return a
}

func injectedIntoCallback(sent string, step fakeserver.Step) func(*spec) aftermath {
	return func(sp *spec) aftermath {
		a, since, _ := sp.wrappedInRead(step)
		a.unread = len(sp.handed(since, plain)) < len(sent)
		return a
	}
}

// wrappedInRead wraps inside the first call of the read callback for what a step sends. It returns a mark from before
// that, and the wrap's request.
func (sp *spec) wrappedInRead(step fakeserver.Step) (a aftermath, since, wrapping int) {
	p := sp.tampered(step)
	sp.connected(p)
	since = sp.mark()
	wrapping = sp.deferred(when(subject.OnRead, plain, sp.wrap(closeCB)))
	p.Resume("injection")
	return sp.after(since, wrapping), since, wrapping
}

// after waits until it is clear what became of a wrap, and tells.
func (sp *spec) after(since, wrapping int) aftermath {
	defer sp.during("the wrap, made when there was plaintext unread, has to come to an end of one kind or another first")()
	seen, handed := 0, ""
	sp.await("a failure that was reported, or what the peer sent under TLS", func(r subject.Record) bool {
		if seen++; seen <= since || r.Callbacks == canaryCallbacks {
			return false
		}
		if sp.isSessions(r) {
			handed += string(sp.data(r))
		}
		isEnd := r.Event == subject.OnEvent || r.Event == subject.OnClose || r.ID == wrapping && r.Error != nil
		return isEnd || handed == secret || !strings.HasPrefix(secret, handed)
	})
	sp.fence()
	a := aftermath{unread: true}
	for _, r := range sp.records[since:] {
		switch {
		case r.Callbacks == canaryCallbacks:
		case sp.isSessions(r):
			a.handed += string(sp.data(r))
		case a.failed == nil && r.Event == subject.OnEvent:
			a.failed = r.Condition
		case a.failed == nil && r.ID == wrapping && r.Error != nil:
			a.failed = &r.Error.Condition
		}
	}
	return a
}

// isSessions tells whether a record hands over data as the session's: a read callback was called with anything but the
// original, or something was read from a stream that is not the original.
func (sp *spec) isSessions(r subject.Record) bool {
	if r.Event == subject.OnRead {
		return r.On != plain && r.On != subject.SocketOf(plain)
	}
	isRead := r.OK != nil && sp.requested(r.ID).Op == subject.Read
	return isRead && sp.requested(r.ID).On != plain
}

// data is what a record hands over.
func (*spec) data(r subject.Record) []byte {
	if r.OK != nil {
		return r.OK.Data
	}
	return r.Data
}
