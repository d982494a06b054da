package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/sslconform/sslconform/conformance/verdict"
)

type expectCommand struct {
	From string `arg:"" default:"out/conformance.json" help:"The verdict to draft from (${default})."`
}

// Run drafts expectations from a verdict.
func (c *expectCommand) Run(s streams) error {
	v, err := readVerdict(c.From)
	if err != nil {
		return err
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v.Draft())
}

// readVerdict reads what a run has written.
func readVerdict(path string) (verdict.Verdict, error) {
	var v verdict.Verdict
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	switch {
	case err != nil:
		return v, fmt.Errorf("read the verdict %s, which `sslconform run` writes: %w", path, err)
	case v.Format != verdict.Format:
		return v, fmt.Errorf("read the verdict %s: its format is %d, and this version reads %d: run it again", path, v.Format, verdict.Format)
	}
	return v, nil
}
