package conformance_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/fixtures"
)

// Some spec of each clause stands for each failure that the clause names, or the clause says why none does.
func TestEachRowIsTried(t *testing.T) {
	for _, held := range conformance.Tree() {
		if len(held.Specs) == 0 {
			continue // not even the clause is tried yet
		}
		for _, row := range held.Wild {
			reason, specs := held.NotTried[row], held.StandFor(row)
			switch {
			case len(specs) == 0 && reason == "":
				t.Errorf("%s names %s, and none of its specs stands for that: have one name an incident of the row (seen) or the row itself (row), or say why in not_tried of fixtures/clauses.yaml", held.ID, row)
			case len(specs) > 0 && reason != "":
				t.Errorf("%s says why %s is not tried, but %q stands for it: take the reason out of fixtures/clauses.yaml", held.ID, row, specs[0].Text)
			}
		}
	}
}

// What a spec names is in the catalogue, and in a row that its clause names; else nobody could tell what it stands for.
func TestSpecsNameWhatIsThere(t *testing.T) {
	rows, err := fixtures.Wild()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]string{}
	for _, row := range rows {
		for _, incident := range row.Seen {
			seen[incident] = append(seen[incident], row.ID)
		}
	}
	for _, held := range conformance.Tree() {
		names := func(row string) bool { return slices.Contains(held.Wild, row) }
		for _, spec := range held.Specs {
			for _, row := range spec.Rows {
				if !names(row) {
					t.Errorf("%q stands for %s, which %s does not name: add it to wild in fixtures/clauses.yaml", spec.Text, row, held.ID)
				}
			}
			for _, incident := range spec.Incidents {
				switch in := seen[incident]; {
				case in == nil:
					t.Errorf("%q of %s names %s, which no row of fixtures/wild.yaml has", spec.Text, held.ID, incident)
				case !slices.ContainsFunc(in, names):
					t.Errorf("%q names %s, but %s no row that has it: add one of %v to wild in fixtures/clauses.yaml", spec.Text, incident, held.ID, in)
				}
			}
		}
	}
}

// The tree has every spec once, with its clause.
func TestTree(t *testing.T) {
	var names []string
	for _, held := range conformance.Tree() {
		for _, spec := range held.Specs {
			names = append(names, held.ID+" "+spec.Text)
		}
	}
	all := conformance.Specs()
	slices.Sort(names)
	slices.Sort(all)
	if diff := cmp.Diff(all, names); diff != "" {
		t.Errorf("the specs (-of the catalogue +of the tree):\n%s", diff)
	}
}
