package main

import (
	"io"
	"strings"

	"github.com/sslconform/sslconform/conformance"
)

// printClauses tells what each clause says.
func printClauses(out io.Writer, tree []conformance.Held) error {
	var p page
	for _, held := range tree {
		takes := ""
		if len(held.Needs) > 0 {
			takes = ", takes " + strings.Join(held.Needs, ", ")
		}
		p.line(held.ID + " (" + string(held.Level) + takes + ")")
		p.fold("    ", 4, "%s", held.Text)
	}
	_, err := io.WriteString(out, p.String())
	return err
}
