package mutants_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sslconform/sslconform/conformance/mutants"
)

// resultsPath is where what became of the mutants is kept, from the folder of this package.
const resultsPath = "../../out/mutants.json"

// results are what became of the mutants so far.
type results struct {
	mu  sync.Mutex
	all []result
}

// A result is what became of one. Without -exact nothing was observed but the clauses that it must break, and a few more.
type result struct {
	Name     string   `json:"name"`
	Rows     []string `json:"rows"`
	Expected []string `json:"expected"`
	Observed []string `json:"observed"`
	Killed   bool     `json:"killed"`
}

// add keeps one at once: a run may take long, and be broken off.
func (r *results) add(t *testing.T, m mutants.Mutant, must, failed []string) {
	if m.Breaks == nil {
		return // it is the one that is whole
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, result{m.Name, orNone(m.Rows), must, orNone(failed), killed(m.Breaks, failed)})
	r.write(t)
}

// killed tells whether each clause that a mutant must break has failed.
func killed(breaks, failed []string) bool {
	return !slices.ContainsFunc(breaks, func(id string) bool { return !slices.Contains(failed, id) })
}

// orNone is for JSON, which has a null for a nil slice.
func orNone(all []string) []string { return append([]string{}, all...) }

// write keeps the results. Those of the file stay where there are none yet, or -run has left some out.
func (r *results) write(t *testing.T) {
	all := slices.Clone(r.all)
	var kept []result
	if data, err := os.ReadFile(resultsPath); err == nil && json.Unmarshal(data, &kept) == nil {
		for _, k := range kept {
			_, err := mutants.Find(k.Name)
			if err == nil && !slices.ContainsFunc(r.all, func(x result) bool { return x.Name == k.Name }) {
				all = append(all, k)
			}
		}
	}
	slices.SortFunc(all, func(a, b result) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(resultsPath), 0o755)
	}
	if err == nil {
		err = os.WriteFile(resultsPath, append(data, '\n'), 0o644)
	}
	if err != nil {
		t.Errorf("keep what became of the mutants: %v", err)
	}
}
