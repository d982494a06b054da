package mutants_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/mutants"
	"github.com/sslconform/sslconform/fixtures"
)

// exact compares all clauses: those that a mutant must break, those that go with them, and no others. It takes long.
var exact = flag.Bool("exact", false, "run all specs against each mutant")

// update, with exact, notes what goes with them.
var update = flag.Bool("update", false, "with -exact, note in "+collateralPath+" what fails beside what must")

// sentinels are clauses that are tried with each mutant: what breaks one thing should leave the others alone.
var sentinels = []string{"close/explicit", "error/plain-peer", "reattach/read"}

// atOnce is how many mutants are judged side by side. By few specs, each mostly waits for what does not come; by all of
// them, each keeps a core busy. Those that are about time are judged one by one.
func atOnce() int {
	if *exact {
		return runtime.NumCPU()
	}
	return 4 * runtime.NumCPU()
}

// TestMutants runs the suite against each mutant, in a process of its own, and compares the clauses that fail with
// those that must: no fewer, and no others.
func TestMutants(t *testing.T) {
	command := filepath.Join(t.TempDir(), "sslconform")
	build := exec.Command("go", "build", "-o", command, "github.com/sslconform/sslconform/conformance/cmd/sslconform")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v\n%s", err, out)
	}
	var judged results
	beside := readCollateral(t)
	all := append(mutants.All(), mutants.Mutant{Name: "none"})
	// What breaks most takes longest, and is not to be waited for at the end.
	slices.SortStableFunc(all, func(a, b mutants.Mutant) int { return len(beside.of(b).Also) - len(beside.of(a).Also) })
	judge := func(m mutants.Mutant) {
		t.Run(m.Name, func(t *testing.T) { judged.judge(t, command, m, beside) })
	}
	sideBySide(atOnce(), slices.DeleteFunc(slices.Clone(all), ofTime), judge)
	for _, m := range all {
		if ofTime(m) {
			judge(m)
		}
	}
}

// sideBySide judges so many mutants at once, in their order; t.Parallel would have one of its own.
func sideBySide(n int, all []mutants.Mutant, judge func(mutants.Mutant)) {
	var judging sync.WaitGroup
	free := make(chan struct{}, n)
	for _, m := range all {
		free <- struct{}{}
		judging.Go(func() {
			judge(m)
			<-free
		})
	}
	judging.Wait()
}

// judge runs the suite against a mutant, and compares what fails.
func (r *results) judge(t *testing.T, command string, m mutants.Mutant, beside *collateral) {
	driver := []string{command, "serve"}
	if m.Breaks != nil {
		driver = append(driver, "--mutant", m.Name)
	}
	failed, err := failures(t, command, m.Breaks, driver)
	// What comes too early is not told from what comes in time, where the machine is slower than it is early: no correct
	// implementation must be blamed there.
	for tries := 1; tries < 3 && err == nil && ofTime(m) && compare(m.Breaks, failed, failed) != nil; tries++ {
		failed, err = failures(t, command, m.Breaks, driver)
	}
	if err != nil {
		t.Fatal(err)
	}
	if *exact && *update {
		beside.note(t, m, failed)
	}
	known := beside.of(m)
	must, may := m.Breaks, slices.Concat(known.Also, known.May)
	if *exact {
		must, may = slices.Concat(must, known.Also), known.May
	}
	r.add(t, m, must, failed)
	if err := compare(must, may, failed); err != nil {
		t.Error(err)
	}
}

// ofTime tells whether a mutant breaks timeouts alone, or takes time that others may take from it.
func ofTime(m mutants.Mutant) bool {
	return len(m.Breaks) > 0 && !slices.ContainsFunc(m.Breaks, func(id string) bool {
		return !strings.HasPrefix(id, "timeout/") && id != "error/idle-is-cheap"
	})
}

