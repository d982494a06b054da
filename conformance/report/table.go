package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// columns of the table, and how their statuses are called for people.
var columns = []struct {
	status verdict.Status
	name   string
}{
	{verdict.Passed, "passed"},
	{verdict.Failed, "failed"},
	{verdict.Unsupported, "unsupported"},
	{verdict.ByDriver, "by driver"},
	{verdict.NotRun, "not run"},
}

// Print writes what a person wants to know at the end of a run: each failure, the table by group, the verdict.
func Print(w io.Writer, v verdict.Verdict) error {
	var b strings.Builder
	for _, failure := range v.Failures() {
		if failure.Expected != "" {
			continue
		}
		mark := "✗"
		if failure.Blame != "" {
			mark = "?" // not judged
		}
		fmt.Fprintf(&b, "%s %s\n", mark, strings.TrimSpace(failure.Failure))
		b.WriteString(strings.Repeat("─", 100) + "\n")
	}
	fmt.Fprintf(&b, "%s\n\n", name(v.Subject))
	expected(&b, v)
	table(&b, v)
	fmt.Fprintf(&b, "\n%s\n", Summary(v))
	_, err := io.WriteString(w, b.String())
	return err
}

// expected tells in a line each what failed as it was expected to.
func expected(w io.Writer, v verdict.Verdict) {
	var lines []string
	for _, failure := range v.Failures() {
		if failure.Expected != "" {
			lines = append(lines, fmt.Sprintf("  %s\n    %s\n", failure.Name, failure.Expected))
		}
	}
	if lines != nil {
		fmt.Fprintf(w, "%d specs failed as expected:\n%s\n", len(lines), strings.Join(lines, ""))
	}
}

// name is what the subject says of itself, as far as it does.
func name(s verdict.Subject) string {
	name := s.Name
	if s.Version != "" {
		name += " " + s.Version
	}
	if s.Language != "" {
		name += " (" + s.Language + ")"
	}
	return name
}

func table(w io.Writer, v verdict.Verdict) {
	groups := []string{}
	counts := map[string]*verdict.Counts{"all": &v.Counts}
	for _, c := range v.Clauses {
		group, _, _ := strings.Cut(c.ID, "/")
		if counts[group] == nil {
			counts[group] = &verdict.Counts{}
			groups = append(groups, group)
		}
		*counts[group].Of(c.Status)++
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(verdict.Status, string) string) {
		fmt.Fprintf(t, "%-10s\t", name)
		for _, c := range columns {
			fmt.Fprintf(t, "%s\t", cell(c.status, c.name))
		}
		fmt.Fprintln(t)
	}
	row("clauses", func(_ verdict.Status, name string) string { return name })
	for _, group := range append(groups, "all") {
		row(group, func(s verdict.Status, _ string) string {
			if n := *counts[group].Of(s); n > 0 {
				return fmt.Sprint(n)
			}
			return "·"
		})
	}
	t.Flush()
}

// Summary is the verdict in a line.
func Summary(v verdict.Verdict) string {
	word := string(v.Verdict)
	if v.Hardened {
		word += ", hardened"
	}
	var parts []string
	if n := v.Counts.NotRun; n > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d not run", n, len(v.Clauses)))
	}
	for _, c := range columns[:len(columns)-1] {
		if n := *v.Counts.Of(c.status); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c.name))
		}
		if c.status == verdict.Failed && v.Counts.Failed > 0 && !slices.ContainsFunc(v.Clauses, verdict.Clause.Unexpected) {
			parts[len(parts)-1] += " as expected"
		}
	}
	if n := len(v.LeftOut); n > 0 {
		parts = append(parts, fmt.Sprintf("%d heavy specs left out (--heavy runs them)", n))
	}
	return fmt.Sprintf("%s: %s (%.2f s)", word, strings.Join(parts, ", "), v.Seconds)
}
