// Package report puts a verdict into the forms in which it is read: JSON, and a table for a terminal.
package report

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// WriteJSON writes the verdict to a file, whole or not at all.
func WriteJSON(path string, v verdict.Verdict) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the verdict: %w", err)
	}
	if err := os.WriteFile(path+".new", append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the verdict: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write the verdict: %w", err)
	}
	return nil
}
