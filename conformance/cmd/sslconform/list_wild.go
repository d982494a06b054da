package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/fixtures"
)

// printWild tells for each clause which of the failures that were observed its specs would have caught.
func printWild(out io.Writer, tree []conformance.Held, rows []fixtures.Row) error {
	catalogue := map[string]fixtures.Row{}
	for _, row := range rows {
		catalogue[row.ID] = row
	}
	var p page
	for _, held := range tree {
		if len(held.Wild) == 0 {
			continue
		}
		p.fold("", 2, "%s: %s", held.ID, held.Text)
		for _, id := range held.Wild {
			p.row(catalogue[id])
			p.specs(held, id)
		}
		p.line("")
	}
	p.line("No clause names these, and why:")
	for _, row := range rows {
		if row.Unclaimed != "" {
			p.row(row)
			p.field("why", row.Unclaimed)
		}
	}
	p.line("")
	p.fold("", 0, "%s", summary(tree, rows))
	_, err := io.WriteString(out, p.String())
	return err
}

// A page is text for a terminal.
type page struct{ strings.Builder }

// row tells of a failure: what goes wrong, what it costs, and where it was seen.
func (p *page) row(r fixtures.Row) {
	var costs []string
	for _, severity := range r.Severity {
		costs = append(costs, string(severity))
	}
	p.fold(fmt.Sprintf("  %-4s ", r.ID), indent, "%s (%s)", r.Title, strings.Join(costs, ", "))
	where := slices.Clone(r.Seen)
	for _, implementation := range r.Measured {
		where = append(where, strings.ReplaceAll(implementation, " ", noBreak))
	}
	if len(where) > 0 {
		p.field("seen", strings.Join(where, ", "))
	}
}

// specs tells which ones of a clause stand for a row, or why there are none.
func (p *page) specs(held conformance.Held, row string) {
	specs := held.StandFor(row)
	for _, spec := range specs {
		p.field("spec", spec.Text)
	}
	switch {
	case len(specs) > 0:
	case held.NotTried[row] != "":
		p.field("not tried", held.NotTried[row])
	default:
		p.field("not tried", "the clause has no specs yet")
	}
}

const (
	width   = 100
	indent  = 7
	noBreak = "\u00a0" // a space at which no line ends
)

func (p *page) field(name, text string) {
	label := strings.Repeat(" ", indent) + name + ": "
	p.fold(label, utf8.RuneCountInString(label), "%s", text)
}

// fold writes text behind a label, in lines that are no longer than the page is wide; all but the first are indented.
func (p *page) fold(label string, indent int, format string, a ...any) {
	line, empty := label, true
	for _, word := range strings.Split(fmt.Sprintf(format, a...), " ") {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			p.line(line)
			line, empty = strings.Repeat(" ", indent), true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	p.line(line)
}

func (p *page) line(line string) { p.WriteString(strings.ReplaceAll(line, noBreak, " ") + "\n") }
