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

// steps are those that PROTOCOL.md tells of: the operations that each one adds, and what may be tried after it.
var steps = []struct {
	operations string
	passes     string // specs
	tries      string // specs that miss something
	misses     string // an operation
}{
	{"hello open sync end", "", "^data/round-trip", "connect"},
	{"connect", "", "^data/round-trip", "wrap"},
	{"wrap", "", "^data/round-trip", "write"},
	{"write close closed", "^data/round-trip|^close/explicit", "^close/in-read-callback", "close"},
	{"deferral", "^close/(marked|in-read-callback)", "", ""},
}

var capabilities = regexp.MustCompile(`"capabilities":\[[^]]*\]`)

// begun is a driver after so many steps; it returns the status to exit with.
func begun(count string) int {
	n, err := strconv.Atoi(count)
	if err != nil {
		return 1
	}
	var performs []string
	for _, step := range steps[:n] {
		performs = append(performs, strings.Fields(step.operations)...)
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

// A driver that grows by the steps gets as far as the page says.
func TestSteps(t *testing.T) {
	page, err := os.ReadFile("../../driver/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	for n, step := range steps {
		driver := []string{os.Args[0], unfinished, strconv.Itoa(n + 1)}
		if step.passes != "" {
			r := runs(t, append([]string{"run", "--spec", step.passes, "--"}, driver...)...)
			if r.code != verdict.ExitOK || !strings.Contains(string(page), "`"+step.passes+"` passes") {
				t.Errorf("step %d: exit code %d; the page has to say that `%s` passes\n%s%s", n+1, r.code, step.passes, r.out, r.err)
			}
		}
		if step.tries == "" {
			continue
		}
		r := runs(t, append([]string{"run", "--spec", step.tries, "--"}, driver...)...)
		if want := "\nwant: \"" + step.misses + " "; r.code != verdict.ExitFailed || strings.Count(r.out, want) != strings.Count(r.out, "\nwant: ") {
			t.Errorf("step %d: exit code %d, want %s\n%s%s", n+1, r.code, want, r.out, r.err)
		}
	}
}
