package main

import (
	"fmt"
	"path/filepath"

	"github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/verdict"
)

type matrixCommand struct {
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
	_, err = fmt.Fprint(s.out, m.Summary())
	return err
}
