package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sslconform/sslconform/conformance/capture"
	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// writeSpecs writes what is kept of specs, those that failed above all: the lines that a driver was sent, or would have
// been, to send them again by hand, with a peer of one's own at the port; and what passed at the peers. The text of a
// failure comes to name the files. What an earlier run has left is removed.
func writeSpecs(folder string, v verdict.Verdict) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove what an earlier run has kept of specs: %w", err)
	}
	for _, c := range v.Clauses {
		for n, s := range c.Specs {
			kept, err := writeSpec(filepath.Join(folder, specFile(c.ID, n)), s)
			if err != nil {
				return fmt.Errorf("write what is kept of %q: %w", s.Name, err)
			}
			if s.Failure != "" && kept != "" {
				c.Specs[n].Failure = strings.TrimSuffix(s.Failure, "\n") + "\n" + kept
			}
		}
	}
	return nil
}

// writeSpec writes the files of a spec, and returns the lines that tell of them.
func writeSpec(path string, s verdict.Spec) (kept string, err error) {
	if len(s.Turns)+len(s.Captures) == 0 {
		return "", nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	if len(s.Turns) > 0 {
		lines, err := driver.Lines(s.Turns...)
		if err == nil {
			err = os.WriteFile(path+".jsonl", lines, 0o644)
		}
		if err != nil {
			return "", err
		}
		kept += fmt.Sprintf("its requests, line by line: %s.jsonl\n", path)
	}
	if len(s.Captures) > 0 {
		if err := writeCapture(path+".pcapng", s); err != nil {
			return "", err
		}
		kept += fmt.Sprintf("its packets: %s\n", verdict.CommandLine(capture.Read(path+".pcapng")...))
	}
	return kept, nil
}

func writeCapture(path string, s verdict.Spec) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(capture.Write(file, s.Name, s.Captures), file.Close())
}

// specFile is the file of a clause's spec, counted from 1, without what tells its kind.
func specFile(clause string, n int) string {
	return fmt.Sprintf("%s.%d", strings.ReplaceAll(clause, "/", "."), n+1)
}
