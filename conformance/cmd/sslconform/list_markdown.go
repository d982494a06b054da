package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/mutants"
	"github.com/sslconform/sslconform/fixtures"
)

// A survey counts what is tried.
type survey struct {
	clauses, held int // and those that have specs
	specs         int
	rows          map[string]bool // observed failures that specs stand for
}

func (s *survey) add(held conformance.Held) {
	s.clauses++
	if len(held.Specs) > 0 {
		s.held++
	}
	s.specs += len(held.Specs)
	for _, spec := range held.Specs {
		for _, row := range spec.StandsFor {
			s.rows[row] = true
		}
	}
}

// surveyed counts by group, and in all.
func surveyed(tree []conformance.Held) (groups map[string]*survey, all *survey) {
	groups, all = map[string]*survey{}, &survey{rows: map[string]bool{}}
	for _, held := range tree {
		group := groups[held.Group()]
		if group == nil {
			group = &survey{rows: map[string]bool{}}
			groups[held.Group()] = group
		}
		group.add(held)
		all.add(held)
	}
	return groups, all
}

// printTried tells what is tried, in Markdown.
func printTried(out io.Writer, tree []conformance.Held, rows []fixtures.Row) error {
	groups, err := fixtures.Groups()
	if err != nil {
		return err
	}
	by, all := surveyed(tree)
	var p page
	p.line("| group | what it is about | clauses | specs | observed failures |")
	p.line("|---|---|---|---|---|")
	for _, g := range groups {
		s := by[g.Name]
		p.line(fmt.Sprintf("| %s | %s | %s | %d | %d |", g.Name, g.Text, of(s.held, s.clauses), s.specs, len(s.rows)))
	}
	p.line(fmt.Sprintf("| all | | %s | %d | %s |", of(all.held, all.clauses), all.specs, of(len(all.rows), len(rows))))
	p.line("")
	p.fold("", 0, "Each clause that has specs is seen failing: %d implementations are broken on purpose, and each breaks some. %s",
		len(mutants.All()), summary(tree, rows))
	if without := withoutSpecs(tree); len(without) > 0 {
		p.line("")
		p.fold("", 0, "Clauses without specs so far: %s.", strings.Join(without, ", "))
	}
	proof, err := fixtures.Proven()
	if err != nil {
		return err
	}
	printProof(&p, proof)
	_, err = io.WriteString(out, p.String())
	return err
}

// printProof tells what the long runs have found, as far as there were any.
func printProof(p *page, proof fixtures.Proof) {
	tell := func(measured int, format string, a ...any) {
		if measured > 0 {
			p.line("")
			p.fold("", 0, format, a...)
		}
	}
	m, s, k := proof.Mutation, proof.Soak, proof.Mutants
	tell(k.Of, "With all specs run against each of them (`make mutants`, %s), %d of %d were noticed by every clause that they break; what fails beside is noted with each.",
		k.Date, k.Killed, k.Of)
	tell(m.Of, "Of %d mutants of the reference's own source (`make mutation`, %s, commit %.8s), the suite alone kills %s; without the %d that nobody could tell from the reference, %s.",
		m.Of, m.Date, m.Commit, percent(m.Killed, m.Of), m.Equivalent, percent(m.Killed, m.Of-m.Equivalent))
	tell(s.Runs, "It does not cry wolf: of %d runs on correct implementations (`make soak`, until %s, commit %.8s), %d failed. They were in random order, in parallel, %d of them under the race detector, %d on one core, others on busy cores, halted now and then, and through a relay that delays, splits and joins segments; %d were on `memorybio`.",
		s.Runs, s.Date, s.Commit, s.Failed, s.Race, s.OneCore, s.MemoryBIO)
}

func percent(some, all int) string { return fmt.Sprintf("%.1f %%", 100*float64(some)/float64(all)) }

// of tells how many of all there are.
func of(some, all int) string {
	if some == all {
		return fmt.Sprint(all)
	}
	return fmt.Sprintf("%d of %d", some, all)
}

// summary tells what becomes of the failures that were observed.
func summary(tree []conformance.Held, rows []fixtures.Row) string {
	_, all := surveyed(tree)
	found, unclaimed := 0, 0
	for _, row := range rows {
		if len(row.Seen)+len(row.Measured) > 0 {
			found++
		}
		if row.Unclaimed != "" {
			unclaimed++
		}
	}
	text := fmt.Sprintf("Of the %d failures in the catalogue of what goes wrong elsewhere, %d of them filed or measured, specs stand for %d; ",
		len(rows), found, len(all.rows))
	if left := len(rows) - len(all.rows) - unclaimed; left > 0 {
		text += fmt.Sprintf("not tried yet: %d; ", left)
	}
	return text + fmt.Sprintf("not to be tried from outside, or no failures by the documentation: %d.", unclaimed)
}

func withoutSpecs(tree []conformance.Held) (ids []string) {
	for _, held := range tree {
		if len(held.Specs) == 0 {
			ids = append(ids, held.ID)
		}
	}
	return ids
}
