package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/fixtures/skip"
)

// The command that a failure names shows its packets, and what was said under TLS.
func TestPackets(t *testing.T) {
	skip.Tool(t, "tshark")
	folder := t.TempDir()
	r := runsIn(t, folder, "run", "--spec", conformance.Pattern(closing), "--patience", "3s", "--", sslconform, "serve", "--mutant", "close-cb-twice")
	command := regexp.MustCompile(`(?m)^its packets: (.*)$`).FindStringSubmatch(r.out)
	if command == nil {
		t.Fatalf("it names no packets:\n%s", r.out)
	}
	cmd := exec.Command("sh", "-c", command[1]+" -V")
	cmd.Dir = folder
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	for _, want := range []string{"on interface peer", "on interface canary", "Data: 70696e67", "Data: 706f6e67"} { // ping, pong
		if !strings.Contains(string(out), want) {
			t.Errorf("%s\ndoes not show %q:\n%s", cmd, want, out)
		}
	}
}

// What passes is written of specs that fail; with --capture, of all that were run.
func TestCapture(t *testing.T) {
	for _, test := range []struct {
		flags []string
		want  int
	}{{nil, 0}, {[]string{"--capture"}, 1}} {
		folder := t.TempDir()
		r := runsIn(t, folder, append([]string{"run", "--spec", conformance.Pattern(closing)}, test.flags...)...)
		if files, err := filepath.Glob(filepath.Join(folder, "out", "specs", "*.pcapng")); len(files) != test.want || err != nil || r.code != 0 {
			t.Errorf("with %q: %q, %v, exit code %d; want %d files", test.flags, files, err, r.code, test.want)
		}
	}
}
