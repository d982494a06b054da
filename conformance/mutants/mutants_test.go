package mutants_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/mutants"
)

// TestMutants runs the suite against each mutant, in a process of its own, and compares the clauses that fail with
// those that must: no fewer, and no others.
func TestMutants(t *testing.T) {
	command := filepath.Join(t.TempDir(), "sslconform")
	build := exec.Command("go", "build", "-o", command, "github.com/sslconform/sslconform/conformance/cmd/sslconform")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v\n%s", err, out)
	}
	t.Run("none", func(t *testing.T) {
		check(t, nil, command, "serve")
	})
	for _, m := range mutants.All() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			check(t, m.Breaks, command, "serve", "--mutant", m.Name)
		})
	}
}

func check(t *testing.T, breaks []string, command string, driver ...string) {
	t.Helper()
	failed, err := failures(t, command, driver)
	if err == nil {
		err = compare(breaks, failed)
	}
	if err != nil {
		t.Error(err)
	}
}

// failures runs the suite and returns the clauses that failed.
func failures(t *testing.T, command string, driver []string) ([]string, error) {
	run := exec.Command(command, append([]string{"run", "--patience", "1s", "--", command}, driver...)...)
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
func compare(breaks, failed []string) error {
	var wrong []string
	for _, id := range breaks {
		if !slices.Contains(failed, id) {
			wrong = append(wrong, fmt.Sprintf("%s does not notice it", id))
		}
	}
	for _, id := range failed {
		if !slices.Contains(breaks, id) {
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
		breaks, failed []string
		want           string
	}{
		{[]string{"a/b"}, []string{"a/b"}, "<nil>"},
		{[]string{"a/b", "c/d"}, []string{"c/d", "a/b"}, "<nil>"},
		{nil, nil, "<nil>"},
		{[]string{"a/b"}, nil, "a/b does not notice it"},
		{nil, []string{"a/b"}, "a/b fails, too, which is none of its business"},
		{[]string{"a/b"}, []string{"c/d"}, "a/b does not notice it; c/d fails, too, which is none of its business"},
	} {
		if got := fmt.Sprint(compare(test.breaks, test.failed)); got != test.want {
			t.Errorf("%v and %v: %s, want %s", test.breaks, test.failed, got, test.want)
		}
	}
}

// Names are given once, and each mutant says what it breaks.
func TestAll(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants.All() {
		if names[m.Name] || len(m.Breaks) == 0 {
			t.Errorf("%q is not the only one, or breaks nothing", m.Name)
		}
		names[m.Name] = true
	}
}
