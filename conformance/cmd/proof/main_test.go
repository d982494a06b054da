package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/fixtures"
)

// What the long runs have written becomes the proof; what was not run stays, and only what was run last counts.
func TestGather(t *testing.T) {
	folder, fixed := t.TempDir(), t.TempDir()
	file := filepath.Join(fixed, "proof.json")
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte(`{"mutants":{"date":"2026-01-02","of":3,"killed":2}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	write("mutation.json", `{"commit":"c1","date":"2026-01-03T04:05:06Z","total":10,"killed":6,"timed_out":2,"equivalent":1}`)
	write("soak.json", `[
		{"commit":"c0","content":"old","date":"2026-01-01T00:00:00Z","configuration":"one core","subject":"reference","runs":99,"failures":[{}]},
		{"commit":"c1","content":"new","date":"2026-01-02T00:00:00Z","configuration":"one core","subject":"memorybio","runs":4,"failures":[]},
		{"commit":"c1","content":"new","dirty":true,"date":"2026-01-02T00:00:00Z","configuration":"relay","subject":"reference","runs":50,"failures":[]},
		{"commit":"c2","content":"new","date":"2026-01-04T00:00:00Z","configuration":"race detector","subject":"reference","runs":1,"seconds":2,"failures":[]},
		{"commit":"c2","content":"new","date":"2026-01-04T00:00:00Z","configuration":"race detector","subject":"reference","runs":2,"seconds":3,"failures":[{}]}]`)
	if err := gather(folder, file, 2); err != nil {
		t.Fatal(err)
	}
	want := fixtures.Proof{
		Mutants:  fixtures.MutantsProof{Date: "2026-01-02", Of: 3, Killed: 2},
		Mutation: fixtures.MutationProof{Commit: "c1", Date: "2026-01-03", Of: 10, Killed: 8, Equivalent: 1},
		Soak:     fixtures.SoakProof{Commit: "c2", Date: "2026-01-04", Runs: 7, Failed: 1, MemoryBIO: 4, Race: 3, OneCore: 4},
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got fixtures.Proof
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the proof (-want +got):\n%s", diff)
	}

	var kept []batch
	if _, err := read(filepath.Join(fixed, "soak.json"), &kept); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]batch{
		{Commit: "c1", Content: "new", Date: "2026-01-02T00:00:00Z", Configuration: "one core", Subject: "memorybio", Runs: 4, Failures: []json.RawMessage{}},
		{Commit: "c2", Content: "new", Date: "2026-01-04T00:00:00Z", Configuration: "race detector", Subject: "reference", Runs: 3, Seconds: 5, Failures: []json.RawMessage{[]byte("{}")}},
	}, kept); diff != "" {
		t.Errorf("what is kept of the soak (-want +got):\n%s", diff)
	}

	write("mutants.json", `[{"killed":true},{"killed":false}]`)
	if err := gather(folder, file, 2); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(file); !strings.Contains(string(data), `"of": 2`) || !strings.Contains(string(data), `"killed": 1`) {
		t.Errorf("the mutants are not in it:\n%s", data)
	}
	if err := gather(folder, file, 3); err == nil || !strings.Contains(err.Error(), "2 of 3 mutants") {
		t.Errorf("a mutant is missing: %v", err)
	}
	write("mutation.json", `{"changed":true}`)
	if err := gather(folder, file, 2); err == nil || !strings.Contains(err.Error(), "commit them") {
		t.Errorf("mutants of what is in no commit: %v", err)
	}
	write("mutation.json", `{`)
	if err := gather(folder, file, 2); err == nil || !strings.Contains(err.Error(), "mutation.json") {
		t.Errorf("a file that is cut off: %v", err)
	}
}
