package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/figures"
)

// built has a part of what is built, at the root of the module.
func built(t *testing.T, packages ...string) *bench {
	t.Helper()
	t.Chdir("../../..")
	b := &bench{folder: t.TempDir()}
	for _, p := range packages {
		if err := runTool(t.Context(), "go", "build", "-o", b.folder+"/", p); err != nil {
			t.Fatal(err)
		}
	}
	b.clients = b.inGo()
	return b
}

// Two tiny rounds of a row give figures of each client, and those that fail are left out with a line.
func TestRounds(t *testing.T) {
	b := built(t, "./impl/bench")
	b.clients = append(b.clients, subject{"nobody", []string{"false"}})
	var err error
	if b.pair, err = b.newPair(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	defer b.pair.close()
	const what = "reference: handshakes, 1/s"
	tiny := b.loaded("tiny", "handshakes 2 2", what, asManyHandshakes, perSecond(2, "wall"))
	results, out := newResults(), &bytes.Buffer{}
	if err := tiny.run(t.Context(), 2, results, out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "tiny: nobody is left out: ") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("it tells %q, want that nobody is left out, once", out)
	}
	var subjects []string
	for _, f := range results.figures() {
		subjects = append(subjects, f.Subject)
		if f.What != what || f.Median < 1 || f.Ratio == nil || f.AARatio == nil || (f.Met != nil) != (f.Subject == reference) {
			t.Errorf("a figure is %+v", f)
		}
	}
	if diff := cmp.Diff([]string{rawTLS, rawTLSAgain, reference}, subjects); diff != "" {
		t.Errorf("the subjects (-want +got):\n%s", diff)
	}
	if n := len(results.values[what][reference]); n != 2 {
		t.Errorf("there are %d values, want one of each round", n)
	}
}

// A verdict gives times, and what it waited for.
func TestJudge(t *testing.T) {
	b := built(t, "./conformance/cmd/sslconform")
	w := b.ways()[slices.IndexFunc(b.ways(), func(w way) bool { return w.name == inProcess })]
	whole := w.command
	w.command = func(out string) []string { return append(whole(out), "--spec", "^identity/new-socket ") }
	readings, err := b.judge(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, r := range readings {
		got[r.what] = true
		if r.value <= 0 && !strings.Contains(r.what, "waited") {
			t.Errorf("a reading is %+v", r)
		}
	}
	for _, what := range []string{wallOf, cpuOfAll, perSecondOf, byClauses, "verdict time: waited in process, by the ledger, s"} {
		if !got[what] {
			t.Errorf("nothing is measured of %q", what)
		}
	}
	w.command = func(out string) []string { return append(whole(out), "--spec", "(") }
	if _, err := b.judge(t.Context(), w); err == nil || !strings.Contains(err.Error(), "regular expression") {
		t.Errorf("of a command that fails it says %v", err)
	}
	if part := b.part(4); !strings.HasPrefix(part, "^(identity/") || strings.Count(part, "|") < 30 {
		t.Errorf("the specs of every fourth clause are %s", part)
	}
}

// Each round runs all runners but those that take part in fewer, and the figures say how many those were.
func TestTrial(t *testing.T) {
	results := newResults()
	synctest.Test(t, func(t *testing.T) {
		if err := counting(func(int) {}).run(t.Context(), 7, results, io.Discard); err != nil {
			t.Fatal(err)
		}
	})
	if a, b := len(results.values[something]["a"]), len(results.values[something]["b"]); a != 7 || b != 3 {
		t.Errorf("of 7 rounds there are %d and %d values, want 7 and 3", a, b)
	}
	if diff := cmp.Diff(map[string]float64{"counting, what has no target": 3}, roundsHad(results)); diff != "" {
		t.Errorf("the rounds (-want +got):\n%s", diff)
	}
}

// No round begins that would not be over in time, but a shorter one may; and there is one in any case.
func TestTrialInTime(t *testing.T) {
	for name, test := range map[string]struct {
		over   int // the round in which so little time is left
		left   time.Duration
		wanted map[string]float64
	}{
		"none is left":          {0, 0, map[string]float64{"counting": 1}},
		"none is left then":     {1, 0, map[string]float64{"counting": 2, "counting, what has no target": 1}},
		"half a minute is left": {1, time.Minute / 2, map[string]float64{"counting": 5, "counting, what has no target": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				results := newResults()
				within := counting(func(round int) {
					if round == test.over {
						results.until = time.Now().Add(test.left)
					}
				})
				if err := within.run(t.Context(), 7, results, io.Discard); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.wanted, roundsHad(results)); diff != "" {
					t.Errorf("the rounds (-want +got):\n%s", diff)
				}
			})
		})
	}
}

const something = "growth: something, s"

// roundsHad is what the figures say of trials that had fewer rounds than were asked for.
func roundsHad(r *results) map[string]float64 {
	had := map[string]float64{}
	for _, f := range r.figures() {
		if f.What == roundsOf {
			had[f.Subject] = f.Median
		}
	}
	return had
}

// counting is a trial of two runners: the first takes a second of each round, and tells of it first; the other takes a
// minute of each third.
func counting(tell func(round int)) trial {
	round := 0
	one := []reading{{something, "a", 1}}
	return trial{name: "counting", groups: []figures.Group{{What: something, Subjects: []string{"a", "b"}}}, runners: []runner{
		{"a", 0, func(context.Context) ([]reading, error) {
			tell(round)
			round++
			time.Sleep(time.Second)
			return one, nil
		}},
		{"b", 3, func(context.Context) ([]reading, error) {
			time.Sleep(time.Minute)
			return []reading{{something, "b", 1}}, nil
		}},
	}}
}

// What a subject has measured before it fails does not count, and an end from outside is no failure of a subject.
func TestTrialFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	failing := trial{name: "failing", groups: []figures.Group{{What: something}}, runners: []runner{{"a", 0, func(context.Context) ([]reading, error) {
		if n++; n > 1 {
			return nil, errors.New("it fell over")
		}
		return []reading{{something, "a", 1}}, nil
	}}}}
	results, out := newResults(), &bytes.Buffer{}
	if err := failing.run(ctx, 3, results, out); err != nil {
		t.Fatal(err)
	}
	if len(results.figures()) != 0 || out.String() != "failing: a is left out: it fell over\n" {
		t.Errorf("it tells %q, and has %v", out, results.figures())
	}
	cancel()
	if err := failing.run(ctx, 3, results, out); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is ended from outside it returns %v", err)
	}
}

func TestWaited(t *testing.T) {
	const ledger = `waited, where it was more than 20 ms:
  67 ms    close/last calls nothing  for the end of the handshake at the peer
  672 ms   timeout/activity does not fire  for the times that it is about
  1196 ms  after the suite                 watch over parked sessions
in all: 1.93 of 3.28 s
`
	got := map[string]float64{}
	for _, r := range waited(ledger, "what") {
		got[r.subject] = r.value
	}
	want := map[string]float64{forTimes: .672, forWatch: 1.196, forTurns: .067, forAll: 1.935}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it waited (-want +got):\n%s", diff)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		flags flags
		want  string
	}{
		{flags{Rounds: 0}, "--rounds 0 leaves nothing to measure"},
		{flags{Rounds: 1, Only: "("}, "is not a regular expression"},
	} {
		if err := c.flags.run(t.Context(), t.TempDir(), io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.flags, err, c.want)
		}
	}
}
