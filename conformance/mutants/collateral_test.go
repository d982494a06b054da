package mutants_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sslconform/sslconform/conformance/mutants"
)

// collateralPath is where it is noted what mutants break beside the clauses that they are there for. Who loses each event,
// say, breaks more than one would care to list, and all of it is right. `-exact -update` notes it, the more exactly the
// more often it runs; a change of the file is to be read as one of a golden text is.
const collateralPath = "testdata/collateral.json"

// collateral is by the name of a mutant.
type collateral struct {
	mu  sync.Mutex
	all map[string]beside
}

// What fails beside what must: each time, or now and then (by chance, or on a slow machine).
type beside struct {
	Also []string `json:"also,omitempty"`
	May  []string `json:"may,omitempty"`
}

func readCollateral(t *testing.T) *collateral {
	t.Helper()
	c := &collateral{all: map[string]beside{}}
	data, err := os.ReadFile(collateralPath)
	if err == nil {
		err = json.Unmarshal(data, &c.all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("read what mutants break beside what they must: %v", err)
	}
	return c
}

func (c *collateral) of(m mutants.Mutant) beside {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[m.Name]
}

// note keeps what failed at once: a run may take long, and be broken off.
func (c *collateral) note(t *testing.T, m mutants.Mutant, failed []string) {
	if m.Breaks == nil {
		return // it is the one that is whole
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, is := c.all[m.Name]
	c.all[m.Name] = known.with(is, without(failed, m.Breaks))
	c.write(t)
}

// with is what is known after one more run: what did not fail each time may.
func (b beside) with(known bool, failed []string) beside {
	if !known {
		return beside{Also: failed}
	}
	also := slices.DeleteFunc(slices.Clone(b.Also), func(id string) bool { return !slices.Contains(failed, id) })
	may := slices.Concat(b.May, without(b.Also, also), without(failed, slices.Concat(b.Also, b.May)))
	slices.Sort(may)
	return beside{also, may}
}

func without(all, these []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(these, id) })
}

// write has a line for each mutant.
func (c *collateral) write(t *testing.T) {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(c.all)) {
		key, _ := json.Marshal(name)
		value, _ := json.Marshal(c.all[name])
		lines = append(lines, string(key)+": "+string(value))
	}
	err := os.MkdirAll(filepath.Dir(collateralPath), 0o755)
	if err == nil {
		err = os.WriteFile(collateralPath, []byte("{\n"+strings.Join(lines, ",\n")+"\n}\n"), 0o644)
	}
	if err != nil {
		t.Errorf("note what mutants break beside what they must: %v", err)
	}
}

// TestCollateral finds that what is noted is about mutants and clauses that there are, each once.
func TestCollateral(t *testing.T) {
	held := clauses()
	for name, b := range readCollateral(t).all {
		m, err := mutants.Find(name)
		if err != nil {
			t.Errorf("%v", err)
		}
		seen := slices.Clone(m.Breaks)
		for _, id := range slices.Concat(b.Also, b.May) {
			if len(held[id].Specs) == 0 || slices.Contains(seen, id) {
				t.Errorf("%s breaks %q beside what it must, which no spec is about, or is named twice", name, id)
			}
			seen = append(seen, id)
		}
	}
}

// TestBeside finds that what was not seen each time is not expected each time.
func TestBeside(t *testing.T) {
	b := beside{}.with(false, []string{"a/one", "a/two"})
	for _, test := range []struct {
		failed []string
		want   beside
	}{
		{[]string{"a/one", "a/two"}, beside{Also: []string{"a/one", "a/two"}}},
		{[]string{"a/two"}, beside{Also: []string{"a/two"}, May: []string{"a/one"}}},
		{[]string{"a/three", "a/two"}, beside{Also: []string{"a/two"}, May: []string{"a/one", "a/three"}}},
		{[]string{"a/one", "a/three"}, beside{May: []string{"a/one", "a/three", "a/two"}}},
	} {
		b = b.with(true, test.failed)
		if !slices.Equal(b.Also, test.want.Also) || !slices.Equal(b.May, test.want.May) {
			t.Errorf("after %v: %v, want %v", test.failed, b, test.want)
		}
	}
}
