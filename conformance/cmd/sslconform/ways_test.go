package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// However the reference is judged, what is said of it is the same, clause for clause.
func TestWaysAgree(t *testing.T) {
	want := clauses(runs(t, "run").verdict)
	ways := map[string]func(*testing.T) verdict.Verdict{
		"behind the protocol": func(t *testing.T) verdict.Verdict {
			return runs(t, "run", "--", sslconform, "serve").verdict
		},
		"under go test": func(t *testing.T) verdict.Verdict {
			out := filepath.Join(t.TempDir(), "verdict.json")
			command(t, "go", "test", "-count=1", "../..", "-args", "-out="+out)
			return read(t, out)
		},
		"under ginkgo -p": func(t *testing.T) verdict.Verdict {
			out := filepath.Join(t.TempDir(), "verdict.json")
			printed := command(t, "go", "tool", "ginkgo", "run", "-p", "--procs=2", "--no-color", "--randomize-all", "../..", "--", "-out="+out)
			if !strings.Contains(printed, "Running in parallel across 2 processes") {
				t.Errorf("it did not run in parallel:\n%s", printed)
			}
			return read(t, out)
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, clauses(way(t))); diff != "" {
				t.Errorf("clauses (-by the command +%s):\n%s", name, diff)
			}
		})
	}
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func read(t *testing.T, path string) (v verdict.Verdict) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// clauses are those of a verdict without what differs from run to run.
func clauses(v verdict.Verdict) []verdict.Clause {
	for c := range v.Clauses {
		v.Clauses[c].Seconds = 0
		for s := range v.Clauses[c].Specs {
			v.Clauses[c].Specs[s].Seconds = 0
		}
	}
	return v.Clauses
}
