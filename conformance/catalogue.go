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
	clause  fixtures.Clause // the one that is open
	entries []entry
}

// An entry is a spec of a clause.
type entry struct {
	clause fixtures.Clause
	text   string
	body   func(*spec)
}

// name is what a spec is selected and reported by.
func (e entry) name() string { return e.clause.ID + " " + e.text }

// newCatalogue panics if it does not fit the clauses, which are embedded: that is a fault of this program.
func newCatalogue() *catalogue {
	clauses, err := fixtures.Clauses()
	if err != nil {
		panic(err)
	}
	c := &catalogue{clauses: clauses}
	c.reattach()
	c.close()
	c.errors()
	return c
}

// of opens a clause for the specs that follow.
func (c *catalogue) of(id string) {
	n := slices.IndexFunc(c.clauses, func(c fixtures.Clause) bool { return c.ID == id })
	if n < 0 {
		panic(fmt.Sprintf("there is no clause %q in fixtures/clauses.yaml", id))
	}
	c.clause = c.clauses[n]
}

// it adds a spec of the open clause.
func (c *catalogue) it(text string, body func(*spec)) {
	e := entry{c.clause, text, body}
	if slices.ContainsFunc(c.entries, func(other entry) bool { return other.name() == e.name() }) {
		panic(fmt.Sprintf("there are two specs %q", e.name()))
	}
	c.entries = append(c.entries, e)
}

// Specs returns the names of all specs.
func Specs() []string {
	var names []string
	for _, e := range newCatalogue().entries {
		names = append(names, e.name())
	}
	return names
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
