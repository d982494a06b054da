package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/driver/drivertest"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// tapped makes this test's binary a tap between the suite and a driver: the folder where each of its processes leaves a
// transcript follows, and the driver's command.
const tapped = "sslconform-test-tap"

// tap runs a driver, and returns the status to exit with.
func tap(folder string, command ...string) int {
	code, err := transcribe(folder, command)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tap:", err)
		return 1
	}
	return code
}

func transcribe(folder string, command []string) (code int, err error) {
	transcript, err := os.CreateTemp(folder, "")
	if err != nil {
		return 0, err
	}
	defer transcript.Close()
	t := drivertest.NewTap(transcript)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = io.TeeReader(os.Stdin, t.ToDriver()), io.MultiWriter(t.FromDriver(), os.Stdout), os.Stderr
	cmd.WaitDelay = time.Second
	var exit *exec.ExitError
	if err = cmd.Run(); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// schema is that of the protocol.
func schema(t *testing.T) *drivertest.Schema {
	t.Helper()
	s, err := drivertest.Load("../../driver/protocol.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// behindTap is the command of a driver behind a tap, and what tells which operations and events have passed, when it has
// held all lines against the schema.
func behindTap(t *testing.T, command ...string) (tap []string, passed func() map[string]bool) {
	t.Helper()
	folder := t.TempDir()
	return append([]string{os.Args[0], tapped, folder}, command...), func() map[string]bool {
		t.Helper()
		return checkTranscripts(t, folder)
	}
}

func checkTranscripts(t *testing.T, folder string) map[string]bool {
	t.Helper()
	s, all := schema(t), map[string]bool{}
	transcripts, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(transcripts) == 0 {
		t.Fatalf("there is no transcript in %s: %v", folder, err)
	}
	for _, path := range transcripts {
		transcript, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer transcript.Close()
		seen, err := s.Check(transcript)
		if err != nil {
			t.Errorf("%.4000v", err)
		}
		maps.Copy(all, seen)
	}
	return all
}

// Each line that passes in a run is one that the schema allows, in both directions, and all that it allows does pass.
func TestLinesOfARun(t *testing.T) {
	const spec = "^(identity|reattach|life|close/(loop|descriptor)|timeout/(read|write)|data/(pause|large-in))"
	driver, passed := behindTap(t, sslconform, "serve")
	if r := runs(t, append([]string{"run", "--spec", spec, "--"}, driver...)...); r.code != verdict.ExitOK {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	got, s := passed(), schema(t)
	want := s.Names("operation")
	for _, kind := range s.Names("kind") {
		want = append(want, "event "+kind)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("operations and events (-in the schema +in the run):\n%s", diff)
	}
}
