package conformance

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"
)

const (
	skipRemedy  = ", which skips: call fixtures/skip in a test, outcome.skip in the suite, or have it fail"
	sleepRemedy = ", which is no way to wait: wait for what must happen, prove by a fence that nothing does, or give the reason in allowed of conformance/lint_test.go"
)

func newTree(files map[string]string) fs.FS {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

// lintSources looks through all sources for what skips and sleeps, but in functions that are allowed to: by file and name.
func lintSources(tree fs.FS, allowed map[string]string) (problems []string, err error) {
	used := map[string]bool{}
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch hidden := len(d.Name()) > 1 && d.Name()[0] == '.'; {
		case err != nil:
			return err
		case d.IsDir() && (hidden || d.Name() == "testdata" || d.Name() == "out"):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		found, err := lintFile(name, text)
		for _, f := range found {
			if key := name + " " + f.function; allowed[key] != "" {
				used[key] = true
			} else {
				problems = append(problems, f.String())
			}
		}
		return err
	})
	for _, key := range slices.Sorted(maps.Keys(allowed)) {
		if !used[key] {
			problems = append(problems, key+" needs no exception any more: take it out of allowed in conformance/lint_test.go")
		}
	}
	return problems, err
}

// A finding is something that the lint is against.
type finding struct {
	at       token.Position
	function string // empty where it is in none
	what     string
}

func (f finding) String() string {
	who := f.function
	if who == "" {
		who = "it"
	}
	return fmt.Sprintf("%s:%d: %s %s", f.at.Filename, f.at.Line, who, f.what)
}

// lintFile looks through a file in Go, or through a driver in another language.
func lintFile(name string, text []byte) ([]finding, error) {
	if filepath.Ext(name) == ".go" {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("lint: %w", err)
		}
		return newLinter(files, file).lint(), nil
	}
	var found []finding
	if pattern, is := sleepsIn[filepath.Ext(name)]; is && strings.HasPrefix(name, "impl/peers/") {
		for _, at := range pattern.FindAllIndex(text, -1) {
			line := 1 + bytes.Count(text[:at[1]], []byte("\n"))
			found = append(found, finding{token.Position{Filename: name, Line: line}, "", "sleeps" + sleepRemedy})
		}
	}
	return found, nil
}

// sleepsIn are the calls that sleep in the languages of drivers. asyncio.sleep(0) is a turn of the loop.
var sleepsIn = map[string]*regexp.Regexp{
	".py": regexp.MustCompile(`\bsleep\([^0)]`),
	".c":  regexp.MustCompile(`\b(u|nano)?sleep\(`),
	".js": regexp.MustCompile(`(^|[^.\w])setTimeout\(`),
}

// A linter looks through one file in Go. It knows no types: what a test is called, it knows by its declaration.
type linter struct {
	files        *token.FileSet
	file         *ast.File
	time, ginkgo []string        // what the packages are called
	tests        map[string]bool // what the tests are called that functions are given
	bounded      map[ast.Expr]bool
	found        []finding
}

func newLinter(files *token.FileSet, file *ast.File) *linter {
	return &linter{
		files: files, file: file, time: imported(file, "time"), ginkgo: imported(file, "github.com/onsi/ginkgo/v2"),
		tests: map[string]bool{}, bounded: map[ast.Expr]bool{},
	}
}

// imported are the names of a package in a file.
func imported(file *ast.File, wanted string) (names []string) {
	for _, i := range file.Imports {
		if p, _ := strconv.Unquote(i.Path.Value); p != wanted {
			continue
		}
		if i.Name != nil {
			names = append(names, i.Name.Name)
		} else {
			names = append(names, filepath.Base(strings.TrimSuffix(wanted, "/v2")))
		}
	}
	return names
}

func (l *linter) lint() []finding {
	ast.Inspect(l.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			if isTest(n.Type) {
				for _, name := range n.Names {
					l.tests[name.Name] = true
				}
			}
		case *ast.SelectStmt:
			l.bound(n)
		}
		return true
	})
	ast.Inspect(l.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			l.selector(n)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !l.bounded[n] && l.isClock(n.X) {
				l.finds(n, "<-"+l.text(n.X)+sleepRemedy)
			}
		case *ast.RangeStmt:
			if l.isClock(n.X) {
				l.finds(n, "range "+l.text(n.X)+sleepRemedy)
			}
		}
		return true
	})
	slices.SortStableFunc(l.found, func(a, b finding) int { return cmp.Compare(a.at.Offset, b.at.Offset) })
	return l.found
}

// isTest tells whether that is the type of a test.
func isTest(of ast.Expr) bool {
	if star, is := of.(*ast.StarExpr); is {
		of = star.X
	}
	s, is := of.(*ast.SelectorExpr)
	return is && isNamed(s.X, "testing") && slices.Contains([]string{"T", "B", "F", "TB"}, s.Sel.Name)
}

func isNamed(x ast.Expr, name string) bool {
	i, is := x.(*ast.Ident)
	return is && i.Name == name
}

// bound notes what a select waits for beside something else: that is a bound, and no sleep.
func (l *linter) bound(s *ast.SelectStmt) {
	if len(s.Body.List) < 2 {
		return
	}
	for _, clause := range s.Body.List {
		if comm := clause.(*ast.CommClause).Comm; comm != nil {
			ast.Inspect(comm, func(n ast.Node) bool {
				if x, is := n.(*ast.UnaryExpr); is {
					l.bounded[x] = true
				}
				return true
			})
		}
	}
}

// leaves are what leaves a spec out, or others than the one.
var leaves = []string{"Skip", "Pending", "PIt", "XIt", "PDescribe", "XDescribe", "FIt", "FDescribe", "Focus"}

func (l *linter) selector(s *ast.SelectorExpr) {
	x, named := s.X.(*ast.Ident)
	ofGinkgo := named && slices.Contains(l.ginkgo, x.Name)
	isT := named && l.tests[x.Name] || strings.HasSuffix(l.text(s.X), "GinkgoT()")
	switch name := s.Sel.Name; {
	case ofGinkgo && slices.Contains(leaves, name), isT && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, name):
		l.finds(s, l.text(s)+skipRemedy)
	case named && slices.Contains(l.time, x.Name) && name == "Sleep":
		l.finds(s, l.text(s)+sleepRemedy)
	}
}

// isClock tells whether an expression is a channel by which the time comes: of After, Tick, a timer or a ticker.
func (l *linter) isClock(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "C"
	case *ast.CallExpr:
		f, is := x.Fun.(*ast.SelectorExpr)
		return is && slices.ContainsFunc(l.time, func(name string) bool { return isNamed(f.X, name) }) && (f.Sel.Name == "After" || f.Sel.Name == "Tick")
	}
	return false
}

func (l *linter) text(n ast.Node) string {
	var b strings.Builder
	if err := printer.Fprint(&b, l.files, n); err != nil {
		return err.Error()
	}
	return b.String()
}

func (l *linter) finds(n ast.Node, what string) {
	f := finding{l.files.Position(n.Pos()), "", "has " + what}
	for _, d := range l.file.Decls {
		if d, is := d.(*ast.FuncDecl); is && d.Pos() <= n.Pos() && n.Pos() < d.End() {
			f.function = d.Name.Name
			if d.Recv != nil {
				f.function = strings.TrimPrefix(l.text(d.Recv.List[0].Type), "*") + "." + f.function
			}
		}
	}
	l.found = append(l.found, f)
}
