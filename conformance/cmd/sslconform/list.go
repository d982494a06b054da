package main

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/fixtures"
)

type listCommand struct {
	Clauses  bool `xor:"form" help:"List the clauses: each with its level, the capabilities that it takes, and its sentence."`
	Wild     bool `xor:"form" help:"List, clause by clause, the failures that were observed in practice, and the specs that stand for them."`
	Markdown bool `xor:"form" help:"Tell in a table what is tried, as README does."`
}

// Run lists the specs.
func (l *listCommand) Run(s streams) error {
	tree := conformance.Tree()
	rows, err := fixtures.Wild()
	if err != nil {
		return err
	}
	switch {
	case l.Clauses:
		return printClauses(s.out, tree)
	case l.Wild:
		return printWild(s.out, tree, rows)
	case l.Markdown:
		return printTried(s.out, tree, rows)
	}
	for _, name := range conformance.Specs() {
		fmt.Fprintln(s.out, name)
	}
	return nil
}
