package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// binaries are what runs are made of, in a folder of their own: what is edited meanwhile makes no difference.
type binaries struct {
	folder  string
	driver  []string // of memorybio
	missing []string // ways that there are no means for
}

// build makes them, and tells which ways are left out and why.
func build(ctx context.Context, out io.Writer) (*binaries, error) {
	folder, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for what is built: %w", err)
	}
	b := &binaries{folder: folder}
	for _, args := range [][]string{
		{"test", "-c", "-o", b.path("conformance.test"), "./conformance"},
		{"build", "-o", b.path("sslconform"), "./conformance/cmd/sslconform"},
		{"build", "-o", b.path("ginkgo"), "github.com/onsi/ginkgo/v2/ginkgo"},
	} {
		if err := goTool(ctx, args...); err != nil {
			return nil, errors.Join(err, b.remove())
		}
	}
	err = errors.Join(
		goTool(ctx, "test", "-c", "-race", "-o", b.path("conformance-race.test"), "./conformance"),
		goTool(ctx, "build", "-race", "-o", b.path("sslconform-race"), "./conformance/cmd/sslconform"))
	if err != nil {
		b.leaveOut(out, "race detector", err.Error())
	}
	if why := withoutNetem(); why != "" {
		b.leaveOut(out, "netem", why)
	}
	if b.driver, err = memorybioDriver(); err != nil {
		return nil, errors.Join(err, b.remove())
	}
	return b, nil
}

func (b *binaries) path(name string) string { return filepath.Join(b.folder, name) }

func (b *binaries) remove() error { return os.RemoveAll(b.folder) }

func (b *binaries) leaveOut(out io.Writer, way, why string) {
	b.missing = append(b.missing, way)
	fmt.Fprintf(out, "%s is left out: %s\n", way, why)
}

func (b *binaries) cells() []cell { return cellsBut(b.missing...) }

func goTool(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, firstLine(string(out)))
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// memorybioDriver is its command, which works in any folder.
func memorybioDriver() ([]string, error) {
	const folder = "impl/peers/memorybio"
	text, err := os.ReadFile(filepath.Join(folder, "command"))
	if err != nil {
		return nil, fmt.Errorf("soak is run at the root of the module: %w", err)
	}
	words := strings.Fields(string(text))
	if _, err := exec.LookPath(words[0]); err != nil {
		return nil, fmt.Errorf("memorybio cannot run: %w: scripts/install-peers installs what it takes", err)
	}
	for n, word := range words {
		if strings.HasPrefix(word, folder) {
			if words[n], err = filepath.Abs(word); err != nil {
				return nil, err
			}
		}
	}
	return words, nil
}

// patience bounds a run that hangs.
const patience = 15 * time.Minute

// A result is what became of a run.
type result struct {
	seconds float64
	failure *failure // nil if it passed
	err     error    // nothing was run
}

// run runs the suite once.
func (b *binaries) run(ctx context.Context, c cell, lane int) result {
	seed := rand.N(1 << 31)
	folder, err := os.MkdirTemp(b.folder, "run-")
	if err != nil {
		return result{err: fmt.Errorf("make a folder for a run: %w", err)}
	}
	defer os.RemoveAll(folder)
	verdictFile := filepath.Join(folder, "verdict.json")
	args := b.command(c, lane, seed, verdictFile)

	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(bounded, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	began := time.Now()
	output, err := c.way.output(cmd)
	r := result{seconds: time.Since(began).Seconds()}
	if ctx.Err() != nil {
		return r
	}
	specs := failedSpecs(verdictFile)
	if err == nil && len(specs) == 0 {
		return r
	}
	kept := filepath.Join(keptFolder, fmt.Sprintf("%s-%d.txt", began.UTC().Format("20060102T150405"), seed))
	text := fmt.Sprintf("%s: %s, seed %d: %v\n%s\n\n%s", c.way.name, c.subject, seed, err, verdict.CommandLine(args...), output)
	if err := os.MkdirAll(keptFolder, 0o755); err != nil {
		return result{err: err}
	}
	if err := os.WriteFile(kept, []byte(text), 0o644); err != nil {
		return result{err: fmt.Errorf("keep what a failed run has printed: %w", err)}
	}
	r.failure = &failure{Specs: specs, Seed: seed, Kept: kept}
	return r
}

// command is what runs the suite on a subject in a way.
func (b *binaries) command(c cell, lane, seed int, verdictFile string) (args []string) {
	test, sslconform := "conformance.test", "sslconform"
	if c.way.race {
		test, sslconform = "conformance-race.test", "sslconform-race"
	}
	if c.way.under != nil {
		args = c.way.under(lane)
	}
	if c.way.parallel {
		args = append(args, b.path("ginkgo"), "run", "-p", "--procs=2", "--randomize-all", "--no-color",
			fmt.Sprintf("--seed=%d", seed), b.path(test), "--")
	} else {
		args = append(args, b.path(test), "-ginkgo.randomize-all", "-ginkgo.no-color", fmt.Sprintf("-ginkgo.seed=%d", seed))
	}
	args = append(args, "-test.run=^TestConformance$", "-out="+verdictFile) // other tests look for files that are not here
	if c.way.relayed {
		args = append(args, "-relayed")
	}
	switch c.subject {
	case served:
		args = append(args, b.path(sslconform), "serve")
	case memorybio:
		args = append(args, b.driver...)
	}
	return args
}

// failedSpecs are the names in a verdict of what failed; none if there is no verdict.
func failedSpecs(file string) (names []string) {
	data, err := os.ReadFile(file)
	if err != nil {
		return []string{"the suite ended without a verdict"}
	}
	var v verdict.Verdict
	if err := json.Unmarshal(data, &v); err != nil {
		return []string{err.Error()}
	}
	for _, clause := range v.Clauses {
		for _, spec := range clause.Specs {
			if spec.Failure != "" {
				names = append(names, spec.Name)
			}
		}
	}
	if len(names) == 0 && v.Verdict != verdict.Conformant {
		names = []string{fmt.Sprintf("the verdict is %s", v.Verdict)}
	}
	return names
}
