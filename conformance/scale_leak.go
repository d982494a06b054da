package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// Connections come and go, so many at once; every so often, what is in use is measured. A collector's heap and an
// allocator's grow in steps, and caches fill: so it is the median slope that counts, and it has to be too steep in
// several rounds, one after the other.
const (
	atOnce     = 10
	apart      = 50  // connections between two measurements
	warmth     = 100 // connections before the first
	aRound     = 200 // connections of one round
	mostRounds = 3

	// climbing is how many bytes with each connection are too many. A correct implementation was seen to take 40 or
	// less; the smallest that is lost of a session, such as what it takes to resume it, is 6 KiB.
	climbing = 1 << 10
)

// A passage is a way for connections to come and go.
type passage struct {
	how    string
	script func(*spec) []fakeserver.Step
	pass   func(*spec) // from the greeting on
}

// closedPassage is that of connections which do what they are for.
var closedPassage = passage{
	how: "are closed behind a round trip",
	script: func(sp *spec) []fakeserver.Step {
		return []fakeserver.Step{fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Echo()}
	},
	pass: func(sp *spec) {
		since := sp.mark()
		ids := sp.begin(sp.ofEach(func(original, wrapped subject.Handle) []subject.Request {
			return []subject.Request{sp.wrapOf(original, wrapped, closeCB), write(wrapped, question)}
		})...)
		sp.awaitBytes("what was written, back from the peer", since, atOnce*len(question))
		sp.performed(ids)
		sp.must(sp.ofEach(func(_, wrapped subject.Handle) []subject.Request { return []subject.Request{closing(wrapped)} })...)
	},
}

// endedPassages are those of connections that others end.
var endedPassages = []passage{
	{
		how: "their peers close",
		script: func(sp *spec) []fakeserver.Step {
			return []fakeserver.Step{fakeserver.SendPlain(greeting), sp.handshake(), fakeserver.Send(welcome),
				fakeserver.CloseNotify(), fakeserver.FIN(), fakeserver.ExpectEnd()}
		},
		pass: func(sp *spec) {
			since := sp.mark()
			sp.wrapEach()
			sp.awaitBytes("what the peers say before they close", since, atOnce*len(welcome))
		},
	},
	{
		how:    "fail in the handshake",
		script: func(*spec) []fakeserver.Step { return answering(plainFault) },
		pass:   (*spec).wrapEach,
	},
}

func (c *catalogue) scaleNoLeak() {
	c.of("scale/no-leak")
	text := "keeps nothing of 200 connections that "
	c.alone(text+closedPassage.how, func(sp *spec) { sp.expectNoGrowth(closedPassage) }).
		seen("orthecreedence/cl-async#141", "MagicStack/uvloop#220", "nodejs/node#9586", "libevent/libevent#228")
	for _, p := range endedPassages {
		c.alone(text+p.how, func(sp *spec) { sp.expectNoGrowth(p) }).heavily().seen("libevent/libevent#294", "emersion/go-smtp#185")
	}
}

// ofEach makes requests for each of the connections that come and go at once, for one turn.
func (sp *spec) ofEach(requests func(original, wrapped subject.Handle) []subject.Request) (turn []subject.Request) {
	for n := range atOnce {
		turn = append(turn, requests(subject.Handle(fmt.Sprintf("plain-%d", n)), subject.Handle(fmt.Sprintf("tls-%d", n)))...)
	}
	return turn
}

// wrapEach wraps them; where the wrap ends with the handshake, it may be refused.
func (sp *spec) wrapEach() {
	sp.do(sp.ofEach(func(original, wrapped subject.Handle) []subject.Request {
		return []subject.Request{sp.wrapOf(original, wrapped, closeCB)}
	})...)
}

// A turnstile is a peer for connections that come and go. It tells how each has gone: as it should, if that is empty.
type turnstile struct {
	*peer
	gone chan string
}

func (sp *spec) turnstile(script ...fakeserver.Step) turnstile {
	gone := make(chan string, 2*atOnce) // never full, unless nobody waits any more
	server, err := fakeserver.Serve(func(_ int, e fakeserver.Entry) {
		if e.Kind == fakeserver.Closed || e.Kind == fakeserver.Failed {
			select {
			case gone <- e.Text:
			default:
			}
		}
	}, sp.reached("peer", script)...)
	return turnstile{sp.started("peer", server, err), gone}
}

// comeAndGo lets so many connections come and go.
func (sp *spec) comeAndGo(t turnstile, p passage, connections int) {
	for range connections / atOnce {
		since := sp.mark()
		sp.must(sp.ofEach(func(original, _ subject.Handle) []subject.Request {
			return []subject.Request{connect(t.peer, original, callbacks)}
		})...)
		sp.awaitBytes("the peer's greetings in plain", since, atOnce*len(greeting))
		p.pass(sp)
		sp.waits("for the ends of connections", func() { sp.awaitGone(t) })
	}
}

func (sp *spec) awaitGone(t turnstile) {
	patience := time.After(sp.patience())
	for n := range atOnce {
		select {
		case failure := <-t.gone:
			if failure != "" {
				sp.fail("want: connections that come and go\n got: %s", failure)
			}
		case <-patience:
			sp.gaveUp("the end of all connections")
			sp.fail("want: the end of all %d connections, at the peer\n got: that of %d within %v", atOnce, n, sp.patience())
		}
	}
}

// inUse is what the subject's process has in use when nothing goes on.
func (sp *spec) inUse() subject.Result {
	sp.forget()
	sp.fence()
	sp.forget()
	return sp.status()
}

// expectNoGrowth expects that connections which come and go leave neither memory nor descriptors behind.
func (sp *spec) expectNoGrowth(p passage) {
	t := sp.turnstile(p.script(sp)...)
	sp.comeAndGo(t, p, warmth)
	before := sp.inUse()
	memory := []int{before.Memory}
	for n := 1; ; n++ {
		for range aRound / apart {
			sp.comeAndGo(t, p, apart)
			memory = append(memory, sp.inUse().Memory)
		}
		grown := slope(memory)
		if grown < climbing {
			sp.expectReleased(before.Descriptors, n*aRound)
			return
		}
		if n == mostRounds {
			sp.fail("want: less than %d bytes more in use with each connection that came and went\n got: %d with each of %d, and no less in the %d rounds before that; after every %d of them, in kB: %s",
				climbing, grown, aRound, n-1, apart, kilobytes(memory))
		}
		memory = memory[len(memory)-1:]
	}
}

// slope is by how many bytes memory grows with each connection: the median over all pairs of measurements.
func slope(memory []int) int {
	var slopes []int
	for n, later := range memory {
		for m, earlier := range memory[:n] {
			slopes = append(slopes, (later-earlier)/(apart*(n-m)))
		}
	}
	slices.Sort(slopes)
	return slopes[len(slopes)/2]
}

func kilobytes(memory []int) string {
	var all []string
	for _, m := range memory {
		all = append(all, fmt.Sprint(m/1000))
	}
	return strings.Join(all, ", ")
}
