package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// A key is a cell in the history.
type key struct{ configuration, subject string }

func (c cell) key() key { return key{c.way.name, c.subject} }

// A count is what became of the runs of a cell, or several.
type count struct {
	runs, failed int
	seconds      float64
}

func (c count) passed() int { return c.runs - c.failed }

// behind is the part of its share that a cell has had.
func (c count) behind(of cell) float64 { return float64(c.runs) / float64(of.share) }

func (c count) String() string {
	switch {
	case c.runs == 0:
		return "-"
	case c.failed > 0:
		return fmt.Sprintf("%d (%d failed)", c.passed(), c.failed)
	default:
		return fmt.Sprint(c.passed())
	}
}

// counts are those of what is run now, before or in this soak: an older state says nothing of it, and changes that are
// in no commit can be looked up by nobody.
func (h *history) counts(here state) map[key]count {
	counts := make(map[key]count)
	for _, e := range h.entries {
		if e.Content != here.Content || e.Dirty != here.Dirty {
			continue
		}
		k := key{e.Configuration, e.Subject}
		c := counts[k]
		c.runs += e.Runs
		c.failed += len(e.Failures)
		c.seconds += e.Seconds
		counts[k] = c
	}
	return counts
}

// A goal is how many runs without a failure there are to be, of some cells.
type goal struct {
	what string
	runs int
	of   func(key) bool
}

var goals = []goal{
	{"in all", 2000, func(key) bool { return true }},
	{"of memorybio", 300, func(k key) bool { return k.subject == memorybio }},
	{"with the race detector", 200, func(k key) bool { return k.configuration == "race detector" }},
	{"on one core", 200, func(k key) bool { return k.configuration == "one core" }},
}

// summary tells what runs there were since the last change, and what is missing of the goals.
func (h *history) summary(here state) string {
	counts := h.counts(here)
	var b strings.Builder
	fmt.Fprintf(&b, "\nruns without a failure since the last change of suite or subjects (%s), and how many there are in an hour:\n", here)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\t%s\truns/h\n", strings.Join(subjects[:], "\t"))
	for _, w := range ways {
		fmt.Fprint(t, w.name)
		var all count
		for _, subject := range subjects {
			c := counts[key{w.name, subject}]
			fmt.Fprintf(t, "\t%s", c)
			all.runs, all.seconds = all.runs+c.runs, all.seconds+c.seconds
		}
		perHour := "-"
		if all.runs > 0 {
			perHour = fmt.Sprintf("%.0f", float64(all.runs)*3600/all.seconds)
		}
		fmt.Fprintf(t, "\t%s\n", perHour)
	}
	t.Flush()
	for _, g := range goals {
		passed := 0
		for k, c := range counts {
			if g.of(k) {
				passed += c.passed()
			}
		}
		fmt.Fprintf(&b, "%s: %d of %d", g.what, passed, g.runs)
		if passed < g.runs {
			fmt.Fprintf(&b, ", %d are missing", g.runs-passed)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (s state) String() string {
	if s.Dirty {
		return fmt.Sprintf("commit %.8s with changes that are not committed: these runs do not count later", s.Commit)
	}
	return fmt.Sprintf("commit %.8s", s.Commit)
}
