package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// A page is a verdict as it is looked at.
type page struct {
	shape
	verdict.Verdict
	Name     string
	Summary  string
	Statuses []verdict.Status
	Groups   []group
	Outside  []verdict.Spec // what failed that is no spec of a clause
	Failures int
}

// A group is what became of the clauses about one thing.
type group struct {
	fixtures.Group
	Counts  verdict.Counts
	Clauses []clause
}

// A clause is what became of one, and what it says.
type clause struct {
	verdict.Clause
	Specs     []spec
	Says      fixtures.Clause
	Incidents []fixtures.Row
	Lacking   []string // capabilities that it needs and the subject does not declare
	Failures  int
	Expected  bool // all that failed did as it was expected to
}

// A spec is what became of one.
type spec struct {
	verdict.Spec
	Anchor string // counts as the file of its requests does
	Title  string // its name without the clause
	First  bool   // of its clause to have failed
}

// WriteHTML writes the verdict to a file, as a page that is whole in itself.
func WriteHTML(path string, v verdict.Verdict) error {
	p, err := newPage(v)
	if err != nil {
		return fmt.Errorf("make the page of the verdict: %w", err)
	}
	return write(path, "report.tmpl", p)
}

func newPage(v verdict.Verdict) (p page, err error) {
	p = page{Verdict: v, Name: name(v.Subject), Summary: Summary(v), Statuses: statuses()}
	if p.shape, err = newShape(fmt.Sprintf("%s: %s", p.Name, v.Verdict)); err != nil {
		return p, err
	}
	for _, failure := range v.Failures() {
		if failure.Clause == "" {
			p.Outside = append(p.Outside, failure)
		}
	}
	p.Groups, err = groups(v)
	for _, g := range p.Groups {
		for _, c := range g.Clauses {
			p.Failures += c.Failures
		}
	}
	return p, err
}

// statuses are all, in the order of the table.
func statuses() (all []verdict.Status) {
	for _, c := range columns {
		all = append(all, c.status)
	}
	return all
}

// groups puts the clauses of a verdict beside what they say.
func groups(v verdict.Verdict) ([]group, error) {
	named, err := fixtures.Groups()
	if err != nil {
		return nil, err
	}
	clauses, err := fixtures.Clauses()
	if err != nil {
		return nil, err
	}
	rows, err := fixtures.Wild()
	if err != nil {
		return nil, err
	}
	var all []group
	for _, g := range named {
		all = append(all, group{Group: g})
	}
	for _, judged := range v.Clauses {
		n := slices.IndexFunc(clauses, func(c fixtures.Clause) bool { return c.ID == judged.ID })
		if n < 0 {
			return nil, fmt.Errorf("the verdict has the clause %s, which this version does not know", judged.ID)
		}
		of := slices.IndexFunc(all, func(g group) bool { return g.Name == clauses[n].Group() })
		all[of].Clauses = append(all[of].Clauses, newClause(v, judged, clauses[n], rows))
		*all[of].Counts.Of(judged.Status)++
	}
	return all, nil
}

func newClause(v verdict.Verdict, judged verdict.Clause, says fixtures.Clause, rows []fixtures.Row) clause {
	c := clause{Clause: judged, Says: says, Expected: true}
	for _, row := range rows {
		if slices.Contains(says.Wild, row.ID) {
			c.Incidents = append(c.Incidents, row)
		}
	}
	for _, need := range says.Needs {
		if !declares(v.Subject, need) {
			c.Lacking = append(c.Lacking, need)
		}
	}
	for n, s := range judged.Specs {
		c.Specs = append(c.Specs, spec{
			Spec:   s,
			Anchor: fmt.Sprintf("%s/%d", judged.ID, n+1),
			Title:  strings.TrimPrefix(s.Name, judged.ID+" "),
			First:  s.Failure != "" && c.Failures == 0,
		})
		if s.Failure != "" {
			c.Failures++
			c.Expected = c.Expected && s.Expected != ""
		}
	}
	c.Expected = c.Expected && c.Failures > 0
	return c
}

func declares(s verdict.Subject, capability string) bool {
	for _, c := range s.Capabilities {
		if string(c) == capability {
			return true
		}
	}
	return false
}

// Of returns the number of clauses with a status, for a template.
func (g group) Of(s verdict.Status) int { return *g.Counts.Of(s) }

// Number is that of all clauses with a status.
func (p page) Number(s verdict.Status) int { return *p.Counts.Of(s) }
