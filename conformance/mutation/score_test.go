package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func repeated(n int, m mutant) (all []*mutant) {
	for range n {
		copied := m
		all = append(all, &copied)
	}
	return all
}

// What does not compile is no mutant; what nothing runs, or the suite cannot tell, is not killed.
func TestScore(t *testing.T) {
	var all []*mutant
	all = append(all, repeated(5, mutant{Kind: deletion, Status: killed})...)
	all = append(all, repeated(1, mutant{Kind: deletion, Status: timedOut})...)
	all = append(all, repeated(1, mutant{Kind: deletion, Status: survived})...)
	all = append(all, repeated(1, mutant{Kind: deletion, Status: survived, Reason: "equivalent"})...)
	all = append(all, repeated(1, mutant{Kind: deletion, Status: notCovered})...)
	all = append(all, repeated(1, mutant{Kind: deletion, Status: notCovered, Reason: "equivalent"})...)
	all = append(all, repeated(7, mutant{Kind: deletion, Status: notViable})...)
	all = append(all, repeated(10, mutant{Kind: "INVERT_LOGICAL", Status: killed})...)
	r := score(all)
	deletions := counts{Total: 10, Killed: 5, TimedOut: 1, Survived: 2, NotCovered: 2, NotViable: 7, Equivalent: 2, Raw: 0.6, Score: 0.75}
	exchanges := counts{Total: 10, Killed: 10, Raw: 1, Score: 1}
	both := counts{Total: 20, Killed: 15, TimedOut: 1, Survived: 2, NotCovered: 2, NotViable: 7, Equivalent: 2, Raw: 0.8, Score: 16. / 18}
	if diff := cmp.Diff([]counts{deletions, exchanges, both}, []counts{r.Deletions, r.Gremlins, r.counts}, cmpopts.IgnoreUnexported(counts{})); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// A run has to kill enough, and must not call too much equivalent, nor what it killed.
func TestEnough(t *testing.T) {
	same := mutant{Status: survived, Reason: "the same"}
	for name, test := range map[string]struct {
		killed, survived, equivalent int
		more                         []*mutant
		want                         string // a piece of the error; empty for none
	}{
		"all":                   {killed: 10},
		"just enough":           {killed: 9, survived: 1},
		"too few":               {killed: 8, survived: 1, want: "88.9 % are killed, and at least 90 % have to be"},
		"some are equivalent":   {killed: 9, equivalent: 1},
		"too many equivalents":  {killed: 8, equivalent: 2, want: "2 of 10 mutants are listed as equivalent, and at most 10 % may be"},
		"a killed equivalent":   {killed: 20, more: []*mutant{{File: "a.go", Status: killed, By: "close/last", Reason: "the same"}}, want: `"close/last" kills it: strike it out`},
		"a timed out, the same": {killed: 20, more: []*mutant{{File: "a.go", Status: timedOut, Reason: "the same"}}, want: "kills it: strike it out"},
	} {
		all := repeated(test.killed, mutant{Status: killed})
		all = append(all, repeated(test.survived, mutant{Status: survived})...)
		all = append(append(all, repeated(test.equivalent, same)...), test.more...)
		r := score(all)
		err := r.enough()
		if err == nil && test.want != "" || err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
