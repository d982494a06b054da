package figures

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/fixtures"
)

// Markdown is the medians as README has them; nothing where nothing was measured. Groups with the same subjects share a
// table, whose columns are those or what was measured, whichever are fewer.
func Markdown(f fixtures.Figures) string {
	if len(f.Rows) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "On %s, in %d rounds: medians, and in brackets their ratios to the first one; ≈ is no difference, for the same thing measured twice is as far off.\n", f.Machine, f.Rounds)
	for _, table := range tables(f.Rows) {
		for _, shared := range share(table) {
			b.WriteString("\n")
			shared.print(&b)
		}
	}
	return b.String()
}

// A grid is groups with the same subjects, or some of them.
type grid struct {
	subjects []string
	groups   [][]fixtures.Figure
}

// share puts groups that follow each other into the same grid where one has all the subjects of the other.
func share(groups [][]fixtures.Figure) (grids []*grid) {
	for _, group := range groups {
		var subjects []string
		for _, row := range group {
			subjects = append(subjects, row.Subject)
		}
		if len(grids) > 0 {
			last := grids[len(grids)-1]
			if within(subjects, last.subjects) || within(last.subjects, subjects) {
				last.groups = append(last.groups, group)
				if len(subjects) > len(last.subjects) {
					last.subjects = subjects
				}
				continue
			}
		}
		grids = append(grids, &grid{subjects, [][]fixtures.Figure{group}})
	}
	return grids
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func (g *grid) print(b *strings.Builder) {
	names := make([]string, len(g.groups))
	for n, group := range g.groups {
		names[n] = group[0].Name()
	}
	rows, columns := names, g.subjects
	cell := func(row, column int) *fixtures.Figure { return of(g.groups[row], g.subjects[column]) }
	if len(names) < len(g.subjects) {
		rows, columns = columns, rows
		cell = func(row, column int) *fixtures.Figure { return of(g.groups[column], g.subjects[row]) }
	}
	targeted := slices.ContainsFunc(g.groups, func(group []fixtures.Figure) bool {
		return slices.ContainsFunc(group, func(f fixtures.Figure) bool { return f.Target != "" })
	})
	head := append([]string{g.groups[0][0].Table()}, columns...)
	if targeted {
		head = append(head, "target")
	}
	line(b, head)
	line(b, slices.Repeat([]string{"---"}, len(head)))
	for r, name := range rows {
		cells, targets := []string{name}, []string(nil)
		for c := range columns {
			f := cell(r, c)
			cells = append(cells, inBrackets(f))
			if f != nil && f.Target != "" {
				targets = append(targets, f.Target+": "+word(*f))
			}
		}
		if targeted {
			cells = append(cells, strings.Join(targets, "; "))
		}
		line(b, cells)
	}
}

func line(b *strings.Builder, cells []string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func of(group []fixtures.Figure, subject string) *fixtures.Figure {
	if n := slices.IndexFunc(group, func(f fixtures.Figure) bool { return f.Subject == subject }); n >= 0 {
		return &group[n]
	}
	return nil
}

// inBrackets is a median and its ratio, which that of the first one needs not.
func inBrackets(f *fixtures.Figure) string {
	switch {
	case f == nil:
		return ""
	case f.Ratio == nil || *f.Ratio == 1:
		return number(f.Median)
	default:
		return fmt.Sprintf("%s (%s)", number(f.Median), ratioOf(*f))
	}
}
