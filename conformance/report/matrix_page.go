package report

import (
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// A matrixPage is a matrix as it is looked at.
type matrixPage struct {
	shape
	Matrix
	Statuses []verdict.Status
	Groups   []matrixGroup
}

type matrixGroup struct {
	fixtures.Group
	Columns []column
	Rows    []matrixRow
}

// A column is what became of a group's clauses with an implementation.
type column struct{ Cells []cell }

type matrixRow struct {
	fixtures.Clause
	Cells []cell
}

// A cell is what became of a clause with an implementation.
type cell struct {
	Clause string
	Status verdict.Status
	Report string // the address of what is told of it, if that is a failure
}

func (m Matrix) writeHTML(path string) error {
	p := matrixPage{Matrix: m, Statuses: statuses()}
	var err error
	if p.shape, err = newShape("Implementations by clause"); err == nil {
		p.Groups, err = m.groups()
	}
	if err != nil {
		return fmt.Errorf("make the page of the matrix: %w", err)
	}
	return write(path, "matrix.tmpl", p)
}

// groups puts the clauses of the matrix beside what they say.
func (m Matrix) groups() (all []matrixGroup, err error) {
	says, about := map[string]fixtures.Clause{}, map[string]fixtures.Group{}
	clauses, err := fixtures.Clauses()
	if err != nil {
		return nil, err
	}
	for _, c := range clauses {
		says[c.ID] = c
	}
	named, err := fixtures.Groups()
	if err != nil {
		return nil, err
	}
	for _, g := range named {
		about[g.Name] = g
	}
	for _, row := range m.Clauses {
		name, _, _ := strings.Cut(row.ID, "/")
		if len(all) == 0 || all[len(all)-1].Name != name {
			g := matrixGroup{Group: about[name], Columns: make([]column, len(m.Implementations))}
			g.Name = name
			all = append(all, g)
		}
		all[len(all)-1].add(m, row, says[row.ID].Text)
	}
	return all, nil
}

func (g *matrixGroup) add(m Matrix, row Row, text string) {
	r := matrixRow{Clause: fixtures.Clause{ID: row.ID, Level: fixtures.Level(row.Level), Text: text}}
	for n, status := range row.Statuses {
		c := cell{Clause: row.ID, Status: status}
		if page := m.Implementations[n].Report; page != "" && status == verdict.Failed {
			c.Report = page + "#" + row.ID
		}
		r.Cells = append(r.Cells, c)
		g.Columns[n].Cells = append(g.Columns[n].Cells, c)
	}
	g.Rows = append(g.Rows, r)
}

// Width is the number of columns of the table.
func (p matrixPage) Width() int { return 2 + len(p.Implementations) }

// Number is that of the clauses with a status.
func (i Implementation) Number(s verdict.Status) int { return *i.Counts.Of(s) }

// Tells is a column in words: how many clauses have which status.
func (c column) Tells() string {
	var counts verdict.Counts
	for _, one := range c.Cells {
		*counts.Of(one.Status)++
	}
	var parts []string
	for _, s := range statuses() {
		if n := *counts.Of(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word(s)))
		}
	}
	return strings.Join(parts, ", ")
}
