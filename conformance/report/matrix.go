package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// A Matrix sets implementations side by side, clause by clause.
type Matrix struct {
	Format          int              `json:"format"`
	Implementations []Implementation `json:"implementations"`
	Clauses         []Row            `json:"clauses"`
}

// An Implementation is what its verdict says as a whole.
type Implementation struct {
	Name     string             `json:"name"`
	Version  string             `json:"version"`
	Language string             `json:"language"`
	Verdict  verdict.Conclusion `json:"verdict"`
	Hardened bool               `json:"hardened"`
	Counts   verdict.Counts     `json:"counts"`
	// Run is where the verdict comes from, Report the path of its page from where the matrix is; either may be unknown.
	Run    *verdict.Run `json:"run,omitempty"`
	Report string       `json:"report,omitempty"`
}

// A Row is what became of a clause, in the order of the implementations.
type Row struct {
	ID       string           `json:"id"`
	Level    string           `json:"level"`
	Statuses []verdict.Status `json:"statuses"`
}

// NewMatrix joins verdicts, of which there is one at least. They have to be of the same clauses.
func NewMatrix(verdicts []verdict.Verdict) (Matrix, error) {
	m := Matrix{Format: verdict.Format}
	for _, c := range verdicts[0].Clauses {
		m.Clauses = append(m.Clauses, Row{ID: c.ID, Level: string(c.Level)})
	}
	for _, v := range verdicts {
		same := slices.EqualFunc(v.Clauses, m.Clauses, func(c verdict.Clause, r Row) bool { return c.ID == r.ID })
		if !same {
			return m, fmt.Errorf("the verdicts on %s and %s are not of the same clauses: judge both with the same version",
				verdicts[0].Subject.Name, v.Subject.Name)
		}
		m.Implementations = append(m.Implementations, Implementation{
			Name: v.Subject.Name, Version: v.Subject.Version, Language: v.Subject.Language,
			Verdict: v.Verdict, Hardened: v.Hardened, Counts: v.Counts, Run: v.Run,
		})
		for n, c := range v.Clauses {
			m.Clauses[n].Statuses = append(m.Clauses[n].Statuses, c.Status)
		}
	}
	return m, nil
}

// Write writes the matrix into a folder, as a page, as Markdown and as JSON.
func (m Matrix) Write(folder string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the matrix: %w", err)
	}
	for name, content := range map[string][]byte{"matrix.json": append(data, '\n'), "matrix.md": []byte(m.Markdown())} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return fmt.Errorf("write the matrix: %w", err)
		}
	}
	return m.writeHTML(filepath.Join(folder, "matrix.html"))
}

// Summary is a line for each implementation, as a table in Markdown. Versions are not in it: it is to stay the same where
// they change and nothing else does.
func (m Matrix) Summary() string {
	var b strings.Builder
	b.WriteString("| implementation | | verdict | passed | failed | by driver | unsupported | not run |\n|---|---|---|---|---|---|---|---|\n")
	for _, i := range m.Implementations {
		word := string(i.Verdict)
		if i.Hardened {
			word += ", hardened"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %d | %d |\n", i.Name, i.Language, word,
			i.Counts.Passed, i.Counts.Failed, i.Counts.ByDriver, i.Counts.Unsupported, i.Counts.NotRun)
	}
	return b.String()
}

// cells are how statuses stand in the table.
var cells = map[verdict.Status]string{
	verdict.Passed: "✓", verdict.Failed: "✗", verdict.ByDriver: "driver", verdict.Unsupported: "–", verdict.NotRun: "·",
}

// Markdown is the whole matrix.
func (m Matrix) Markdown() string {
	var b strings.Builder
	b.WriteString("# Implementations by clause\n\n")
	for _, i := range m.Implementations {
		fmt.Fprintf(&b, "- %s %s (%s)\n", i.Name, i.Version, i.Language)
	}
	fmt.Fprintf(&b, "\n%s\n✓ passed, ✗ failed, driver: passed by the driver's doing, – unsupported, · not run.\n\n| clause | level |", m.Summary())
	for _, i := range m.Implementations {
		fmt.Fprintf(&b, " %s |", i.Name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(m.Implementations)) + "\n")
	for _, r := range m.Clauses {
		fmt.Fprintf(&b, "| %s | %s |", r.ID, r.Level)
		for _, s := range r.Statuses {
			fmt.Fprintf(&b, " %s |", cells[s])
		}
		b.WriteString("\n")
	}
	return b.String()
}
