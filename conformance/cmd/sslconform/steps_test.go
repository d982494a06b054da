package main

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// unfinished makes this test's binary a driver of the reference that does no more than what PROTOCOL.md has in its steps
// up to one, whose number follows.
const unfinished = "sslconform-test-unfinished"

// steps are the operations that each step of PROTOCOL.md adds.
var steps = []string{"hello open sync end", "connect", "write close closed", "wrap", "deferral", "digest"}

var capabilities = regexp.MustCompile(`"capabilities":\[[^]]*\]`)

// begun is a driver after so many steps; it returns the status to exit with.
func begun(count string) int {
	n, err := strconv.Atoi(count)
	if err != nil {
		return 1
	}
	var performs []string
	for _, step := range steps[:n] {
		performs = append(performs, strings.Fields(step)...)
	}
	b := &standIn{}
	b.through = func(request string) bool {
		op := strings.Trim(field(request, "op"), `"`)
		if strings.Contains(request, `"when_callback"`) && n < 5 || !slices.Contains(performs, op) {
			return b.lacks(request)
		}
		return true
	}
	b.edit = func(line string) string { // the reference verifies, whether it says so or not
		return capabilities.ReplaceAllString(line, `"capabilities":["verify","sni","tls1.2","tls1.3"]`)
	}
	return b.serve()
}

// ticked are the lines of check that a step of the page names, by the step.
func ticked(t *testing.T) (named [][]string) {
	t.Helper()
	page, err := os.ReadFile("../../driver/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(page), "\n## A driver in six steps\n")
	list, _, _ = strings.Cut(list, "\n## ")
	for _, step := range regexp.MustCompile(`(?m)^\d\. `).Split(list, -1)[1:] {
		var lines []string
		for _, match := range regexp.MustCompile(`\*([^*]+)\*`).FindAllStringSubmatch(step, -1) {
			lines = append(lines, strings.Join(strings.Fields(match[1]), " "))
		}
		named = append(named, lines)
	}
	return named
}

// A driver that grows by the steps has ticked off what the page says, and not yet all of the next step.
func TestSteps(t *testing.T) {
	named := ticked(t)
	if len(named) != len(steps) {
		t.Fatalf("the page has %d steps, this test %d", len(named), len(steps))
	}
	for n := range steps {
		driver := myself(unfinished, strconv.Itoa(n+1))
		r := runs(t, append([]string{"check", "--patience", "1s", "--"}, driver...)...)
		isTicked := func(line string) bool { return strings.Contains(r.out, "✓ "+line) }
		for _, line := range slices.Concat(named[:n+1]...) {
			if !isTicked(line) {
				t.Errorf("step %d: %q is not ticked off:\n%s%s", n+1, line, r.out, r.err)
			}
		}
		if n+1 < len(named) && len(named[n+1]) > 0 && !slices.ContainsFunc(named[n+1], func(line string) bool { return !isTicked(line) }) {
			t.Errorf("step %d: all is ticked off that the next step is for:\n%s", n+1, r.out)
		}
	}
}

// The first verdict is to be had where the page says.
func TestFirstVerdict(t *testing.T) {
	const spec, step = "^(data/round-trip|close/explicit) ", "4"
	page, err := os.ReadFile("../../driver/PROTOCOL.md")
	if err != nil || !strings.Contains(string(page), "`sslconform run --spec '"+spec+"' -- ./my-driver` judges two clauses") {
		t.Errorf("the page does not say it (%v)", err)
	}
	r := runs(t, append([]string{"run", "--spec", spec, "--"}, myself(unfinished, step)...)...)
	if r.code != verdict.ExitOK || !strings.Contains(r.out, "2 passed") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
}
