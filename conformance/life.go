package conformance

import (
	"fmt"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// life is about what a session, and its process, have to outlive.
func (c *catalogue) life() {
	c.lifeThrowing()
	c.lifeInFlight()
}

// throwers are callbacks that an application's own error leaves, and how they come to be called.
var throwers = []struct {
	in     subject.Callback
	needs  []subject.Capability
	handed bool // the error is to reach the event callback
	with   []change
	peer   []fakeserver.Step // what calls it is this
	act    func(*spec)       // or this
}{
	{in: subject.OnRead, handed: true, peer: []fakeserver.Step{fakeserver.Send("data")}},
	{
		in: subject.OnWrite, handed: true, needs: []subject.Capability{subject.WriteCallback},
		with: []change{also(subject.OnWrite)}, act: func(sp *spec) { sp.do(write(wrapped, "data")) },
	},
	{in: subject.OnEvent, peer: forgedFault.steps},
	// Where it is the call to write, or to close, that calls the callback, the error may leave that, too.
	{in: subject.OnClose, act: func(sp *spec) { sp.do(closing(wrapped)) }},
}

// lifeThrowing holds the subject to: "An application's own error in a callback leaves the loop, or, if the loop is told
// so, is handed to event-cb."
func (c *catalogue) lifeThrowing() {
	c.of("life/throwing-callback")
	for _, t := range throwers {
		c.it(throwsIn(t.in, t.handed), func(sp *spec) {
			sp.upgradedBystander()
			p := sp.peer(standing(sp.handshake(), fault{steps: t.peer})...)
			since := sp.upgraded(p, t.with...)
			thrown := sp.deferred(throwing(t.in))
			p.Resume(theWrap)
			if t.act != nil {
				t.act(sp)
			}
			sp.outlives(since, thrown, t.handed)
		}).needing(t.needs...).seen("eventmachine/eventmachine#765", "eventmachine/eventmachine#777")
	}
	c.it(throwsIn(subject.OnConnect, true), func(sp *spec) {
		sp.upgradedBystander()
		since := sp.mark()
		p := sp.peer(sp.handshake(), fakeserver.ExpectEnd())
		ids := sp.begin(connect(p, plain, callbacks, also(subject.OnConnect)), sp.wrap(closeCB), throwing(subject.OnConnect))
		sp.performed([]int{ids[0], ids[2]})
		sp.outlives(since, ids[2], true)
	}).needing(subject.ConnectCallback, subject.WrapBeforeConnect).seen("eventmachine/eventmachine#765", "eventmachine/eventmachine#777")
	c.it("hands on as many errors as are thrown in one read callback after the other", func(sp *spec) {
		sp.upgradedBystander()
		p := sp.peer(fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Hold(theWrap), fakeserver.SendRecords(5, "data"), fakeserver.ExpectEnd())
		since := sp.upgraded(p)
		thrown := sp.deferred(whenever(subject.OnRead, wrapped, subject.Request{Op: subject.Throw}))
		p.Resume(theWrap)
		sp.sees(p, "the data that it sends", func(e fakeserver.Entry) bool { return e.Side == fakeserver.Peer && e.Kind == fakeserver.Data })
		sp.outlives(since, thrown, true)
	}).seen("eventmachine/eventmachine#765", "eventmachine/eventmachine#777")
}

func throwsIn(callback subject.Callback, handed bool) string {
	name := string(callback) + " callback"
	if callback == subject.OnClose {
		name = "close-cb"
	}
	if handed {
		return fmt.Sprintf("hands an error that is thrown in the %s to the event callback, and other sockets go on", name)
	}
	return fmt.Sprintf("lives on where an error is thrown in the %s, and so do other sockets", name)
}

// throwing is the request to throw in the next call of a callback of the wrapped socket.
func throwing(in subject.Callback) subject.Request {
	on := wrapped
	if in == subject.OnClose {
		on = subject.Handle(closeCB)
	}
	return when(in, on, subject.Request{Op: subject.Throw})
}

// outlives expects that an error was thrown and, where it is to be, handed to the event callback, each time once; that
// the session and the bystander live on; and that close-cb is called once at most, when all is closed.
func (sp *spec) outlives(since, thrown int, handed bool) {
	sp.awaitDone("an error thrown in the callback", thrown)
	if handed {
		sp.awaitSince("the call of the event callback with the error that was thrown", since, ownError)
	}
	sp.fence()
	if handed {
		sp.expectHanded(since, thrown)
	}
	sp.echoed(bystanderWrapped, bystanderCallbacks)
	sp.do(closing(wrapped)) // refused if it is closed by now
	sp.fence()
	foreign := slices.DeleteFunc(sp.events(since, subject.OnEvent, subject.OnClose), func(r subject.Record) bool {
		return r.Callbacks == callbacks || r.Callbacks == closeCB
	})
	sp.Expect(lines(foreign)).To(be([]line{}), "the calls of event callback and close-cb of the other socket")
	if calls := sp.closings(since); len(calls) > 1 {
		sp.fail("want: close-cb called once at most\n got: %d calls", len(calls))
	}
}

// ownError tells whether a record is the call of an event callback with an application's own error.
func ownError(r subject.Record) bool {
	return r.Event == subject.OnEvent && len(r.Condition.Types) == 0
}

// expectHanded expects that the socket's event callback got every error that was thrown, once.
func (sp *spec) expectHanded(since, thrown int) {
	var want, got []line
	for _, r := range sp.records[since:] {
		if r.Event == subject.Ran && r.ID == thrown {
			want = append(want, line(fmt.Sprintf("the event callback of %s for an application's own error", callbacks)))
		}
		if ownError(r) {
			got = append(got, line(fmt.Sprintf("the event callback of %s for an application's own error", r.Callbacks)))
		}
	}
	sp.Expect(got).To(be(want), "the calls of event callbacks with an application's own error, one for each that was thrown")
}
