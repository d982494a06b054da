package conformance

import (
	"slices"

	"github.com/sslconform/sslconform/fixtures"
)

// A Held is a clause, and the specs that hold a subject to it.
type Held struct {
	fixtures.Clause
	Specs []Spec
}

// A Spec is what is tried, as a reader of the tree sees it.
type Spec struct {
	// Text is what it is called, behind the id of its clause.
	Text string
	// Incidents are those that it names.
	Incidents []string
	// Rows are those of the catalogue of observed failures that it names, StandsFor those of its clause's that it stands
	// for: by name, or by an incident.
	Rows, StandsFor []string
}

// Tree returns all clauses with their specs, in the order of fixtures/clauses.yaml.
func Tree() []Held {
	c := newCatalogue()
	tree := make([]Held, len(c.clauses))
	for n, clause := range c.clauses {
		tree[n].Clause = clause
	}
	for _, e := range c.entries {
		held := &tree[c.index(e.clause.ID)]
		held.Specs = append(held.Specs, Spec{
			Text: e.text, Incidents: e.incidents, Rows: e.rows, StandsFor: e.standsFor(),
		})
	}
	return tree
}

// StandFor are the specs of the clause that stand for a row.
func (h Held) StandFor(row string) []Spec {
	var specs []Spec
	for _, s := range h.Specs {
		if slices.Contains(s.StandsFor, row) {
			specs = append(specs, s)
		}
	}
	return specs
}

// Specs returns the names of all specs.
func Specs() []string {
	var names []string
	for _, e := range newCatalogue().entries {
		names = append(names, e.name())
	}
	return names
}
