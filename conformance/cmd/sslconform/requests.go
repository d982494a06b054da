package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// writeRequests writes, for each spec that failed, the lines that a driver was sent, or would have been: to send them
// again by hand, with a peer of one's own at the port; the text of the failure comes to name the file. What an earlier run
// has left is removed.
func writeRequests(folder string, v verdict.Verdict) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove the requests of an earlier run: %w", err)
	}
	for _, c := range v.Clauses {
		for n, s := range c.Specs {
			if len(s.Turns) == 0 {
				continue
			}
			path := filepath.Join(folder, requestsName(c.ID, n))
			lines, err := driver.Lines(s.Turns...)
			if err == nil {
				err = os.MkdirAll(folder, 0o755)
			}
			if err == nil {
				err = os.WriteFile(path, lines, 0o644)
			}
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("write the requests of %q: %w", s.Name, err)
			}
			c.Specs[n].Failure = fmt.Sprintf("%s\nits requests, line by line: %s\n", strings.TrimSuffix(s.Failure, "\n"), path)
		}
	}
	return nil
}

// requestsName is the file of a clause's spec, counted from 1.
func requestsName(clause string, n int) string {
	return fmt.Sprintf("%s.%d.jsonl", strings.ReplaceAll(clause, "/", "."), n+1)
}
