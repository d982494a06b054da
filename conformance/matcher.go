package conformance

import (
	"fmt"
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
	// go-cmp varies its white space on purpose; whoever looks for a failure's text must find it every time.
	e.diff = strings.ReplaceAll(cmp.Diff(e.want, got, cmpopts.EquateEmpty(), cmp.Comparer(sameLine)), "\u00a0", " ")
	return e.diff == "", nil
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
