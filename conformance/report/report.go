// Package report puts a verdict into the forms in which it is read: JSON, a page, and a table for a terminal.
package report

import (
	"encoding/json"
	"fmt"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// WriteJSON writes the verdict to a file, whole or not at all.
func WriteJSON(path string, v verdict.Verdict) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the verdict: %w", err)
	}
	if err := replace(path, append(data, '\n')); err != nil {
		return fmt.Errorf("write the verdict: %w", err)
	}
	return nil
}
