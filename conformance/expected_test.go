package conformance

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// mute answers nothing but sync, and not even that once its loop has stopped.
func mute(stops bool) acted {
	return func(answer func(subject.Record), r subject.Request) {
		if r.Op == subject.Sync && !stops {
			answer(subject.Record{ID: r.ID, OK: &subject.Result{}})
		}
	}
}

// An operation without an answer is never expected, but for a wrap whose handshake has no end while the loop goes on.
func TestUnanswered(t *testing.T) {
	for _, test := range []struct {
		name    string
		stops   bool
		request subject.Request
		fatal   bool
	}{
		{"a wrap", false, subject.Request{Op: subject.Wrap, On: plain, As: wrapped}, false},
		{"a wrap that stops the loop", true, subject.Request{Op: subject.Wrap, On: plain, As: wrapped}, true},
		{"a write", false, write(plain, "hello"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := suiteOf(mute(test.stops))
			s.options.Patience = 100 * time.Millisecond
			sp := s.newSpec(t.Context(), &entry{body: func(sp *spec) { sp.do(test.request) }})
			if failure := sp.attempt(sp.perform); failure == "" || sp.outcome().Fatal != test.fatal {
				t.Errorf("fatal: %v, want %v; the failure is %q", sp.outcome().Fatal, test.fatal, failure)
			}
		})
	}
}

// slow answers an operation only when a time has passed.
func slow(by time.Duration) acted {
	return func(answer func(subject.Record), r subject.Request) {
		time.AfterFunc(by, func() { answer(subject.Record{ID: r.ID, OK: &subject.Result{}}) })
	}
}

// That a spec which is expected to fail waits for a shorter time makes it fail no other way.
func TestRushed(t *testing.T) {
	const short = DefaultPatience / patienceExpected
	for _, test := range []struct {
		name  string
		by    time.Duration // an answer takes
		fails string        // the spec, behind that
		tried int
		want  string
	}{
		{"fails as expected, in time", short / 2, "as ever", 1, "as ever"},
		{"fails otherwise, in time", short / 2, "as never before", 1, "as never before"},
		{"fails as expected, on a machine that is busy", 2 * short, "as ever", 2, "as ever"},
		{"fails otherwise, on a machine that is busy", 2 * short, "as never before", 2, "as never before"},
		{"has no answer", 2 * DefaultPatience, "as ever", 2, "want: the answer to request"},
	} {
		for _, kind := range []kind{ordinary, timed} {
			t.Run(fmt.Sprintf("%s, timed %v", test.name, kind == timed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tried := 0
					e := &entry{kind: kind, clause: fixtures.Clause{ID: "a/b"}, text: "fails", body: func(sp *spec) {
						tried++
						sp.do(write(plain, "hello"))
						sp.fail("it fails %s", test.fails)
					}}
					x := verdict.Expectation{Spec: e.name(), Match: "as ever"}
					s := suiteOf(slow(test.by))
					s.options.Expectations.Expect = []verdict.Expectation{x}
					sc := &scenario{done: make(chan struct{})}
					if kind == timed {
						s.play(t.Context(), e, sc)
					} else {
						_, sc.failure = s.try(t.Context(), e, 0)
					}
					if tried != test.tried || !strings.Contains(sc.failure, test.want) {
						t.Errorf("tried %d times, and then: %q", tried, sc.failure)
					}
				})
			})
		}
	}
}
