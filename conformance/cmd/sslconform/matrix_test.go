package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Verdicts stand side by side, and a file that carries their summary is held to it.
func TestMatrix(t *testing.T) {
	folder := t.TempDir()
	runsIn(t, folder, "run", "--spec", "^close/explicit ")
	one := filepath.Join(folder, "one.json")
	if err := os.Rename(filepath.Join(folder, "out", "conformance.json"), one); err != nil {
		t.Fatal(err)
	}
	runsIn(t, folder, broken("close-cb-twice", "close/explicit")...)
	other := filepath.Join(folder, "out", "conformance.json")
	r := runsIn(t, folder, "matrix", one, other)
	if r.code != 0 || !strings.Contains(r.out, "| reference | Go | incomplete | 1 | 0 |") || !strings.Contains(r.out, "| reference with close-cb-twice | Go | non-conformant | 0 | 1 |") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	table, err := os.ReadFile(filepath.Join(folder, "matrix.md"))
	if err != nil || !strings.Contains(string(table), "| close/explicit | must | ✓ | ✗ |\n") {
		t.Errorf("the table: %v\n%s", err, table)
	}
	page, err := os.ReadFile(filepath.Join(folder, "matrix.html"))
	if err != nil || !strings.Contains(string(page), `<a href="out/report.html#close/explicit">`) || !strings.Contains(string(page), "There is no report.html beside its verdict.") {
		t.Errorf("the page: %v\n%s", err, page)
	}
	readme := filepath.Join(folder, "README.md")
	for text, code := range map[string]int{"# acme\n\n" + r.out + "\nmore\n": 0, "# acme\n": 1} {
		if err := os.WriteFile(readme, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if r := runsIn(t, folder, "matrix", "--check", readme, one, other); r.code != code {
			t.Errorf("with %q: exit code %d, want %d\n%s", text, r.code, code, r.err)
		}
	}
	if r := runsIn(t, folder, "matrix", "none.json"); r.code != 2 || !strings.Contains(r.err, "read the verdict none.json") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
}
