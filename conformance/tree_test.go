package conformance_test

import (
	"slices"
	"strings"
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
					t.Errorf("%s: the clause does not name %s: add it to wild in fixtures/clauses.yaml", spec.Name, row)
				}
			}
			for _, incident := range spec.Incidents {
				switch in := seen[incident]; {
				case in == nil:
					t.Errorf("%s: no row of fixtures/wild.yaml has the incident %s", spec.Name, incident)
				case !slices.ContainsFunc(in, names):
					t.Errorf("%s: the clause names no row of the incident %s: add one of %v to wild in fixtures/clauses.yaml", spec.Name, incident, in)
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
			names = append(names, spec.Name)
			if !strings.HasPrefix(spec.Name, held.ID+" "+spec.Text) {
				t.Errorf("%s has the spec %q, which tries %q", held.ID, spec.Name, spec.Text)
			}
		}
	}
	all := conformance.Specs()
	slices.Sort(names)
	slices.Sort(all)
	if diff := cmp.Diff(all, names); diff != "" {
		t.Errorf("the specs (-of the catalogue +of the tree):\n%s", diff)
	}
}
