package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// A driver has its time to start, and more of it with more patience.
func TestStartup(t *testing.T) {
	for patience, want := range map[time.Duration]time.Duration{
		time.Second: 30 * time.Second, 10 * time.Second: 30 * time.Second, 20 * time.Second: time.Minute,
	} {
		if got := (&runCommand{Patience: patience}).startup(); got != want {
			t.Errorf("with a patience of %v: %v, want %v", patience, got, want)
		}
	}
}

// The reference passes all that there is, and a run says what it left out.
func TestReference(t *testing.T) {
	r := runs(t, "run", "--ledger")
	want := map[string]verdict.Status{}
	for _, name := range conformance.Specs() {
		clause, _, _ := strings.Cut(name, " ")
		want[clause] = verdict.Passed
	}
	if diff := cmp.Diff(want, statuses(r.verdict)); diff != "" || r.code != 0 {
		t.Errorf("exit code %d, clauses (-want +got):\n%s%s", r.code, diff, r.out)
	}
	for _, line := range []string{
		"\nconformant, hardened: 164 passed, ", "heavy specs left out (--heavy runs them)",
		"waited, where it was more than 20 ms:",
	} {
		if !strings.Contains(r.out, line) {
			t.Errorf("it does not say %q:\n%s", line, r.out)
		}
	}
}

// statuses are those of the clauses that were run.
func statuses(v verdict.Verdict) map[string]verdict.Status {
	all := map[string]verdict.Status{}
	for _, c := range v.Clauses {
		if c.Status != verdict.NotRun {
			all[c.ID] = c.Status
		}
	}
	return all
}

// The first failure ends a run that is to be fast, and only such a one.
func TestFailFast(t *testing.T) {
	args := []string{"run", "--spec", "^close/explicit ", "--patience", "1s"}
	driver := []string{"--", sslconform, "serve", "--mutant", "close-cb-lost"}
	for name, test := range map[string]struct {
		args []string
		one  bool
	}{"fast": {append(slices.Clone(args), "--fail-fast"), true}, "not": {args, false}} {
		r := runs(t, append(slices.Clone(test.args), driver...)...)
		failures := 0
		for _, c := range r.verdict.Clauses {
			for _, s := range c.Specs {
				if s.Status == verdict.Failed {
					failures++
				}
			}
		}
		if r.code != 1 || failures == 0 || (failures == 1) != test.one {
			t.Errorf("%s: exit code %d, %d specs failed\n%s", name, r.code, failures, r.out)
		}
	}
}

// The JSON has the fields that its readers were promised, and no others.
func TestJSON(t *testing.T) {
	folder := t.TempDir()
	runsIn(t, folder, "run", "--spec", "^close/explicit ", "--patience", "1s", "--", sslconform, "serve", "--mutant", "close-cb-twice")
	data, err := os.ReadFile(filepath.Join(folder, "out", "conformance.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	fields := func(what string, v any, want ...string) map[string]any {
		object, _ := v.(map[string]any)
		if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, want) {
			t.Errorf("%s has the fields %q, want %q", what, got, want)
		}
		return object
	}
	fields("the verdict", v, "clauses", "counts", "format", "hardened", "run", "seconds", "subject", "verdict")
	run := fields("its origin", v["run"], "began", "command", "platform", "suite")
	if command, _ := run["command"].(string); !strings.Contains(command, " run --spec '^close/explicit ' --patience 1s -- ") {
		t.Errorf("it is run again by %q", command)
	}
	fields("the subject", v["subject"], "capabilities", "language", "name", "version")
	fields("counts", v["counts"], "by_driver", "failed", "not_run", "passed", "unsupported")
	clauses, _ := v["clauses"].([]any)
	if len(clauses) != 164 {
		t.Fatalf("%d clauses", len(clauses))
	}
	n := slices.IndexFunc(clauses, func(c any) bool { return c.(map[string]any)["id"] == "close/explicit" })
	clause := fields("a clause", clauses[n], "id", "level", "seconds", "specs", "status")
	spec := fields("a spec", clause["specs"].([]any)[0], "failure", "name", "seconds", "status")
	if v["format"] != 1.0 || v["verdict"] != "non-conformant" || clause["status"] != "failed" || spec["status"] != "failed" {
		t.Errorf("it says %v, %v, %v, %v", v["format"], v["verdict"], clause["status"], spec["status"])
	}
	if failure, _ := spec["failure"].(string); !strings.Contains(failure, "timeline") {
		t.Errorf("the failure is told as %q", failure)
	}
}

// A failure shows all that it takes to understand it; the command that it names shows it again.
func TestFailure(t *testing.T) {
	r := runs(t, "run", "--spec", "^(reattach/read hands|error/plain-peer )", "--patience", "1s", "--", sslconform, "serve", "--mutant", "read-callback-gets-original")
	for _, want := range []string{
		"reattach/read (must): The original's read callback gets the decrypted data, called with the wrapped socket.\n",
		"the documentation: \"The callbacks and timeouts on the original socket/stream are reattached",
		"(-want +got):", "- 	`read callback of A called with tls: \"firstsecond\"`", "+ 	`read callback of A called with plain: \"firstsecond\"`",
		"  suite    request 3: wrap plain as tls",
		"  subject  read callback of A called with plain: \"first\"",
		"  peer     the handshake is done: TLS 1.3",
		"\nagain: ",
		"non-conformant: 162 of 164 not run, 1 passed, 1 failed",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("it does not say %q:\n%s", want, r.out)
		}
	}
	again := regexp.MustCompile(`(?m)^again: (.*)$`).FindStringSubmatch(r.out)
	cmd := exec.Command("sh", "-c", again[1])
	cmd.Dir = t.TempDir()
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "+ \t`read callback of A called with plain") {
		t.Errorf("%s\nends with %v:\n%s", again[1], cmd.ProcessState, out)
	}
}
