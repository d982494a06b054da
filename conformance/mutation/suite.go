package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// The exit codes of `sslconform run` that are told apart here.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// A verdict is what a run of the suite came to.
type verdict struct {
	code int
	by   string // the spec that failed first
	took time.Duration
	late bool // it did not end
	out  string
}

func (v verdict) failed() bool {
	return !v.late && (v.code == exitFailed || v.code == exitUsage) // the latter where the driver does not even start
}

// watch is reported as a spec, and is none that could be selected.
const watch = "close/last nothing follows while the session is watched"

// alone is the expression of the spec that killed a mutant, or of all where that is to be told by no name.
func alone(spec string) string {
	if spec == "" || spec == watch {
		return allSpecs
	}
	return expression(spec)
}

// expression is one that matches specs by their names.
func expression(names ...string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	return "^(" + strings.Join(quoted, "|") + ")$"
}

// suite runs the suite, or some specs of it, against a driver, which is gone when it returns.
func (j *judge) suite(ctx context.Context, driver, specs string, bound time.Duration, environment ...string) (verdict, error) {
	out, err := os.MkdirTemp(j.folder, "out-")
	if err != nil {
		return verdict{}, err
	}
	defer os.RemoveAll(out)
	bounded, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	run := exec.CommandContext(bounded, j.sslconform, "run", "--fail-fast", "--patience", patience.String(), "--out", out, "--spec", specs, "--", driver, "serve")
	run.WaitDelay = 5 * time.Second // its driver may hold the pipes
	run.Env = append(os.Environ(), environment...)
	began := time.Now()
	said, err := run.CombinedOutput()
	v := verdict{code: run.ProcessState.ExitCode(), took: time.Since(began), late: bounded.Err() != nil, out: string(said)}
	if driver != j.sslconform {
		endAll(driver)
	}
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return v, fmt.Errorf("run the suite: %w", err)
	}
	v.by = firstFailed(filepath.Join(out, "conformance.json"))
	return v, nil
}

// endAll kills the processes of a driver: one that spins does not notice that nobody listens to it any more. Where the
// system does not tell what runs, they are left.
func endAll(driver string) {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || strings.TrimSuffix(target, " (deleted)") != driver {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(link, "/proc/%d/exe", &pid); err != nil {
			continue
		}
		if p, err := os.FindProcess(pid); err == nil {
			p.Kill()
		}
	}
}

// firstFailed names the spec that failed; empty where the run came to no verdict.
func firstFailed(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var v struct {
		Clauses []struct {
			Specs []struct{ Name, Status string }
		}
	}
	if json.Unmarshal(data, &v) != nil {
		return ""
	}
	for _, c := range v.Clauses {
		for _, s := range c.Specs {
			if s.Status == "failed" {
				return s.Name
			}
		}
	}
	return ""
}
