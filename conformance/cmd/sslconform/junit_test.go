package main

import (
	"context"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// judging makes this test's binary a suite of Ginkgo that judges a driver, as an author's test does: where the report for
// JUnit goes follows, a regular expression for the specs, the patience, the file of expectations (or nothing), and the
// driver's command.
const judging = "sslconform-test-judging"

// judgeByGinkgo is that suite; it returns the status to exit with.
func judgeByGinkgo(junit, specs, patience, expect string, command ...string) int {
	err := flag.CommandLine.Parse([]string{"-ginkgo.junit-report=" + junit})
	o := conformance.Options{Spec: regexp.MustCompile(specs)}
	if err == nil {
		o.Patience, err = time.ParseDuration(patience)
	}
	if err == nil && expect != "" {
		o.Expectations, err = verdict.ReadExpectations(expect, conformance.KnownSpec)
	}
	var d *driver.Driver
	if err == nil {
		d, err = driver.Start(context.Background(), command, startup)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return verdict.ExitUsage
	}
	conformance.Run(ignore{}, d, o)
	d.Close() // what is wrong with its end is told by the command
	return verdict.ExitOK
}

// A junit is the report that Ginkgo writes for JUnit, as far as specs go.
type junit struct {
	Cases []junitCase `xml:"testsuite>testcase"`
}

type junitCase struct {
	Name    string    `xml:"name,attr"`
	Failure *struct{} `xml:"failure"`
	Skipped *struct{} `xml:"skipped"`
	Error   *struct{} `xml:"error"`
}

// junit judges once more, under Ginkgo, and returns its report.
func (g golden) junit(t *testing.T, folder string) (j junit) {
	t.Helper()
	path, expect := filepath.Join(folder, "junit.xml"), ""
	if g.expected != "" {
		expect = filepath.Join(folder, expectations)
	}
	command := myself(judging, append([]string{path, g.spec, g.patience().String(), expect}, g.driver()...)...)
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = xml.Unmarshal(data, &j)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

const (
	isPassed  = "passed"
	isSkipped = "skipped"
	isFailed  = "failed"
)

// specs are those of the report, by name, and what became of each.
func (j junit) specs() map[string]string {
	specs := map[string]string{}
	for _, c := range j.Cases {
		name, is := strings.CutPrefix(c.Name, "[It] ")
		if !is {
			continue
		}
		name, _, _ = strings.Cut(name, " [") // labels follow
		switch {
		case c.Failure != nil, c.Error != nil:
			specs[name] = isFailed
		case c.Skipped != nil:
			specs[name] = isSkipped
		default:
			specs[name] = isPassed
		}
	}
	return specs
}

func (j junit) counts() string {
	n := map[string]int{}
	for _, state := range j.specs() {
		n[state]++
	}
	counts := fmt.Sprintf("JUnit: %d specs passed, %d skipped, %d failed", n[isPassed], n[isSkipped], n[isFailed])
	if j.failsAfterAll() {
		counts += ", and " + afterAll
	}
	return counts + "\n"
}

// afterAll is the case that fails where the watch over parked sessions does: no spec of Ginkgo's is about that.
const afterAll = "[ReportAfterSuite] verdict"

func (j junit) failsAfterAll() bool {
	return slices.ContainsFunc(j.Cases, func(c junitCase) bool { return c.Name == afterAll && c.Failure != nil })
}

// agree expects that JUnit is told of each spec what the verdict says of it.
func agree(t *testing.T, j junit, v verdict.Verdict) {
	t.Helper()
	told, watched := j.specs(), false
	for _, c := range v.Clauses {
		for _, s := range c.Specs {
			got, is := told[s.Name]
			want := inJUnit(s)
			if !is && s.Status == verdict.NotRun && want != isFailed {
				continue // it was not selected
			}
			if !is && slices.Contains(conformance.Specs(), s.Name) || is && got != want {
				t.Errorf("%q is %s, which is %s for JUnit, and that is told %q", s.Name, s.Status, want, got)
			}
			watched = watched || !is && want == isFailed
			delete(told, s.Name)
		}
	}
	if watched != j.failsAfterAll() {
		t.Errorf("what was watched fails: %t; JUnit is told %t", watched, !watched)
	}
	for name := range told {
		t.Errorf("the verdict does not tell of %q", name)
	}
}

// inJUnit is what a spec is to JUnit: one that fails as it is expected to is left out of what passes and what fails.
func inJUnit(s verdict.Spec) string {
	switch {
	case s.Failure != "" && s.Expected == "":
		return isFailed
	case s.Status == verdict.Passed, s.Status == verdict.ByDriver:
		return isPassed
	default:
		return isSkipped
	}
}
