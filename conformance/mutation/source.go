package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
)

// A source is a file that is mutated.
type source struct {
	path string
	text []byte
	set  *token.FileSet
	file *ast.File
}

func readSource(path string) (*source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, text)
}

func parse(path string, text []byte) (*source, error) {
	s := &source{path: path, text: text, set: token.NewFileSet()}
	var err error
	s.file, err = parser.ParseFile(s.set, path, text, parser.SkipObjectResolution)
	return s, err
}

func (s *source) offset(p token.Pos) int { return s.set.Position(p).Offset }

// An edit is one change of a source.
type edit struct {
	kind       string // of Gremlins', or [deletion]
	begin, end int    // offsets
	text       string // put there
}

// A mutant is a file with one edit, and what became of it. Where it is, is told so that it is found again when the lines
// around it have moved.
type mutant struct {
	Kind     string `json:"kind"`
	File     string `json:"file"`
	Function string `json:"function"`         // empty outside of functions
	Line     string `json:"line"`             // its text
	Becomes  string `json:"becomes"`          // empty for a deletion
	Nth      int    `json:"nth,omitempty"`    // of those that are the same in a function, from the second on
	Number   int    `json:"line_number"`      // when it was run
	Status   status `json:"status"`           //
	By       string `json:"by,omitempty"`     // the spec that failed first
	Reason   string `json:"reason,omitempty"` // why it is equivalent

	column int
	text   []byte // the whole file
}

func (m *mutant) String() string {
	text := fmt.Sprintf("%s:%d %s: %s", m.File, m.Number, m.Function, m.Line)
	if m.Kind == deletion {
		text += "  → deleted"
	} else {
		text += "  → " + m.Becomes
	}
	if m.Nth > 0 {
		text += fmt.Sprintf(" (%d)", m.Nth)
	}
	return text
}

// where is what an equivalent is found by.
type where struct {
	File, Function, Line, Becomes string
	Nth                           int
}

func (m *mutant) where() where { return where{m.File, m.Function, m.Line, m.Becomes, m.Nth} }

// mutants makes the edits, in the order of the source; those that come to the same are made once.
func (s *source) mutants(edits []edit) (all []*mutant) {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.begin, b.begin) })
	made := map[string]bool{}
	times := map[where]int{}
	for _, e := range edits {
		m := s.mutant(e)
		if made[string(m.text)] {
			continue
		}
		made[string(m.text)] = true
		times[m.where()]++
		if n := times[m.where()]; n > 1 {
			m.Nth = n
		}
		all = append(all, m)
	}
	return all
}

func (s *source) mutant(e edit) *mutant {
	at := s.set.Position(s.file.FileStart + token.Pos(e.begin))
	m := &mutant{Kind: e.kind, File: s.path, Function: s.function(e.begin), Number: at.Line, column: at.Column}
	m.text = slices.Concat(s.text[:e.begin], []byte(e.text), s.text[e.end:])
	if e.kind == deletion {
		first, _, _ := strings.Cut(string(s.text[e.begin:e.end]), "\n")
		m.Line = first
		return m
	}
	m.Line, m.Becomes = lineAt(s.text, e.begin), lineAt(m.text, e.begin)
	return m
}

func lineAt(text []byte, offset int) string {
	begin := strings.LastIndexByte(string(text[:offset]), '\n') + 1
	line, _, _ := strings.Cut(string(text[begin:]), "\n")
	return strings.TrimSpace(line)
}

// function names the declared function that an offset is in, with its receiver's type.
func (s *source) function(offset int) string {
	for _, d := range s.file.Decls {
		f, is := d.(*ast.FuncDecl)
		if !is || offset < s.offset(f.Pos()) || offset >= s.offset(f.End()) {
			continue
		}
		if f.Recv == nil {
			return f.Name.Name
		}
		of := f.Recv.List[0].Type
		if star, is := of.(*ast.StarExpr); is {
			of = star.X
		}
		return fmt.Sprint(of) + "." + f.Name.Name
	}
	return ""
}
