package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// PrintLedger writes what a run waited for: times of more than 20 ms in which it had nothing to do.
func PrintLedger(w io.Writer, v verdict.Verdict) error {
	var b strings.Builder
	b.WriteString("\nwaited, where it was more than 20 ms:\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	all := 0.0
	for _, wait := range v.Ledger {
		all += wait.Seconds
		fmt.Fprintf(t, "  %.0f ms\t%s\t%s\n", wait.Seconds*1000, wait.Spec, wait.Reason)
	}
	t.Flush()
	fmt.Fprintf(&b, "in all: %.2f of %.2f s\n", all, v.Seconds)
	_, err := io.WriteString(w, b.String())
	return err
}
