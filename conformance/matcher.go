package conformance

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A line is text that a difference shows whole, not in pieces.
type line string

func sameLine(a, b line) bool { return a == b }

// be matches what equals want, and shows the difference where it does not: - is missing, + should not be there.
func be(want any) types.GomegaMatcher { return &equal{want: want} }

type equal struct {
	want any
	diff string
}

func (e *equal) Match(got any) (bool, error) {
	e.diff = steady(cmp.Diff(e.want, got, cmpopts.EquateEmpty(), cmp.Comparer(sameLine)))
	return e.diff == "", nil
}

// ownTypes are the names of types of this package, which say nothing to who reads a difference.
var ownTypes = regexp.MustCompile(`(\[\])*conformance\.\w+([({])`)

// steady is a difference as it is told every time, for whoever looks for a piece of it. go-cmp varies its white space on
// purpose; and which of several lines that are alike is the one too many or missing is a matter of chance: here, the last.
func steady(diff string) string {
	lines := strings.SplitAfter(ownTypes.ReplaceAllString(strings.ReplaceAll(diff, "\u00a0", " "), "$2"), "\n")
	for first, next := 0, 0; first < len(lines); first = max(next, first+1) {
		mark := lines[first][:min(1, len(lines[first]))]
		if mark != "+" && mark != "-" {
			continue
		}
		for next = first + 1; next < len(lines) && strings.HasPrefix(lines[next], mark); next++ {
		}
		for ; next < len(lines) && lines[next] == " "+lines[first][1:]; first, next = first+1, next+1 {
			lines[first], lines[next] = lines[next], lines[first]
		}
	}
	return strings.Join(lines, "")
}

func (e *equal) FailureMessage(any) string {
	return fmt.Sprintf("it differs (-want +got):\n%s", e.diff)
}

func (e *equal) NegatedFailureMessage(got any) string {
	return fmt.Sprintf("it should not be\n%v", got)
}

// beA matches a condition that has the type of a documented name, whatever else it is.
func beA(name string) types.GomegaMatcher {
	return gcustom.MakeMatcher(func(c *subject.Condition) (bool, error) { return c.Is(name), nil }).
		WithTemplate("want: a {{.Data}}\n got: {{.Actual}}{{with .Actual}}, which is {{range $n, $t := .Types}}{{if $n}}, {{end}}{{$t}}{{else}}of no documented type{{end}}{{end}}", name)
}

// haveLen matches so many records, and shows them where there are more or fewer.
func haveLen(n int) types.GomegaMatcher {
	return gcustom.MakeMatcher(func(records []subject.Record) (bool, error) { return len(records) == n, nil }).
		WithTemplate("want: {{.Data}} of them\n got: {{len .Actual}}{{range .Actual}}\n  {{.}}{{end}}", n)
}
