package figures

import (
	_ "embed"
	"fmt"
	"html/template"
	"os"

	"github.com/sslconform/sslconform/fixtures"
)

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": number, "ratio": ratioOf, "word": word, "plot": newPlot, "add": func(a, b float64) float64 { return a + b },
}).Parse(pageText))

// WriteHTML writes the figures to a file, as a page that is whole in itself: a plot of each thing that was measured, and
// the numbers beside it.
func WriteHTML(path string, f fixtures.Figures) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the page of the figures: %w", err)
	}
	defer file.Close()
	err = pageTemplate.Execute(file, struct {
		fixtures.Figures
		Tables [][][]fixtures.Figure
	}{f, tables(f.Rows)})
	if err != nil {
		return fmt.Errorf("write the page of the figures: %w", err)
	}
	return nil
}

// A plot has a line for each subject: from the lower to the upper quartile, with the median in it. The scale begins at 0.
type plot struct {
	Height float64
	Marks  []mark
}

// A mark is where a subject's quartiles are, in parts of a thousand of the width.
type mark struct {
	fixtures.Figure
	Y, From, To, At float64
}

const (
	lineHeight = 24
	wide       = 1000
)

func newPlot(group []fixtures.Figure) plot {
	most := 0.0
	for _, row := range group {
		most = max(most, row.Q3, row.Median)
	}
	if most == 0 {
		most = 1
	}
	p := plot{Height: lineHeight * float64(len(group))}
	for n, row := range group {
		at := func(v float64) float64 { return v / most * wide }
		p.Marks = append(p.Marks, mark{row, lineHeight * (float64(n) + .5), at(row.Q1), at(row.Q3), at(row.Median)})
	}
	return p
}

// Width is that of the box, which is seen even where the quartiles are the same.
func (m mark) Width() float64 { return max(m.To-m.From, 2) }
