package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fakeserver"
)

// scale is about many connections, at once and one after the other.
func (c *catalogue) scale() {
	c.scaleMany()
	c.scaleNoLeak()
}

// A member of a crowd is one of many wrapped sockets, with a peer of its own.
type member struct {
	number             string
	original, wrapped  subject.Handle
	callbacks, closeCB subject.Tag
	peer               *peer
	early              bool  // it is wrapped before it is connected
	left               bool  // it is the peer that ends the connection
	asked              []int // requests that may not be refused
}

// says is what a member and its peer say, and no other.
func (m *member) says(what string) string { return what + ", " + m.number + "\r\n" }

func (c *catalogue) scaleMany() {
	c.of("scale/many")
	// Alone, since it would be noise to those that are about times.
	c.alone("keeps 200 sockets at once apart: their data, their ends and their close-cb", func(sp *spec) {
		crowd := sp.gather(200)
		for _, m := range crowd {
			sp.gets(m, m.wrapped, m.says("welcome"))
			m.asked = append(m.asked, sp.begin(write(m.wrapped, m.says("thanks")))...)
		}
		for _, m := range crowd {
			sp.gets(m, m.wrapped, m.says("farewell"))
			sp.isAnswered(m)
		}
		all := sp.mark() // they stand, all of them
		for _, m := range crowd {
			if m.left {
				m.peer.Resume("end")
			} else {
				m.asked = sp.begin(closing(m.wrapped))
			}
		}
		for _, m := range crowd {
			sp.isAnswered(m)
			sp.hasClosed(m)
		}
		sp.fence()
		sp.expectApart(crowd, all)
	})
}

// gather connects and wraps so many sockets, half of them before they are connected, where that can be.
func (sp *spec) gather(size int) (crowd []*member) {
	for n := range size {
		number := fmt.Sprintf("%03d", n)
		m := &member{
			number: number, original: subject.Handle("plain-" + number), wrapped: subject.Handle("tls-" + number),
			callbacks: subject.Tag("A-" + number), closeCB: subject.Tag("C-" + number),
			early: n%2 == 0 && sp.offers(subject.WrapBeforeConnect), left: n%4 < 2,
		}
		m.peer = sp.startPeer("peer "+number, sp.script(m)...)
		turn := []subject.Request{connect(m.peer, m.original, m.callbacks)}
		if m.early {
			turn = append(turn, sp.wrapOf(m.original, m.wrapped, m.closeCB))
		}
		m.asked = sp.begin(turn...)
		crowd = append(crowd, m)
	}
	for _, m := range crowd {
		if !m.early {
			sp.gets(m, m.original, m.says("220 ready"))
			m.asked = append(m.asked, sp.begin(sp.wrapOf(m.original, m.wrapped, m.closeCB))...)
		}
	}
	return crowd
}

// script is what the peer of a member does.
func (sp *spec) script(m *member) (script []fakeserver.Step) {
	if !m.early {
		script = append(script, fakeserver.SendPlain(m.says("220 ready")))
	}
	script = append(script, sp.handshake(), fakeserver.Send(m.says("welcome")), fakeserver.Expect(m.says("thanks")), fakeserver.Send(m.says("farewell")))
	if m.left {
		script = append(script, fakeserver.Hold("end"), fakeserver.CloseNotify(), fakeserver.FIN())
	}
	return append(script, fakeserver.ExpectEnd())
}

// about has a failure show what is about one member alone, until the function that it returns is called.
func (sp *spec) about(m *member) func() {
	done := sp.during("the timeline is that of the socket " + m.number + " alone")
	sp.shows = func(moment verdict.Moment) bool {
		return moment.Who == m.peer.name || strings.Contains(moment.What(), "-"+m.number)
	}
	return func() {
		sp.shows = nil
		done()
	}
}

func (sp *spec) isAnswered(m *member) {
	defer sp.about(m)()
	sp.performed(m.asked)
}

func (sp *spec) hasClosed(m *member) {
	defer sp.about(m)()
	sp.await("the call of close-cb "+string(m.closeCB), func(r subject.Record) bool {
		return r.Event == subject.OnClose && r.Callbacks == m.closeCB
	})
}

// gets waits until read callbacks called with an object have got something of a member's, or its event callback tells
// why that will not come.
func (sp *spec) gets(m *member, on subject.Handle, last string) {
	defer sp.about(m)()
	got := ""
	what := fmt.Sprintf("%q for %s", last, on)
	r := sp.await(what, func(r subject.Record) bool {
		if r.Callbacks == m.callbacks && r.On == on {
			got += string(r.Data)
		}
		return strings.HasSuffix(got, last) || r.Callbacks == m.callbacks && r.Event == subject.OnEvent
	})
	if r.Event == subject.OnEvent {
		sp.fail("want: %s\n got: the %s", what, r)
	}
}

// expectApart expects that the callbacks of each member were called for what is its own, and shows the first member of
// which that is not so.
func (sp *spec) expectApart(crowd []*member, all int) {
	mixed := slices.DeleteFunc(slices.Clone(crowd), func(m *member) bool { return slices.Equal(m.due(), sp.historyOf(m, all)) })
	if len(mixed) == 0 {
		return
	}
	m := mixed[0]
	defer sp.about(m)()
	sp.Expect(sp.historyOf(m, all)).To(be(m.due()), "what the callbacks of the socket %s were called for: it is one of %d that differ", m.number, len(mixed))
}

// due is what the callbacks of a member are to be called for.
func (m *member) due() (due []line) {
	if !m.early {
		due = append(due, line(fmt.Sprintf("read %s %q", m.original, m.says("220 ready"))))
	}
	due = append(due, line(fmt.Sprintf("read %s %q", m.wrapped, m.says("welcome")+m.says("farewell"))))
	if m.left {
		due = append(due, line("event tcp-eof of "+m.wrapped))
	}
	return append(due, line("close-cb "+m.closeCB))
}

// historyOf is what the callbacks of a member were called for. Of what follows its own close only close-cb counts.
func (sp *spec) historyOf(m *member, all int) []line {
	before, behind := sp.callsOf(m, sp.records[:all]), sp.callsOf(m, sp.records[all:])
	if !m.left {
		behind = slices.DeleteFunc(behind, func(r subject.Record) bool { return r.Event != subject.OnClose })
	}
	return history(append(before, behind...))
}

// callsOf are the calls of a member's callbacks among records.
func (sp *spec) callsOf(m *member, among []subject.Record) (calls []subject.Record) {
	for _, r := range among {
		if r.Event != "" && (r.Callbacks == m.callbacks || r.Callbacks == m.closeCB) {
			calls = append(calls, r)
		}
	}
	return calls
}
