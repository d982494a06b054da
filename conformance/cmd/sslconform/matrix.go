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

// Run sets verdicts side by side, beside the first one, and prints a summary.
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
	if err := m.Write(filepath.Dir(c.Verdicts[0])); err != nil {
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
