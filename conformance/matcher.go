package conformance

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/onsi/gomega/types"
)

// be matches what equals want, and shows the difference where it does not: - is missing, + should not be there.
func be(want any) types.GomegaMatcher { return &equal{want: want} }

type equal struct {
	want any
	diff string
}

func (e *equal) Match(got any) (bool, error) {
	// go-cmp varies its white space on purpose; whoever looks for a failure's text must find it every time.
	e.diff = strings.ReplaceAll(cmp.Diff(e.want, got, cmpopts.EquateEmpty()), "\u00a0", " ")
	return e.diff == "", nil
}

func (e *equal) FailureMessage(any) string {
	return fmt.Sprintf("it differs (-want +got):\n%s", e.diff)
}

func (e *equal) NegatedFailureMessage(got any) string {
	return fmt.Sprintf("it should not be\n%v", got)
}
