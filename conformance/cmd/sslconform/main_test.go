package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// sslconform is the path of the command, built for these tests.
var sslconform string

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == tapped:
		os.Exit(tap(os.Args[2], os.Args[3:]...))
	case len(os.Args) > 1 && os.Args[1] == misbehaving:
		os.Exit(misbehave(os.Args[2], os.Args[3]))
	case len(os.Args) > 1 && os.Args[1] == declaring:
		os.Exit(declare(os.Args[2], os.Args[3], os.Args[4]))
	case len(os.Args) > 1 && os.Args[1] == judging:
		os.Exit(judgeByGinkgo(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6:]...))
	case len(os.Args) > 1 && os.Args[1] == unfinished:
		os.Exit(begun(os.Args[2]))
	}
	for _, name := range []string{"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"} { // of where these tests may run
		os.Unsetenv(name)
	}
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	folder, err := os.MkdirTemp("", "sslconform-test-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	sslconform = filepath.Join(folder, "sslconform")
	if out, err := exec.Command("go", "build", "-o", sslconform, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the command: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// myself is the command that makes this test's binary what its first argument says, be it built to detect races: such a
// program takes its time to end.
func myself(as string, args ...string) []string {
	return append([]string{"env", "GORACE=atexit_sleep_ms=0", os.Args[0], as}, args...)
}

// A result is what a run of the command left behind.
type result struct {
	code     int
	out, err string
	verdict  verdict.Verdict // where the run wrote one
}

// runs the command, in a folder of its own.
func runs(t *testing.T, args ...string) result {
	t.Helper()
	return runsIn(t, t.TempDir(), args...)
}

func runsIn(t *testing.T, folder string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, sslconform, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &stdout, &stderr
	err := cmd.Run()
	r := result{out: stdout.String(), err: stderr.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		t.Fatalf("run sslconform %q: %v", args, err)
	}
	if data, err := os.ReadFile(filepath.Join(folder, "out", "conformance.json")); err == nil {
		if err := json.Unmarshal(data, &r.verdict); err != nil {
			t.Fatalf("conformance.json: %v", err)
		}
	}
	return r
}
