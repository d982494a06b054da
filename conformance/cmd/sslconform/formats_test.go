package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2/types"
	"go.yaml.in/yaml/v3"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// A run leaves the verdict behind in each form, and they agree.
func TestFormats(t *testing.T) {
	folder := t.TempDir()
	r := runsIn(t, folder, broken("close-cb-twice", "close/explicit")...)
	data := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(folder, "out", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var j junit
	if err := xml.Unmarshal(data("junit.xml"), &j); err != nil {
		t.Fatal(err)
	}
	var ginkgo []types.Report
	if err := json.Unmarshal(data("ginkgo.json"), &ginkgo); err != nil {
		t.Fatal(err)
	}
	count := func(status verdict.Status) (n int) {
		for _, c := range r.verdict.Clauses {
			for _, s := range c.Specs {
				if s.Status == status {
					n++
				}
			}
		}
		return n
	}
	var passed, failed int
	for _, c := range j.Cases {
		switch {
		case c.Failure != nil:
			failed++
		case c.Skipped == nil && c.Error == nil:
			passed++
		}
	}
	if failed == 0 || failed != count(verdict.Failed) || passed != count(verdict.Passed) {
		t.Errorf("JUnit: %d passed and %d failed, want %d and %d", passed, failed, count(verdict.Passed), count(verdict.Failed))
	}
	if got := ginkgo[0].SpecReports.WithLeafNodeType(types.NodeTypeIt).CountWithState(types.SpecStateFailed); got != failed || ginkgo[0].SuiteSucceeded {
		t.Errorf("Ginkgo's report: %d specs failed, want %d; it succeeded: %t", got, failed, ginkgo[0].SuiteSucceeded)
	}
	for name, want := range map[string]string{"summary.md": "## TLS wrap: non-conformant\n", "badge.svg": ">non-conformant</text>"} {
		if !strings.Contains(string(data(name)), want) {
			t.Errorf("%s lacks %q:\n%s", name, want, data(name))
		}
	}
}

// What the watch over parked sessions finds is no failure of a spec of Ginkgo's, and its report fails all the same.
func TestGinkgoOfTheWatch(t *testing.T) {
	folder := t.TempDir()
	g := goldens["when-all-ended"]
	runsIn(t, folder, append([]string{"run", "--patience", "3s", "--spec", g.spec, "--"}, g.driver()...)...)
	data, err := os.ReadFile(filepath.Join(folder, "out", "ginkgo.json"))
	if err != nil {
		t.Fatal(err)
	}
	var reports []types.Report
	if err := json.Unmarshal(data, &reports); err != nil {
		t.Fatal(err)
	}
	if reports[0].SuiteSucceeded || len(reports[0].SpecialSuiteFailureReasons) != 1 {
		t.Errorf("it succeeded: %t; why not: %q", reports[0].SuiteSucceeded, reports[0].SpecialSuiteFailureReasons)
	}
}

// In a workflow of GitHub's, the summary of the job gets the verdict behind what is there, and the output annotations.
func TestGitHub(t *testing.T) {
	folder := t.TempDir()
	summary := filepath.Join(folder, "summary")
	if err := os.WriteFile(summary, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	plain := runsIn(t, folder, broken("close-cb-twice", "close/explicit")...)
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", summary)
	r := runsIn(t, folder, broken("close-cb-twice", "close/explicit")...)
	text, err := os.ReadFile(summary)
	if err != nil || !strings.HasPrefix(string(text), "before\n## TLS wrap: non-conformant\n") {
		t.Errorf("the summary, %v:\n%s", err, text)
	}
	for line := range strings.Lines(plain.out) {
		if strings.HasPrefix(line, "::") {
			t.Errorf("elsewhere, too, there is the annotation %q", line)
		}
	}
	annotations := 0
	for line := range strings.Lines(r.out) {
		if strings.HasPrefix(line, "::error title=close/explicit calls close-cb once") && strings.Contains(line, "::the calls of close-cb%0Ait differs") {
			annotations++
		}
	}
	if annotations != 3 {
		t.Errorf("%d annotations:\n%s", annotations, r.out)
	}
}

// A stranger's workflow is taken as it is shown: what it runs, with the command in the PATH and a driver, leaves what it
// keeps.
func TestWorkflows(t *testing.T) {
	var github struct {
		Jobs map[string]struct {
			Steps []struct {
				Run, If string
				With    struct{ Path string }
			}
		}
	}
	readYAML(t, "GitHub Actions:", &github)
	steps := github.Jobs["sslconform"].Steps
	last := steps[len(steps)-1]
	if last.If != "always()" {
		t.Errorf("results are kept if %q", last.If)
	}
	var run []string
	for _, s := range steps {
		if s.Run != "" {
			run = append(run, s.Run)
		}
	}
	workflow(t, run, filepath.Join(last.With.Path, "conformance.json"))

	var gitlab map[string]struct {
		Script    []string
		Artifacts struct {
			When    string
			Paths   []string
			Reports struct{ JUnit string }
		}
	}
	readYAML(t, "GitLab:", &gitlab)
	job := gitlab["sslconform"]
	if job.Artifacts.When != "always" || len(job.Artifacts.Paths) != 1 {
		t.Errorf("of %q, what is kept: %q", job.Artifacts.Paths, job.Artifacts.When)
	}
	workflow(t, job.Script, job.Artifacts.Reports.JUnit, filepath.Join(job.Artifacts.Paths[0], "conformance.json"))
}

// readYAML reads what is indented below a line of README.
func readYAML(t *testing.T, line string, into any) {
	t.Helper()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(readme), "\n"+line+"\n\n")
	var block strings.Builder
	for line := range strings.Lines(below) {
		line, indented := strings.CutPrefix(line, "    ")
		if !indented {
			break
		}
		block.WriteString(line)
	}
	if !found || block.Len() == 0 {
		t.Fatalf("README shows nothing below %q", line)
	}
	if err := yaml.Unmarshal([]byte(block.String()), into); err != nil {
		t.Fatal(err)
	}
}

// workflow runs what a workflow does behind the installation, for a spec alone: first with a driver that is good, then
// with a broken one.
func workflow(t *testing.T, run []string, leaves ...string) {
	t.Helper()
	if diff := cmp.Diff([]string{"go install " + module + "conformance/cmd/sslconform@latest", "sslconform run -- ./my-driver"}, run); diff != "" {
		t.Errorf("it runs (-want +got):\n%s", diff)
	}
	for driver, fails := range map[string]bool{"serve": false, "serve --mutant close-cb-twice": true} {
		folder := t.TempDir()
		script := func(name, what string) {
			if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\nexec "+what+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		script("sslconform", `sh -c 'shift; exec `+sslconform+` run --spec "^close/explicit " "$@"' - "$@"`)
		script("my-driver", sslconform+" "+driver)
		cmd := exec.Command("sh", "-c", run[len(run)-1])
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); (err != nil) != fails {
			t.Errorf("%s with the driver %q: %v\n%s", cmd, driver, err, out)
		}
		for _, name := range leaves {
			if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
				t.Error(err)
			}
		}
	}
}
