package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fixtures"
)

// catalogue lists the specs of all groups, in order. It is data: registering it with Ginkgo is the suite's.
type catalogue struct {
	clauses []fixtures.Clause
	wild    map[string]fixtures.Row // the failures that were observed
	clause  fixtures.Clause         // the one that is open
	entries []*entry
}

// An entry is a spec of a clause.
type entry struct {
	clause    fixtures.Clause
	text      string
	wild      map[string]fixtures.Row
	incidents []string // where it has hurt before: project and number
	rows      []string // of the failures that were observed, which it stands for whatever incidents it names
	needed    []subject.Capability
	kind      kind
	heavy     bool // it takes long, and is left out unless it is asked for
	separate  bool // its session is one without the TLS part
	body      func(*spec)
}

// A kind says when a spec runs.
type kind int

const (
	// Ordinary specs come first, in any order.
	ordinary kind = iota
	// Timed ones take as long as the times that they are about: all start before the first spec, and are judged behind
	// the ordinary ones.
	timed
	// Alone are those that look at what the whole process uses: nothing else runs meanwhile.
	alone
)

// title is the spec in words: its text, and where it has hurt before.
func (e *entry) title() string {
	where := e.where()
	if len(where) == 0 {
		return e.text
	}
	return fmt.Sprintf("%s (%s)", e.text, strings.Join(where, ", "))
}

// where it has hurt before: incidents, and the implementations that failures were measured in.
func (e *entry) where() []string {
	where := slices.Clone(e.incidents)
	for _, id := range e.rows {
		for _, implementation := range e.wild[id].Measured {
			if !slices.Contains(where, implementation) {
				where = append(where, implementation)
			}
		}
	}
	return where
}

// standsFor are the rows that the spec stands for, of those of its clause: the ones that it names, and those of the
// incidents that it names.
func (e *entry) standsFor() []string {
	return slices.DeleteFunc(slices.Clone(e.clause.Wild), func(id string) bool {
		named := func(incident string) bool { return slices.Contains(e.wild[id].Seen, incident) }
		return !slices.Contains(e.rows, id) && !slices.ContainsFunc(e.incidents, named)
	})
}

// name is what a spec is selected and reported by. The incidents are no part of it: more may become known.
func (e *entry) name() string { return e.clause.ID + " " + e.text }

// needs are the capabilities without which the spec does not apply.
func (e *entry) needs() []subject.Capability {
	var needs []subject.Capability
	for _, n := range e.clause.Needs {
		needs = append(needs, subject.Capability(n))
	}
	return append(needs, e.needed...)
}

// seen names where the failure that the spec provokes was observed: project and number. It stands for the rows of its
// clause that these belong to.
func (e *entry) seen(incidents ...string) *entry {
	e.incidents = append(e.incidents, incidents...)
	return e
}

// row names rows of its clause that the spec stands for, though nobody has filed them.
func (e *entry) row(ids ...string) *entry {
	e.rows = append(e.rows, ids...)
	return e
}

// needing adds capabilities that the spec needs beside those of its clause.
func (e *entry) needing(needs ...subject.Capability) *entry {
	e.needed = append(e.needed, needs...)
	return e
}

// heavily marks a spec that takes long: more than a second, say. A clause needs others beside it.
func (e *entry) heavily() *entry {
	e.heavy = true
	return e
}

// separately has the spec get a session in which the TLS part is not loaded.
func (e *entry) separately() *entry {
	e.separate = true
	return e
}

// newCatalogue panics if it does not fit the clauses, which are embedded: that is a fault of this program.
func newCatalogue() *catalogue {
	clauses, err := fixtures.Clauses()
	if err != nil {
		panic(err)
	}
	rows, err := fixtures.Wild()
	if err != nil {
		panic(err)
	}
	c := &catalogue{clauses: clauses, wild: map[string]fixtures.Row{}}
	for _, row := range rows {
		c.wild[row.ID] = row
	}
	c.identity()
	c.reattach()
	c.timeouts()
	c.data()
	c.upgrade()
	c.original()
	c.close()
	c.errors()
	c.arguments()
	c.verify()
	c.nested()
	c.scale()
	c.life()
	if twice := c.twice(); twice != "" {
		panic(fmt.Sprintf("there are two specs %q", twice))
	}
	return c
}

// of opens a clause for the specs that follow.
func (c *catalogue) of(id string) {
	c.clause = c.clauses[c.index(id)]
}

func (c *catalogue) index(id string) int {
	n := slices.IndexFunc(c.clauses, func(c fixtures.Clause) bool { return c.ID == id })
	if n < 0 {
		panic(fmt.Sprintf("there is no clause %q in fixtures/clauses.yaml", id))
	}
	return n
}

// it adds a spec of the open clause.
func (c *catalogue) it(text string, body func(*spec)) *entry { return c.add(ordinary, text, body) }

// timed adds a spec that is about times; see [spec.T].
func (c *catalogue) timed(text string, body func(*spec)) *entry { return c.add(timed, text, body) }

// alone adds a spec that looks at what the whole process uses.
func (c *catalogue) alone(text string, body func(*spec)) *entry { return c.add(alone, text, body) }

func (c *catalogue) add(k kind, text string, body func(*spec)) *entry {
	e := &entry{clause: c.clause, text: text, wild: c.wild, kind: k, body: body}
	c.entries = append(c.entries, e)
	return e
}

// twice returns a name that two specs have.
func (c *catalogue) twice() string {
	names := map[string]bool{}
	for _, e := range c.entries {
		if names[e.name()] {
			return e.name()
		}
		names[e.name()] = true
	}
	return ""
}

// Check returns an error that names what is wrong with what a subject says of itself, and the remedy.
func Check(info subject.Info) error {
	if err := info.Check(); err != nil {
		return err
	}
	var groups []string
	clauses := newCatalogue().clauses
	for _, c := range clauses {
		if group := c.Group(); !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	for _, name := range info.ByDriver {
		isClause := slices.ContainsFunc(clauses, func(c fixtures.Clause) bool { return c.ID == name })
		if !isClause && !slices.Contains(groups, name) {
			return fmt.Errorf("the subject declares that its driver provides %q, which is no clause and no group of them: use some of %s",
				name, strings.Join(groups, ", "))
		}
	}
	return nil
}

// byDriver tells whether what a clause is about is the driver's doing.
func byDriver(info subject.Info, c fixtures.Clause) bool {
	return slices.Contains(info.ByDriver, c.ID) || slices.Contains(info.ByDriver, c.Group())
}
