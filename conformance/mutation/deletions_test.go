package main

import (
	"go/ast"
	"go/types"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `package p

type t struct{ n, m int }

var always = func() int { return 1 }()

func (s *t) f(a, b int) (int, error) {
	x := a
	var y int
	if x > b {
		s.n++
		return x, nil
	}
	if x < len([]int{b}) {
		s.m++
	}
	if always < x {
		s.n--
	} else {
		s.m--
	}
	if cap([]int{x}) > b {
		return b, nil
	}
	for i := range y {
		s.add(i)
		continue
	}
	switch {
	case a == b:
		s.m = b
	default:
		go s.add(x)
	}
	func() {
		defer s.add(x)
	}()
	_ = t{n: x}
	return 0, nil
}

func (s *t) add(n int) { s.n += n }
`

// Each statement is deleted once, with what is inside it, and not once more where it is all that a condition decides on;
// declarations are not, nor what stands outside of functions.
func TestDeletions(t *testing.T) {
	type deleted struct{ function, line, left string }
	want := []deleted{
		{"t.f", "if x > b {", "_ = b; _ = s; _ = x"},
		{"t.f", "s.n++", "_ = s"},
		{"t.f", "return x, nil", "_ = x"},
		{"t.f", "if x < len([]int{b}) {", "_ = b; _ = s; _ = x"},
		{"t.f", "if always < x {", "_ = s; _ = x"},
		{"t.f", "s.n--", "_ = s"},
		{"t.f", "s.m--", "_ = s"},
		{"t.f", "if cap([]int{x}) > b {", "_ = b; _ = x"},
		{"t.f", "return b, nil", "_ = b"},
		{"t.f", "for i := range y {", "_ = s; _ = y"},
		{"t.f", "s.add(i)", "_ = i; _ = s"},
		{"t.f", "continue", ""},
		{"t.f", "switch {", "_ = a; _ = b; _ = s; _ = x"},
		{"t.f", "s.m = b", "_ = b; _ = s"},
		{"t.f", "go s.add(x)", "_ = s; _ = x"},
		{"t.f", "func() {", "_ = s; _ = x"},
		{"t.f", "defer s.add(x)", "_ = s; _ = x"},
		{"t.f", "_ = t{n: x}", "_ = x"},
		{"t.f", "return 0, nil", ""},
		{"t.add", "s.n += n", "_ = n; _ = s"},
	}
	s, err := parse("p.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	var got []deleted
	left := map[int]string{}
	for _, e := range deletions(s) {
		left[e.begin] = e.text
	}
	for _, m := range s.mutants(deletions(s)) {
		begin := s.offset(s.set.File(s.file.FileStart).LineStart(m.Number)) + m.column - 1
		got = append(got, deleted{m.Function, m.Line, left[begin]})
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(deleted{})); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
}

// What is left compiles, but for a function without its last return: no variable is unused.
func TestDeletionsCompile(t *testing.T) {
	s, err := parse("p.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.mutants(deletions(s)) {
		err := compiles(m.text)
		if lastReturn := m.Line == "return 0, nil"; lastReturn != (err != nil) {
			t.Errorf("%s: %v\n%s", m, err, m.text)
		}
	}
}

func compiles(text []byte) error {
	s, err := parse("p.go", text)
	if err != nil {
		return err
	}
	_, err = new(types.Config).Check("p", s.set, []*ast.File{s.file}, nil)
	return err
}

// A name that is declared inside the statement, or belongs to a field, is not used behind it.
func TestUses(t *testing.T) {
	for text, want := range map[string]string{
		"if err := f(); err != nil { b = err }": "_ = b",
		"c.b(a.err)":                            "_ = a; _ = c",
		"f(func(a int) { b = a })":              "_ = b",
		"x = T{a: b}":                           "_ = b",
		"unknown()":                             "",
	} {
		s, err := parse("p.go", []byte("package p\nfunc p() {\n"+text+"\n}\n"))
		if err != nil {
			t.Fatal(err)
		}
		statement := s.file.Decls[0].(*ast.FuncDecl).Body.List[0]
		names := map[string]bool{"a": true, "b": true, "c": true, "err": true}
		if got := uses(statement, names); got != want {
			t.Errorf("%s leaves %q, want %q", text, got, want)
		}
	}
}

// A mutant is found again by its text, and told from others that are the same.
func TestWhere(t *testing.T) {
	s, err := parse("p.go", []byte("package p\n\nfunc (s *t) f(a, b int) {\n\ts.g(a < b)\n\ts.g(a < b)\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	second := s.offset(s.set.File(s.file.FileStart).LineStart(5)) + len("\ts.g(a ")
	first := s.offset(s.set.File(s.file.FileStart).LineStart(4)) + len("\ts.g(a ")
	edits := []edit{{"A", second, second + 1, "<="}, {"A", first, first + 1, "<="}, {"B", first, first + 1, "<="}}
	var got []where
	for _, m := range s.mutants(edits) {
		got = append(got, m.where())
	}
	want := []where{{"p.go", "t.f", "s.g(a < b)", "s.g(a <= b)", 0}, {"p.go", "t.f", "s.g(a < b)", "s.g(a <= b)", 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
}
