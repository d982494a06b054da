package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/onsi/gomega/gmeasure"

	"github.com/sslconform/sslconform/conformance/figures"
	"github.com/sslconform/sslconform/fixtures"
)

// A trial is what is measured together: in each round each of its runners runs once, in an order of its own.
type trial struct {
	name    string
	most    int           // rounds; 0 for as many as are asked for
	within  time.Duration // no round begins after that; 0 for no such bound, or [theRest]
	groups  []figures.Group
	runners []runner
}

// All is to be over in less than 15 minutes: what takes longest is measured last, as often as there is time for, and what
// has begun is brought to its end.
const (
	budget                = 14 * time.Minute
	theRest time.Duration = -1
)

// A runner measures something once.
type runner struct {
	name  string
	every int // it takes part in each of so many rounds; 0 stands for 1
	run   func(ctx context.Context) ([]reading, error)
}

// A reading is one value of a subject.
type reading struct {
	what, subject string
	value         float64
}

// run measures, and hands over the values. A runner that fails is left out from then on, with all that it has measured.
func (t trial) run(ctx context.Context, rounds int, into *results, out io.Writer) error {
	if t.most > 0 {
		rounds = min(rounds, t.most)
	}
	if t.within == theRest {
		t.within = max(budget-time.Since(into.began), time.Nanosecond)
	}
	e, failed, done := gmeasure.NewExperiment(t.name), map[string]bool{}, 0
	e.Sample(func(round int) {
		for _, n := range rand.Perm(len(t.runners)) {
			r := t.runners[n]
			if ctx.Err() != nil || failed[r.name] || r.every > 0 && round%r.every != 0 {
				continue
			}
			readings, err := r.run(ctx)
			if err != nil && ctx.Err() == nil {
				fmt.Fprintf(out, "%s: %s is left out: %v\n", t.name, r.name, err)
				failed[r.name] = true
			}
			for _, reading := range readings {
				e.RecordValue(key(reading.what, reading.subject), reading.value, gmeasure.Annotation(r.name))
			}
		}
		done++
	}, gmeasure.SamplingConfig{N: rounds, Duration: t.within})
	into.add(t, e, failed)
	if done < rounds {
		into.fewer(t.name, done)
	}
	if every := t.rarest(); every > 1 {
		into.fewer(t.name+", what has no target", (done+every-1)/every)
	}
	return ctx.Err()
}

// rarest is in each of how many rounds those take part that do so most seldom.
func (t trial) rarest() (every int) {
	for _, r := range t.runners {
		every = max(every, r.every)
	}
	return every
}

// key is the name of a measurement.
func key(what, subject string) string { return what + "\n" + subject }

// results are the values of all trials, by what was measured and of whom.
type results struct {
	began  time.Time
	groups []figures.Group // in the order of the tables
	values map[string]map[string][]float64
}

func newResults() *results {
	return &results{began: time.Now(), values: map[string]map[string][]float64{}}
}

func (r *results) add(t trial, e *gmeasure.Experiment, failed map[string]bool) {
	r.groups = append(r.groups, t.groups...)
	for _, m := range e.Measurements {
		if m.Type != gmeasure.MeasurementTypeValue || len(m.Annotations) > 0 && failed[m.Annotations[0]] {
			continue
		}
		what, subject, _ := strings.Cut(m.Name, "\n")
		r.put(what, subject, m.Values...)
	}
}

func (r *results) put(what, subject string, values ...float64) {
	if r.values[what] == nil {
		r.values[what] = map[string][]float64{}
	}
	r.values[what][subject] = append(r.values[what][subject], values...)
}

// roundsOf is the table of trials that had fewer rounds than were asked for.
const roundsOf = "rounds: had, where not all that were asked for, rounds"

func (r *results) fewer(trial string, rounds int) { r.put(roundsOf, trial, float64(rounds)) }

// order is that of the tables.
var order = []string{"verdict time", "reference", "growth", "rounds"}

// figures computes the rows, table by table.
func (r *results) figures() (rows []fixtures.Figure) {
	groups := append(slices.Clone(r.groups), figures.Group{What: roundsOf, Apart: true})
	known := map[string]bool{}
	for _, g := range groups {
		if !known[g.What] {
			rows = append(rows, g.Figures(r.values[g.What])...)
		}
		known[g.What] = true
	}
	for _, what := range slices.Sorted(maps.Keys(r.values)) {
		if !known[what] {
			panic("no group for " + what)
		}
	}
	slices.SortStableFunc(rows, func(a, b fixtures.Figure) int {
		return cmp.Compare(slices.Index(order, a.Table()), slices.Index(order, b.Table()))
	})
	return rows
}
