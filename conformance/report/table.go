package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
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
func Print(w io.Writer, v verdict.Verdict, style Style) error {
	var b strings.Builder
	failures(&b, v)
	if !style.Quiet {
		if err := overview(&b, v); err != nil {
			return err
		}
	}
	fmt.Fprintf(&b, "%s\n", Summary(v))
	text := b.String()
	if style.Colour {
		text = paint(text, v)
	}
	_, err := io.WriteString(w, text)
	return err
}

// failures tells of each that was not expected.
func failures(w io.Writer, v verdict.Verdict) {
	for _, failure := range v.Failures() {
		if failure.Expected != "" {
			continue
		}
		mark := "✗"
		if failure.Blame != "" {
			mark = "?" // not judged
		}
		fmt.Fprintf(w, "%s %s\n", mark, strings.TrimSpace(failure.Failure))
		if failure.Blame == verdict.Suite {
			fmt.Fprintln(w, "This is a fault of the suite itself, or of where it runs: it says nothing of the subject.")
		}
		fmt.Fprintln(w, strings.Repeat("─", 100))
	}
}

// overview tells who was judged, what was expected to fail, and the numbers.
func overview(w io.Writer, v verdict.Verdict) error {
	fmt.Fprintf(w, "%s\n\n", name(v.Subject))
	expected(w, v)
	table(w, v)
	missing, err := undeclared(v)
	if err != nil {
		return err
	}
	if missing != nil {
		fmt.Fprintf(w, "\nunsupported is what needs a capability that is not declared: %s\n", strings.Join(missing, ", "))
	}
	fmt.Fprintln(w)
	return nil
}

// undeclared are the capabilities for want of which clauses are unsupported.
func undeclared(v verdict.Verdict) (missing []string, err error) {
	needs, declared := map[string][]string{}, map[string]bool{}
	clauses, err := fixtures.Clauses()
	if err != nil {
		return nil, fmt.Errorf("tell what is not declared: %w", err)
	}
	for _, c := range clauses {
		needs[c.ID] = c.Needs
	}
	for _, c := range v.Subject.Capabilities {
		declared[string(c)] = true
	}
	for _, c := range v.Clauses {
		for _, need := range needs[c.ID] {
			if c.Status == verdict.Unsupported && !declared[need] && !slices.Contains(missing, need) {
				missing = append(missing, need)
			}
		}
	}
	return missing, nil
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
		fmt.Fprintf(w, "%s failed as expected:\n%s\n", plural(len(lines)), strings.Join(lines, ""))
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

// grouped are the numbers of clauses by group, the last of which is "all".
func grouped(v verdict.Verdict) (groups []string, counts map[string]*verdict.Counts) {
	counts = map[string]*verdict.Counts{"all": &v.Counts}
	for _, c := range v.Clauses {
		group, _, _ := strings.Cut(c.ID, "/")
		if counts[group] == nil {
			counts[group] = &verdict.Counts{}
			groups = append(groups, group)
		}
		*counts[group].Of(c.Status)++
	}
	return append(groups, "all"), counts
}

// countCell is a number in a table.
func countCell(counts *verdict.Counts, s verdict.Status) string {
	if n := *counts.Of(s); n > 0 {
		return fmt.Sprint(n)
	}
	return "·"
}

func table(w io.Writer, v verdict.Verdict) {
	groups, counts := grouped(v)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(verdict.Status, string) string) {
		fmt.Fprintf(t, "%-10s\t", name)
		for _, c := range columns {
			fmt.Fprintf(t, "%s\t", cell(c.status, c.name))
		}
		fmt.Fprintln(t)
	}
	row("clauses", func(_ verdict.Status, name string) string { return name })
	for _, group := range groups {
		row(group, func(s verdict.Status, _ string) string { return countCell(counts[group], s) })
	}
	t.Flush()
}

// inAWord is the verdict in one, or two.
func inAWord(v verdict.Verdict) string {
	if v.Hardened {
		return string(v.Verdict) + ", hardened"
	}
	return string(v.Verdict)
}

// Summary is the verdict in a line.
func Summary(v verdict.Verdict) string {
	var parts []string
	if n := v.Counts.NotRun; n > 0 {
		part := fmt.Sprintf("%d of %d not run", n, len(v.Clauses))
		if n := passedOfNotRun(v); n > 0 {
			part += fmt.Sprintf(" (but %s of theirs passed)", plural(n))
		}
		parts = append(parts, part)
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
	return fmt.Sprintf("%s: %s (%.2f s)", inAWord(v), strings.Join(parts, ", "), v.Seconds)
}

// passedOfNotRun is how many specs passed of clauses of which others were not run.
func passedOfNotRun(v verdict.Verdict) (n int) {
	for _, c := range v.Clauses {
		for _, s := range c.Specs {
			if c.Status == verdict.NotRun && (s.Status == verdict.Passed || s.Status == verdict.ByDriver) {
				n++
			}
		}
	}
	return n
}

// plural is so many specs.
func plural(n int) string {
	if n == 1 {
		return "1 spec"
	}
	return fmt.Sprintf("%d specs", n)
}