// failures runs the suite and returns the clauses that failed.
func failures(t *testing.T, command string, breaks, driver []string) ([]string, error) {
	args := []string{"run", "--patience", "2s"}
	if !*exact {
		args = []string{"run", "--patience", "1s", "--spec", "^(" + strings.Join(slices.Concat(breaks, sentinels), "|") + ") "}
	}
	run := exec.Command(command, append(append(args, "--"), driver...)...)
	run.Dir = t.TempDir()
	out, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
		return nil, fmt.Errorf("run the suite: %w\n%s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(run.Dir, "out", "conformance.json"))
	if err != nil {
		return nil, err
	}
	var verdict struct {
		Clauses []struct{ ID, Status string }
	}
	if err := json.Unmarshal(data, &verdict); err != nil {
		return nil, err
	}
	var failed []string
	for _, c := range verdict.Clauses {
		if c.Status == "failed" {
			failed = append(failed, c.ID)
		}
	}
	return failed, nil
}

// compare says what is wrong where the clauses that failed are not those that a mutant must break.
func compare(breaks, may, failed []string) error {
	var wrong []string
	for _, id := range breaks {
		if !slices.Contains(failed, id) {
			wrong = append(wrong, fmt.Sprintf("%s does not notice it", id))
		}
	}
	for _, id := range failed {
		if !slices.Contains(breaks, id) && !slices.Contains(may, id) {
			wrong = append(wrong, fmt.Sprintf("%s fails, too, which is none of its business", id))
		}
	}
	if wrong == nil {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}

// The harness itself can fail, in either way.
func TestCompare(t *testing.T) {
	for _, test := range []struct {
		breaks, may, failed []string
		want                string
	}{
		{[]string{"a/b"}, nil, []string{"a/b"}, "<nil>"},
		{[]string{"a/b", "c/d"}, nil, []string{"c/d", "a/b"}, "<nil>"},
		{[]string{"a/b"}, []string{"c/d"}, []string{"c/d", "a/b"}, "<nil>"},
		{[]string{"a/b"}, []string{"c/d"}, []string{"a/b"}, "<nil>"},
		{nil, nil, nil, "<nil>"},
		{[]string{"a/b"}, nil, nil, "a/b does not notice it"},
		{[]string{"a/b"}, []string{"c/d"}, []string{"c/d"}, "a/b does not notice it"},
		{nil, nil, []string{"a/b"}, "a/b fails, too, which is none of its business"},
		{[]string{"a/b"}, nil, []string{"c/d"}, "a/b does not notice it; c/d fails, too, which is none of its business"},
	} {
		if got := fmt.Sprint(compare(test.breaks, test.may, test.failed)); got != test.want {
			t.Errorf("%v, %v and %v: %s, want %s", test.breaks, test.may, test.failed, got, test.want)
		}
	}
}

// Each mutant has a name of its own, breaks clauses that are there, and behaves like rows that such a clause names.
func TestAll(t *testing.T) {
	held := clauses()
	names := map[string]bool{}
	for _, m := range mutants.All() {
		if names[m.Name] || len(m.Breaks) == 0 {
			t.Errorf("%q is not the only one, or breaks nothing", m.Name)
		}
		names[m.Name] = true
		for n, id := range m.Breaks {
			if len(held[id].Specs) == 0 || slices.Contains(m.Breaks[:n], id) {
				t.Errorf("%s breaks %q, which no spec is about, or breaks it twice", m.Name, id)
			}
		}
		for _, row := range m.Rows {
			if !breaksOneThatNames(m, held, row) {
				t.Errorf("%s behaves like %q, which none of the clauses that it breaks names", m.Name, row)
			}
		}
	}
}

func breaksOneThatNames(m mutants.Mutant, held map[string]conformance.Held, row string) bool {
	return slices.ContainsFunc(m.Breaks, func(id string) bool { return slices.Contains(held[id].Wild, row) })
}

// Each clause that a spec is about can fail: there is a mutant that breaks it. So can each spec that stands for a row: a
// mutant behaves so.
func TestEachClauseIsBroken(t *testing.T) {
	for _, problem := range unbroken(mutants.All(), clauses()) {
		t.Error(problem)
	}
}

func unbroken(all []mutants.Mutant, clauses map[string]conformance.Held) (problems []string) {
	broken, behaved := map[string]bool{}, map[string]bool{}
	for _, m := range all {
		for _, id := range m.Breaks {
			broken[id] = true
		}
		for _, row := range m.Rows {
			behaved[row] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(clauses)) {
		held := clauses[id]
		if len(held.Specs) > 0 && !broken[id] {
			problems = append(problems, fmt.Sprintf("no mutant breaks %s: write one", id))
		}
		for _, row := range held.Wild {
			if len(held.StandFor(row)) > 0 && !behaved[row] {
				problems = append(problems, fmt.Sprintf("no mutant behaves like %s, which specs of %s stand for: write one, or name the row with one that does", row, id))
			}
		}
	}
	return problems
}

// It finds a clause that nothing breaks, and a row that nothing behaves like.
func TestUnbroken(t *testing.T) {
	tried := func(id, row string) conformance.Held {
		return conformance.Held{Clause: fixtures.Clause{ID: id, Wild: []string{row}}, Specs: []conformance.Spec{{StandsFor: []string{row}}}}
	}
	held := map[string]conformance.Held{"a/one": tried("a/one", "A1"), "a/two": tried("a/two", "A2"), "a/three": {}}
	one := mutants.Mutant{Breaks: []string{"a/one"}, Rows: []string{"A1"}}
	two := mutants.Mutant{Breaks: []string{"a/two"}, Rows: []string{"A2"}}
	if got := unbroken([]mutants.Mutant{one, two}, held); got != nil {
		t.Errorf("nothing is wrong, and it finds %q", got)
	}
	want := []string{"no mutant breaks a/two: write one",
		"no mutant behaves like A2, which specs of a/two stand for: write one, or name the row with one that does"}
	if got := unbroken([]mutants.Mutant{one}, held); !slices.Equal(got, want) {
		t.Errorf("it finds %q, want %q", got, want)
	}
}

// clauses are all of them, by id.
func clauses() map[string]conformance.Held {
	held := map[string]conformance.Held{}
	for _, h := range conformance.Tree() {
		held[h.ID] = h
	}
	return held
}
