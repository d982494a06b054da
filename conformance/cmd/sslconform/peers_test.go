package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// tool finds a program that a test needs beyond Go. Without it the test is left out, but for a CI, where a green run
// has to mean all of it.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is not installed: scripts/install-peers does it", name)
	default:
		t.Skipf("%s is not installed: scripts/install-peers does it", name)
	}
	return ""
}

// Implementations that nobody here wrote are judged through drivers in their own languages. What their drivers do for
// them is told from what they do.
func TestPeers(t *testing.T) {
	peers, err := filepath.Abs("../../../impl/peers")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]verdict.Status{
		"close/explicit":   verdict.ByDriver,
		"reattach/read":    verdict.ByDriver,
		"error/plain-peer": verdict.Passed,
	}
	for name, command := range map[string]func(*testing.T) []string{
		"asyncio": func(t *testing.T) []string {
			return []string{tool(t, "python3"), filepath.Join(peers, "asyncio", "driver.py")}
		},
		"libevent": func(t *testing.T) []string {
			folder := t.TempDir()
			tool(t, "pkg-config")
			tool(t, "gcc")
			if out, err := exec.Command(tool(t, "make"), "-C", filepath.Join(peers, "libevent"), "OUT="+folder).CombinedOutput(); err != nil {
				t.Fatalf("build the driver: %v\n%s", err, out)
			}
			return []string{filepath.Join(folder, "driver")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runs(t, append([]string{"run", "--"}, command(t)...)...)
			if diff := cmp.Diff(want, statuses(r.verdict)); diff != "" || r.code != 0 {
				t.Errorf("exit code %d, clauses (-want +got):\n%s%s%s", r.code, diff, r.out, r.err)
			}
		})
	}
}
