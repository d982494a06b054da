// Package skip is the one place where tests are left out.
package skip

import (
	"os"
	"os/exec"
	"testing"
)

// Here leaves a test out for what this system or this run of the tests does not have, by its nature.
func Here(t testing.TB, why string) {
	t.Helper()
	t.Skip(why)
}

// Without leaves a test out for what is not installed, but for a CI, where a green run has to mean all of it.
func Without(t testing.TB, missing string) {
	t.Helper()
	leave := t.Skipf
	if os.Getenv("CI") == "true" {
		leave = t.Fatalf
	}
	leave("%s is not installed: scripts/install-peers does it", missing)
}

// Tool returns the path of a program that a test needs beyond Go; see [Without].
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Without(t, name)
	}
	return path
}
