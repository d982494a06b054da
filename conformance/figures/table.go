package figures

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/sslconform/sslconform/fixtures"
)

// Print writes the tables for a terminal.
func Print(w io.Writer, f fixtures.Figures) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %d rounds\n", f.Machine, f.Rounds)
	for _, table := range tables(f.Rows) {
		fmt.Fprintf(&b, "\n%s\n\n", strings.ToUpper(table[0][0].Table()))
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "\tmedian\tquartiles\tratio\ttwice the same\ttarget\t")
		for _, group := range table {
			fmt.Fprintf(t, "%s\t\t\t\t\t\t\n", group[0].Name())
			for _, row := range group {
				fmt.Fprintf(t, "  %s\t%s\t%s to %s\t%s\t%s\t%s\t%s\n", row.Subject, number(row.Median), number(row.Q1),
					number(row.Q3), ratioOf(row), optional(row.AARatio), row.Target, word(row))
			}
		}
		t.Flush()
	}
	_, err := io.WriteString(w, trimLines(b.String()))
	return err
}

// tables are the rows by table, and in it by what is measured.
func tables(rows []fixtures.Figure) (all [][][]fixtures.Figure) {
	var last fixtures.Figure
	for _, row := range rows {
		if len(all) == 0 || row.Table() != last.Table() {
			all = append(all, nil)
		}
		table := &all[len(all)-1]
		if len(*table) == 0 || row.What != last.What {
			*table = append(*table, nil)
		}
		group := &(*table)[len(*table)-1]
		*group = append(*group, row)
		last = row
	}
	return all
}

// number has three digits at least.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100 || v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.3g", v)
	}
}

func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", *v)
}

// ratioOf is marked where it is no difference.
func ratioOf(f fixtures.Figure) string {
	text := optional(f.Ratio)
	if f.AARatio != nil && !Different(f) && *f.Ratio != 1 {
		text += " ≈"
	}
	return text
}

// word says whether a target is met.
func word(f fixtures.Figure) string {
	switch {
	case f.Met == nil:
		return ""
	case *f.Met:
		return "met"
	default:
		return "not met"
	}
}

func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for n, line := range lines {
		lines[n] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
