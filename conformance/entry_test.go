package conformance

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/fixtures"
)

// A spec stands for the rows of its clause that it names, itself or by an incident, and its title tells where those hurt.
func TestStandsFor(t *testing.T) {
	wild := map[string]fixtures.Row{
		"A1": {ID: "A1", Seen: []string{"a/b#1", "a/b#2"}},
		"A2": {ID: "A2", Seen: []string{"a/b#3"}, Measured: []string{"c 1", "d 2"}},
		"A3": {ID: "A3", Seen: []string{"a/b#1"}, Measured: []string{"d 2"}},
		"A4": {ID: "A4", Measured: []string{"d 2", "e 3"}},
	}
	clause := fixtures.Clause{ID: "a/clause", Wild: []string{"A1", "A2", "A4"}}
	for name, test := range map[string]struct {
		mark  func(*entry)
		rows  []string
		title string
	}{
		"nothing":               {func(*entry) {}, nil, "it works"},
		"an incident":           {func(e *entry) { e.seen("a/b#2") }, []string{"A1"}, "it works (a/b#2)"},
		"one of another clause": {func(e *entry) { e.seen("a/b#1") }, []string{"A1"}, "it works (a/b#1)"},
		"a row":                 {func(e *entry) { e.row("A2") }, []string{"A2"}, "it works (c 1, d 2)"},
		"both":                  {func(e *entry) { e.row("A2", "A4").seen("a/b#1") }, []string{"A1", "A2", "A4"}, "it works (a/b#1, c 1, d 2, e 3)"},
	} {
		e := &entry{clause: clause, text: "it works", wild: wild}
		test.mark(e)
		if diff := cmp.Diff(test.rows, append([]string(nil), e.standsFor()...)); diff != "" {
			t.Errorf("%s: the rows (-want +got):\n%s", name, diff)
		}
		if got := e.title(); got != test.title {
			t.Errorf("%s: the title is %q, want %q", name, got, test.title)
		}
	}
}
