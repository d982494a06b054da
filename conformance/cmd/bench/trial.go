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
	most    int // rounds; 0 for as many as are asked for
	groups  []figures.Group
	runners []runner
}

// budget is when all is to be over: what has the most rounds is measured last, as often as there is time for.
const budget = 14 * time.Minute

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

// run measures, and hands over the values. A runner that fails is left out from then on, with all that it has measured;
// and so is a round that would not be over in time by what its runners took before, but not the first.
func (t trial) run(ctx context.Context, rounds int, into *results, out io.Writer) error {
	if t.most > 0 {
		rounds = min(rounds, t.most)
	}
	e, failed, took := gmeasure.NewExperiment(t.name), map[string]bool{}, map[string]time.Duration{}
	had, whole := 0, 0
	e.Sample(func(round int) {
		due, need := t.due(round, failed), time.Duration(0)
		for _, r := range due {
			need += took[r.name]
		}
		if ctx.Err() != nil || had > 0 && time.Until(into.until) < need {
			return
		}
		had++
		if len(due) == len(t.due(0, failed)) {
			whole++
		}
		for _, n := range rand.Perm(len(due)) {
			r, began := due[n], time.Now()
			readings, err := r.run(ctx)
			took[r.name] = time.Since(began)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				fmt.Fprintf(out, "%s: %s is left out: %v\n", t.name, r.name, err)
				failed[r.name] = true
			}
			for _, reading := range readings {
				e.RecordValue(key(reading.what, reading.subject), reading.value, gmeasure.Annotation(r.name))
			}
		}
	}, gmeasure.SamplingConfig{N: rounds})
	into.add(t, e, failed)
	if had < rounds {
		into.fewer(t.name, had)
	}
	if whole < had {
		into.fewer(t.name+", what has no target", whole)
	}
	return ctx.Err()
}

// due are the runners that take part in a round: in the first one all.
func (t trial) due(round int, failed map[string]bool) (due []runner) {
	for _, r := range t.runners {
		if !failed[r.name] && round%max(r.every, 1) == 0 {
			due = append(due, r)
		}
	}
	return due
}

// key is the name of a measurement.
func key(what, subject string) string { return what + "\n" + subject }

// results are the values of all trials, by what was measured and of whom.
type results struct {
	until  time.Time       // when all is to be over
	groups []figures.Group // in the order of the tables
	values map[string]map[string][]float64
}

func newResults() *results {
	return &results{until: time.Now().Add(budget), values: map[string]map[string][]float64{}}
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
