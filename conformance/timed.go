package conformance

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// The times that timed specs are about: the first to be tried, and the last on a machine too loaded for it. Each is tried
// twice: what kept the machine busy may be over, and longer times tell less.
const (
	firstT = 200 * time.Millisecond
	lastT  = 3200 * time.Millisecond
)

// A scenario is the run of a timed spec, beside the others: it takes down what becomes of it, and its spec tells.
type scenario struct {
	done    chan struct{}
	outcome outcome
	failure string
}

// startScenarios starts the timed specs, all at once, in the process that will judge them.
func (s *suite) startScenarios(ctx context.Context) {
	s.scenarios = make(map[*entry]*scenario)
	if ginkgo.GinkgoParallelProcess() != 1 {
		return
	}
	for _, e := range s.selected {
		if e.kind == timed && s.subject.Info().Has(e.needs()...) {
			s.scenarios[e] = &scenario{done: make(chan struct{})}
		}
	}
	if len(s.scenarios) == 0 {
		return
	}
	loud, quiet := context.WithCancel(ctx)
	s.noise = startNoise(loud, s)
	var playing sync.WaitGroup
	for e, sc := range s.scenarios {
		playing.Go(func() { s.play(ctx, e, sc) })
	}
	go func() {
		playing.Wait()
		quiet()
	}()
}

// awaitScenarios waits until nothing runs beside the specs any more.
func (s *suite) awaitScenarios() {
	for _, sc := range s.scenarios {
		<-sc.done
	}
	if s.noise != nil {
		<-s.noise.done
	}
}

// play runs a timed spec until it comes out well, or ill for what cannot be the machine's doing. Where the subject has
// timed out, it has to come out ill twice for that: a single thread may be held up, so that a timer comes late, or before
// what there is to be read, while all that is measured goes on. No machine makes a subject crash.
func (s *suite) play(ctx context.Context, e *entry, sc *scenario) {
	defer close(sc.done)
	for t, again, loud := firstT, false, false; ; {
		began := time.Now()
		var sp *spec
		sp, sc.failure = s.try(ctx, e, t)
		sc.outcome = sp.outcome()
		noise := s.noise.largest(began)
		tooMuch := t * 8 / 10
		calm := sp.gap+noise < tooMuch // what ends a gap is on its way for as long as any round trip
		switch {
		case sp.comesOutWell(sc.failure), sc.outcome.Blame != "", sc.outcome.Fatal:
			return
		case calm && sp.hasTimedOut() && !again:
			again = true
		case calm:
			return
		case !loud:
			loud = true
		case t < lastT:
			t, loud = 2*t, false
		case noise >= tooMuch:
			sc.outcome.Blame = verdict.Suite
			sc.failure = fmt.Sprintf("the machine is too slow: with times of %v a round trip took %v\n%s", t, noise, sc.failure)
			return
		default:
			return
		}
	}
}

// A stopped is what a spec that runs beside the others ends in, since Ginkgo knows of one spec at a time.
type stopped struct{ failure string }

// attempt runs f for a spec and returns its failure.
func (sp *spec) attempt(f func()) (failure string) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case stopped:
			failure = v.failure
		default:
			panic(v)
		}
	}()
	sp.stop = func(message string, _ ...int) { panic(stopped{message}) }
	defer sp.abandon()
	f()
	return ""
}

// collect is the timed spec itself: it waits for what was started long ago.
func (s *suite) collect(ctx context.Context, e *entry) {
	sc := s.scenarios[e]
	s.waits(e.name(), itsTimes, func() {
		select {
		case <-sc.done:
		case <-ctx.Done():
		}
	})
	if x, expected := s.expected(e); expected {
		s.conclude(x, sc.failure, sc.outcome)
		return
	}
	sc.outcome.report()
	if sc.failure != "" {
		ginkgo.Fail(sc.failure)
	}
}

// watch takes down what the subject reports for a time.
func (sp *spec) watch(d time.Duration) {
	ctx, cancel := context.WithTimeout(sp.ctx, d)
	defer cancel()
	for {
		if err := sp.pull(ctx); ctx.Err() != nil {
			return
		} else if err != nil {
			sp.broke("watch it", err)
		}
	}
}

// promptly notes, when the function that it returns is called, how long something took that takes no time: a failure
// that comes of it is the machine's. If nothing came of it at all, not even a timeout, it is the subject's. The subject
// may have told the peer that it has timed out, and not yet the suite: its word is waited for.
func (sp *spec) promptly(done func() bool) func() {
	began := time.Now()
	over := func() bool { return done() || sp.hasTimedOut() }
	return func() {
		took := time.Since(began)
		ctx, cancel := context.WithTimeout(sp.ctx, sp.T)
		defer cancel()
		for !over() && sp.pull(ctx) == nil {
		}
		if over() {
			sp.gap = max(sp.gap, took)
		}
	}
}

// pace lets a time pass between two things that the peer does, the first of which it was told at a time, and returns when
// that is over. That it was longer than was meant, be it for what was awaited meanwhile, is noise.
func (sp *spec) pace(told time.Time, d time.Duration) (now time.Time) {
	sp.watch(d)
	now = time.Now()
	sp.gap = max(sp.gap, now.Sub(told))
	return now
}

// hasTimedOut tells whether the subject has told of a timeout.
func (sp *spec) hasTimedOut() bool { return slices.ContainsFunc(sp.records, timedOut) }

// T is in milliseconds, as requests have it.
func (sp *spec) ms() int { return int(sp.T.Milliseconds()) }

// onTime expects that a record came a time T after a moment: no sooner, but for the clocks' grain, and not much later.
func (sp *spec) onTime(r subject.Record, since time.Time) { sp.onTimeBetween(r, since, since) }

// onTimeBetween is onTime where it is the implementation's choice which moment it counts from, between two.
func (sp *spec) onTimeBetween(r subject.Record, first, last time.Time) {
	least, most := first.Add(sp.T-max(15*time.Millisecond, sp.T/20)), last.Add(3*sp.T)
	if r.Time.After(most) || r.Time.Before(least) {
		sp.fail("want: %v of silence, then the %s\n got: it after %v\n(allowed: %v to %v)", sp.T, r, grain(r.Time.Sub(first)), grain(least.Sub(first)), grain(most.Sub(first)))
	}
}

func grain(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
