package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// kinds are the mutators of Gremlins, all that it has, each with the flag that asks for it and what it exchanges.
var kinds = map[string]struct {
	flag  string
	pairs map[string]string
}{
	"ARITHMETIC_BASE":         {"arithmetic-base", map[string]string{"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"}},
	"CONDITIONALS_BOUNDARY":   {"conditionals-boundary", map[string]string{">": ">=", ">=": ">", "<": "<=", "<=": "<"}},
	"CONDITIONALS_NEGATION":   {"conditionals-negation", map[string]string{"==": "!=", "!=": "==", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}},
	"INCREMENT_DECREMENT":     {"increment-decrement", map[string]string{"++": "--", "--": "++"}},
	"INVERT_ASSIGNMENTS":      {"invert-assignments", map[string]string{"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="}},
	"INVERT_BITWISE":          {"invert-bitwise", map[string]string{"&": "|", "|": "&", "^": "&", "&^": "&", "<<": ">>", ">>": "<<"}},
	"INVERT_BWASSIGN":         {"invert-bwassign", map[string]string{"&=": "|=", "|=": "&=", "^=": "&=", "&^=": "&=", "<<=": ">>=", ">>=": "<<="}},
	"INVERT_LOGICAL":          {"invert-logical", map[string]string{"&&": "||", "||": "&&"}},
	"INVERT_LOOPCTRL":         {"invert-loopctrl", map[string]string{"break": "continue", "continue": "break"}},
	"INVERT_NEGATIVES":        {"invert-negatives", map[string]string{"-": "+"}},
	"REMOVE_SELF_ASSIGNMENTS": {"remove-self-assignments", map[string]string{"+=": "=", "-=": "=", "*=": "=", "/=": "=", "%=": "=", "&=": "=", "|=": "=", "^=": "=", "<<=": "=", ">>=": "=", "&^=": "="}},
}

// A finding is a place where Gremlins would change something.
type finding struct {
	Type         string
	Line, Column int
}

// gremlins asks Gremlins what it would change in some files. They are copied to a folder, as a module of its own without
// tests: it runs those, even if all that it has to do is to look.
func gremlins(ctx context.Context, files []string, folder string) (map[string][]finding, error) {
	program, err := exec.CommandContext(ctx, "go", "-C", "scripts/gremlins", "tool", "-n", "gremlins").Output()
	if err != nil {
		return nil, fmt.Errorf("build gremlins, as scripts/gremlins/go.mod has it: %w", told(err))
	}
	for _, file := range append(slices.Clone(files), "go.mod", "go.sum") {
		if err := copyTo(folder, file); err != nil {
			return nil, err
		}
	}
	args := []string{"unleash", "--dry-run", "--output", "found.json"}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		args = append(args, "--"+kinds[name].flag)
	}
	unleash := exec.CommandContext(ctx, strings.TrimSpace(string(program)), append(args, ".")...)
	unleash.Dir = folder
	if out, err := unleash.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("let gremlins look: %w\n%s", err, out)
	}
	return readFound(filepath.Join(folder, "found.json"))
}

func readFound(path string) (map[string][]finding, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read what gremlins found: %w", err)
	}
	var found struct {
		Files []struct {
			Name      string `json:"file_name"`
			Mutations []finding
		}
	}
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, fmt.Errorf("read what gremlins found: %w", err)
	}
	of := map[string][]finding{}
	for _, f := range found.Files {
		of[f.Name] = f.Mutations
	}
	return of, nil
}

func copyTo(folder, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	to := filepath.Join(folder, file)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// exchanged makes edits of what Gremlins found in a source.
func exchanged(s *source, found []finding) (edits []edit, err error) {
	for _, f := range found {
		begin := s.offset(s.set.File(s.file.FileStart).LineStart(f.Line)) + f.Column - 1
		from, to := longest(kinds[f.Type].pairs, string(s.text[begin:]))
		if from == "" {
			return nil, fmt.Errorf("gremlins found %s at %s:%d:%d, and nothing known is there", f.Type, s.path, f.Line, f.Column)
		}
		edits = append(edits, edit{f.Type, begin, begin + len(from), to})
	}
	return edits, nil
}

// longest finds the pair whose first part is the longest that a text begins with.
func longest(pairs map[string]string, text string) (from, to string) {
	for a, b := range pairs {
		if len(a) > len(from) && strings.HasPrefix(text, a) {
			from, to = a, b
		}
	}
	return from, to
}

// told adds what a command said to its error.
func told(err error) error {
	if exit, is := err.(*exec.ExitError); is && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return err
}
