package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// writeFormats writes the verdict as CI services and pages read it.
func writeFormats(folder string, v verdict.Verdict) error {
	junit, err := report.JUnit(v)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"junit.xml": junit, "summary.md": []byte(report.JobSummary(v)), "badge.svg": []byte(report.Badge(v)),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return fmt.Errorf("write the verdict: %w", err)
		}
	}
	return nil
}

// writeGinkgo writes Ginkgo's own report.
func writeGinkgo(folder string, r types.Report) error {
	if err := reporters.GenerateJSONReport(r, filepath.Join(folder, "ginkgo.json")); err != nil {
		return fmt.Errorf("write Ginkgo's report: %w", err)
	}
	return nil
}

// tellGitHub tells GitHub of the verdict, in a workflow of its: in the summary of the job, and beside it.
func tellGitHub(w io.Writer, v verdict.Verdict, g verdict.Gate) error {
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			_, err = io.WriteString(file, report.JobSummary(v))
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return fmt.Errorf("write the summary that GITHUB_STEP_SUMMARY asks for: %w", err)
		}
	}
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	_, err := io.WriteString(w, report.Annotations(v, g))
	return err
}
