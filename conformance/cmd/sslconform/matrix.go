package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/verdict"
)

type matrixCommand struct {
	Check    string   `placeholder:"FILE" help:"Fail if this file does not carry the summary as it is now."`
	Verdicts []string `arg:"" help:"What runs have written: a conformance.json for each implementation."`
}

// Run sets verdicts side by side, beside the first one, and prints a summary. A cell of the page leads to its failure on
// the page of that verdict, if there is one.
func (c *matrixCommand) Run(s streams) error {
	var verdicts []verdict.Verdict
	for _, path := range c.Verdicts {
		v, err := readVerdict(path)
		if err != nil {
			return err
		}
		verdicts = append(verdicts, v)
	}
	m, err := report.NewMatrix(verdicts)
	if err != nil {
		return err
	}
	folder := filepath.Dir(c.Verdicts[0])
	for n, path := range c.Verdicts {
		m.Implementations[n].Report = reportOf(path, folder)
	}
	if err := m.Write(folder); err != nil {
		return err
	}
	if _, err := fmt.Fprint(s.out, m.Summary()); err != nil || c.Check == "" {
		return err
	}
	text, err := os.ReadFile(c.Check)
	if err != nil {
		return fmt.Errorf("look for the summary: %w", err)
	}
	if !strings.Contains(string(text), m.Summary()) {
		fmt.Fprintf(s.err, "sslconform: %s does not carry this summary: put it there\n", c.Check)
		return exit(verdict.ExitFailed)
	}
	return nil
}

// reportOf is the path from a folder of the page that was written with a verdict: it is beside conformance.json, or in
// the folder that a copy of that is named after; empty if there is none.
func reportOf(path, from string) string {
	beside := strings.TrimSuffix(path, filepath.Ext(path))
	if filepath.Base(path) == "conformance.json" {
		beside = filepath.Dir(path)
	}
	page := filepath.Join(beside, "report.html")
	if _, err := os.Stat(page); err != nil {
		return ""
	}
	relative, err := filepath.Rel(from, page)
	if err != nil {
		return ""
	}
	return filepath.ToSlash(relative)
}
