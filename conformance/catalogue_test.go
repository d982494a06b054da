package conformance_test

import (
	"slices"
	"testing"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fixtures"
)

// Clauses and contract speak of the same capabilities.
func TestCapabilities(t *testing.T) {
	clauses, err := fixtures.Clauses()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clauses {
		for _, need := range c.Needs {
			if !subject.Capability(need).Known() {
				t.Errorf("%s needs %q, which is no capability", c.ID, need)
			}
		}
	}
	for _, documented := range subject.Documented {
		if !slices.ContainsFunc(clauses, func(c fixtures.Clause) bool { return slices.Contains(c.Needs, string(documented)) }) {
			t.Errorf("no clause needs %q", documented)
		}
	}
}
