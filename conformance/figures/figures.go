// Package figures is the arithmetic of what is measured in rounds, and the forms in which it is read: a table for a
// terminal, one in Markdown, and a page with plots.
package figures

import (
	"fmt"
	"math"
	"slices"

	"github.com/sslconform/sslconform/fixtures"
)

// A Group is what is measured in the same way of several subjects, to be compared.
type Group struct {
	What string // as [fixtures.Figure] has it
	// Subjects in the order of the table. The first one is what the others are compared with. Those that come up beside
	// them follow.
	Subjects []string
	// Again is the first subject once more, as if it were another; empty for none.
	Again string
	// Apart: the subjects have nothing to do with each other, and are not compared.
	Apart   bool
	Targets map[string]Target
}

// A Target is what a figure is to be: at most, or at least, so many times as much as the first subject's; or at most so
// much, whatever that is.
type Target struct {
	Limit     float64
	Least     bool
	Absolute  bool
	Quartiles bool // each quartile is to be so, beside the same one of the first subject
	Unit      string
}

func (t Target) String() string {
	word, unit := "at most", "times"
	if t.Least {
		word = "at least"
	}
	if t.Absolute {
		unit = t.Unit
	}
	text := fmt.Sprintf("%s %g %s", word, t.Limit, unit)
	if t.Quartiles {
		text += ", by each quartile"
	}
	return text
}

// Figures computes them from the values of each subject. Subjects without values are left out.
func (g Group) Figures(values map[string][]float64) (all []fixtures.Figure) {
	for _, subject := range g.order(values) {
		q := quartiles(values[subject])
		f := fixtures.Figure{What: g.What, Subject: subject, Q1: q[0], Median: q[1], Q3: q[2]}
		if base := values[g.first()]; !g.Apart && len(base) > 0 {
			first := quartiles(base)
			f.Ratio = ratio(q[1], first[1])
			if again := values[g.Again]; len(again) > 0 {
				f.AARatio = ratio(quartiles(again)[1], first[1])
			}
			if t, is := g.Targets[subject]; is {
				f.Target, f.Met = t.String(), t.met(q, first)
			}
		} else if t, is := g.Targets[subject]; is && t.Absolute {
			f.Target, f.Met = t.String(), t.met(q, q)
		}
		all = append(all, f)
	}
	return all
}

func (g Group) first() string {
	if len(g.Subjects) == 0 {
		return ""
	}
	return g.Subjects[0]
}

func (g Group) order(values map[string][]float64) (subjects []string) {
	for _, s := range g.Subjects {
		if len(values[s]) > 0 {
			subjects = append(subjects, s)
		}
	}
	var others []string
	for s := range values {
		if !slices.Contains(g.Subjects, s) && len(values[s]) > 0 {
			others = append(others, s)
		}
	}
	slices.Sort(others)
	return append(subjects, others...)
}

// quartiles are the lower one, the median and the upper one; between two values they are interpolated.
func quartiles(values []float64) (q [3]float64) {
	sorted := slices.Sorted(slices.Values(values))
	for n := range q {
		at := float64(n+1) / 4 * float64(len(sorted)-1)
		below := int(at)
		q[n] = sorted[below]
		if part := at - float64(below); part > 0 {
			q[n] += part * (sorted[below+1] - sorted[below])
		}
	}
	return q
}

// ratio is nil where there is none.
func ratio(a, b float64) *float64 {
	if b == 0 {
		return nil
	}
	r := a / b
	return &r
}

func (t Target) met(q, first [3]float64) *bool {
	within := func(v float64) bool { return v <= t.Limit }
	if t.Least {
		within = func(v float64) bool { return v >= t.Limit }
	}
	met := true
	for n := range q {
		r := ratio(q[n], first[n])
		switch {
		case n != 1 && !t.Quartiles:
		case t.Absolute:
			met = met && within(q[n])
		default:
			met = met && r != nil && within(*r)
		}
	}
	return &met
}

// Different tells whether a figure is further from the first subject's than the same thing measured twice.
func Different(f fixtures.Figure) bool {
	if f.Ratio == nil || f.AARatio == nil {
		return f.Ratio != nil
	}
	return math.Abs(math.Log(*f.Ratio)) > math.Abs(math.Log(*f.AARatio))
}
