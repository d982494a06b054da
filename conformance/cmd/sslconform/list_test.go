package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/figures"
	"github.com/sslconform/sslconform/fixtures"
)

var update = flag.Bool("update", false, "write what is compared anew: README's account of what is tried, and testdata")

func listed(t *testing.T, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	if code := execute(t.Context(), append([]string{"list"}, args...), streams{nil, &out, &err}); code != 0 {
		t.Fatalf("list %v: exit code %d: %s", args, code, err.String())
	}
	return out.String()
}

const readme = "../../../README.md"

// README says of what is tried what the tree says.
func TestReadme(t *testing.T) {
	const begin = "<!-- generated: `make readme` writes it anew -->\n\n"
	text := textOf(t, readme)
	got, is := generated(text, begin)
	if !is {
		t.Fatalf("README.md has not both of %q and %q", begin, endOfGenerated)
	}
	keep(t, text, begin, got, listed(t, "--markdown"))
}

// README says of speed what was measured last; where nothing was, it has no place for it.
func TestReadmeFigures(t *testing.T) {
	const begin = "<!-- generated: `make figures` writes it anew -->\n\n"
	measured, err := fixtures.Measured()
	if err != nil {
		t.Fatal(err)
	}
	text, want := textOf(t, readme), figures.Markdown(measured)
	switch got, is := generated(text, begin); {
	case is:
		keep(t, text, begin, got, want)
	case want != "":
		t.Errorf("README.md has no place for figures: put %q and %q where they belong, and run `make readme`", begin, endOfGenerated)
	}
}

const endOfGenerated = "\n<!-- the end of what is generated -->\n"

// generated is what stands between what begins it and its end.
func generated(text, begin string) (part string, is bool) {
	_, rest, begins := strings.Cut(text, begin)
	part, _, ends := strings.Cut(rest, endOfGenerated)
	return part, begins && ends
}

// keep fails where README does not say what it should, or has it say so.
func keep(t *testing.T, text, begin, got, want string) {
	t.Helper()
	switch {
	case got == want:
	case *update:
		text = strings.Replace(text, begin+got+endOfGenerated, begin+want+endOfGenerated, 1)
		if err := os.WriteFile(readme, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("README.md is not up to date: run `make readme`. It should say\n%s", want)
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The list of observed failures has each of them, and for each clause the specs that stand for it; it fits a terminal.
func TestListWild(t *testing.T) {
	text := listed(t, "--wild")
	for _, line := range strings.Split(text, "\n") {
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("%d characters in a line: %s", n, line)
		}
	}
	rows, err := fixtures.Wild()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if !strings.Contains(text, "  "+row.ID+" ") {
			t.Errorf("it does not tell of %s", row.ID)
		}
	}
	sections := strings.Split(text, "\n\n")
	for _, held := range conformance.Tree() {
		if len(held.Wild) == 0 {
			continue
		}
		section := strings.Join(strings.Fields(sectionOf(sections, held.ID)), " ")
		for _, id := range held.Wild {
			for _, spec := range held.StandFor(id) {
				if !strings.Contains(section, "spec: "+spec.Text) {
					t.Errorf("it does not tell that %q stands for %s of %s:\n%s", spec.Text, id, held.ID, section)
				}
			}
		}
	}
	want := "  N1   A refused connection is no event, or an error of TLS (hang)\n" +
		"       seen: libevent/libevent#1115, oven-sh/bun#38122, mscdex/node-imap#467, foreversd/nssocket#14\n" +
		"       spec: reports a refused connection as one tcp-error that is no tcp-ssl-error, and calls\n" +
		"             close-cb once\n"
	if section := sectionOf(sections, "close/refused"); !strings.Contains(section+"\n", want) {
		t.Errorf("of close/refused it tells\n%s\nwant in it\n%s", section, want)
	}
}

func sectionOf(sections []string, clause string) string {
	for _, section := range sections {
		if strings.HasPrefix(section, clause+":") {
			return section
		}
	}
	return ""
}

// What has no specs, or a reason not to be tried, says so.
func TestListWildTellsOfGaps(t *testing.T) {
	tree := []conformance.Held{
		{Clause: fixtures.Clause{ID: "a/tried", Text: "One.", Wild: []string{"A1", "A2"}, NotTried: map[string]string{"A2": "it takes too long"}},
			Specs: []conformance.Spec{{Text: "tries it", StandsFor: []string{"A1"}}}},
		{Clause: fixtures.Clause{ID: "a/untried", Text: "Two.", Wild: []string{"A1"}}},
		{Clause: fixtures.Clause{ID: "a/never", Text: "Three."}},
	}
	rows := []fixtures.Row{
		{ID: "A1", Title: "It breaks", Severity: []fixtures.Severity{fixtures.Loss, fixtures.Hang}, Seen: []string{"a/b#1"}, Measured: []string{"c 2"}},
		{ID: "A2", Title: "It melts", Severity: []fixtures.Severity{fixtures.Leak}},
		{ID: "A3", Title: "It sinks", Severity: []fixtures.Severity{fixtures.Leak}, Unclaimed: "Nobody can see it."},
	}
	var out bytes.Buffer
	if err := printWild(&out, tree, rows); err != nil {
		t.Fatal(err)
	}
	want := `a/tried: One.
  A1   It breaks (loss, hang)
       seen: a/b#1, c 2
       spec: tries it
  A2   It melts (leak)
       not tried: it takes too long

a/untried: Two.
  A1   It breaks (loss, hang)
       seen: a/b#1, c 2
       not tried: the clause has no specs yet

No clause names these, and why:
  A3   It sinks (leak)
       why: Nobody can see it.

Of the 3 failures in the catalogue of what goes wrong elsewhere, 1 of them filed or measured, specs
stand for 1; not tried yet: 1; not to be tried from outside, or no failures by the documentation: 1.
`
	if out.String() != want {
		t.Errorf("it tells\n%s\nwant\n%s", out.String(), want)
	}
}

// The list of clauses has each with its sentence, and what it takes.
func TestListClauses(t *testing.T) {
	text := listed(t, "--clauses")
	for _, held := range conformance.Tree() {
		if !strings.Contains(text, "\n"+held.ID+" (") && !strings.HasPrefix(text, held.ID+" (") {
			t.Errorf("%s is not listed", held.ID)
		}
	}
	const want = "identity/new-stream (must, takes stream)\n    Wrapping a stream returns a new stream, not a socket"
	if !strings.Contains(text, want) {
		t.Errorf("it does not say %q:\n%s", want, text)
	}
}
