package conformance

import (
	"context"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// suiteAmid is a suite for which each round trip of the canary takes a time.
func suiteAmid(d time.Duration) *suite {
	later := time.Now().Add(time.Hour) // any attempt begins before it
	s := suiteOf(idle{})
	s.noise.trips = []trip{{began: later, back: later.Add(d)}}
	return s
}

// timeout is a subject's word that it has timed out.
var timeout = subject.Record{Event: subject.OnEvent, Condition: &subject.Condition{Types: []string{subject.TCPTimeout}}}

// A failure is void, and tried again with longer times, while the machine is that slow; so is the first one of a subject
// that has timed out; a crash or a pass never is.
func TestPlay(t *testing.T) {
	const ever = 1 << 10
	for _, test := range []struct {
		name     string
		noise    time.Duration // of the canary
		gap      time.Duration // that the peer left
		fails    int           // how often
		timesOut bool
		crashes  bool
		last     time.Duration // the time of the last attempt
		blame    verdict.Blame
	}{
		{"fails on a quiet machine", 0, 0, ever, false, false, firstT, ""},
		{"times out on a quiet machine", 0, 0, ever, true, false, firstT, ""},
		{"times out once on a quiet machine", 0, 0, 1, true, false, firstT, ""},
		{"fails on a slow machine", firstT, 0, ever, false, false, 2 * firstT, ""},
		{"fails where the peer is late, and the machine slow", firstT / 2, firstT / 2, ever, false, false, 2 * firstT, ""},
		{"fails on a machine that is too slow", lastT, 0, ever, false, false, lastT, verdict.Suite},
		{"fails though only the peer is late", 0, lastT, ever, false, false, lastT, ""},
		{"passes on a machine that is too slow", lastT, 0, 0, false, false, firstT, ""},
		{"crashes on a slow machine", firstT, 0, ever, false, true, firstT, ""},
		{"times out, and crashes", 0, 0, ever, true, true, firstT, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := suiteAmid(test.noise)
			var tried []time.Duration
			e := &entry{kind: timed, body: func(sp *spec) {
				tried = append(tried, sp.T)
				sp.gap, sp.fatal = test.gap, test.crashes
				if test.timesOut {
					sp.records = append(sp.records, timeout)
				}
				if len(tried) <= test.fails {
					sp.fail("it came late")
				}
			}}
			sc := &scenario{done: make(chan struct{})}
			s.play(t.Context(), e, sc)
			if strings.Contains(sc.failure, "it came late") != (test.fails == ever) || sc.outcome.Blame != test.blame {
				t.Errorf("blames %q: %q", sc.outcome.Blame, sc.failure)
			}
			last := tried[len(tried)-1]
			if again := len(tried) > 1 && tried[1] == firstT; last != test.last || again != (test.timesOut && !test.crashes || last > firstT) {
				t.Errorf("tried with %v", tried)
			}
		})
	}
}

// Of one that is expected to fail it is the pass that a slow machine may have brought about.
func TestPlayExpected(t *testing.T) {
	for _, test := range []struct {
		name   string
		noise  time.Duration
		passes int // how often, before it fails
		last   time.Duration
		fails  bool
	}{
		{"fails on a slow machine", firstT, 0, firstT, true},
		{"passes once on a slow machine", firstT, 1, firstT, true},
		{"passes on a quiet machine", 0, 1, firstT, false},
		{"passes as soon as the machine is no longer too slow", firstT, 1 << 10, 2 * firstT, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var tried []time.Duration
			e := &entry{kind: timed, text: "is known", body: func(sp *spec) {
				tried = append(tried, sp.T)
				if len(tried) > test.passes {
					sp.fail("it came late")
				}
			}}
			s := suiteAmid(test.noise)
			s.options.Expectations.Expect = []verdict.Expectation{{Spec: e.name(), Match: "it came late"}}
			sc := &scenario{done: make(chan struct{})}
			s.play(t.Context(), e, sc)
			if last := tried[len(tried)-1]; last != test.last || (sc.failure != "") != test.fails {
				t.Errorf("tried with %v: %q", tried, sc.failure)
			}
		})
	}
}

// What stands still is noise whether or not a round trip has begun, as long as it may still come back.
func TestNoise(t *testing.T) {
	start := time.Now().Add(-time.Minute)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	n := &noise{trips: []trip{{at(0), at(30)}, {at(30), at(31)}, {began: at(31)}}}
	if before, open := n.largest(at(20)), n.largest(at(40)); before != 30*time.Second || open < 29*time.Second {
		t.Errorf("measured %v, and %v while one is on its way", before, open)
	}
	n.forget()
	if after := n.largest(at(30)); after != time.Second {
		t.Errorf("measured %v behind one that never came back", after)
	}
}

// told is a session whose word comes by a channel.
type told struct {
	subject.Session
	word chan subject.Record
}

func (s told) Next(ctx context.Context) (subject.Record, error) {
	select {
	case r := <-s.word:
		return r, nil
	case <-ctx.Done():
		return subject.Record{}, ctx.Err()
	}
}

// That a subject has timed out makes what failed the machine's, though its word comes after that of the peer.
func TestPromptly(t *testing.T) {
	s := suiteOf(idle{})
	for name, test := range map[string]struct {
		T    time.Duration
		word []subject.Record
		done bool
		gap  bool
	}{
		"it is done":            {T: time.Minute, done: true, gap: true},
		"it tells of a timeout": {T: time.Minute, word: []subject.Record{{Event: subject.OnRead}, timeout}, gap: true},
		"it says nothing":       {T: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			sp := s.newSpec(t.Context(), &entry{kind: timed})
			session := told{word: make(chan subject.Record)}
			sp.T, sp.session = test.T, session
			over := sp.promptly(func() bool { return test.done })
			go func() {
				for _, r := range test.word {
					session.word <- r
				}
			}()
			over()
			if (sp.gap > 0) != test.gap {
				t.Errorf("the gap is %v", sp.gap)
			}
		})
	}
}

// What a spec leaves open, or running, is found, and told with its spec; what is gone by the end is nobody's business.
func TestLitter(t *testing.T) {
	var l litter
	l.begin()
	if left := l.left(); left != "" {
		t.Fatalf("before anything: %s", left)
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	release, gone := make(chan struct{}), make(chan struct{})
	litterOf("a/b leaves things behind", func() {
		go func() {
			defer close(gone)
			<-release
		}()
	})
	l.after("a/b leaves things behind")
	l.after("c/d is clean")
	left := l.left()
	for _, piece := range []string{
		"is still open; it was there first after a/b leaves things behind", "a goroutine still runs", `"a/b leaves things behind"`,
	} {
		if !strings.Contains(left, piece) {
			t.Errorf("%q is not in\n%s", piece, left)
		}
	}
	socket.Close()
	close(release)
	<-gone
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for left = l.left(); left != ""; left = l.left() { // a goroutine may take a moment to be gone
		if ctx.Err() != nil {
			t.Fatal(left)
		}
		runtime.Gosched()
	}
}
