package main

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// deletion is the kind of a mutant that lacks a statement.
const deletion = "deletion"

// deletions are the edits that take one statement away: each that a block or a case holds, with all that is inside it.
// Declarations stay, since what uses them would not compile. What else does not compile, the compiler tells.
func deletions(s *source) (edits []edit) {
	for _, d := range s.file.Decls {
		f, is := d.(*ast.FuncDecl)
		if !is || f.Body == nil {
			continue
		}
		names := declared(f)
		only := map[ast.Stmt]bool{}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if s := all(n); s != nil {
				only[s] = true
			}
			for _, statement := range statements(n) {
				if deletable(statement) && !only[statement] {
					begin, end := s.offset(statement.Pos()), s.offset(statement.End())
					edits = append(edits, edit{deletion, begin, end, uses(statement, names)})
				}
			}
			return true
		})
	}
	return edits
}

// all is what a condition decides on, if it is one statement and nothing else comes of it, as of a call: without that
// there is nothing left of the condition, which is deleted itself.
func all(n ast.Node) ast.Stmt {
	decision, is := n.(*ast.IfStmt)
	if !is || decision.Init != nil || decision.Else != nil || len(decision.Body.List) != 1 {
		return nil
	}
	pure := true
	ast.Inspect(decision.Cond, func(n ast.Node) bool {
		if call, calls := n.(*ast.CallExpr); calls {
			name, is := call.Fun.(*ast.Ident)
			pure = pure && is && name.Name == "len"
		}
		return true
	})
	if !pure {
		return nil
	}
	return decision.Body.List[0]
}

// statements are those that a node holds as a list.
func statements(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return n.List
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
}

func deletable(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE
	case *ast.DeclStmt, *ast.EmptyStmt, *ast.LabeledStmt, *ast.CaseClause, *ast.CommClause:
		return false
	}
	return true
}

// declared are the names of the variables that are declared inside a node.
func declared(n ast.Node) map[string]bool {
	names := map[string]bool{}
	add := func(expressions ...ast.Expr) {
		for _, e := range expressions {
			if name, is := e.(*ast.Ident); is && name.Name != "_" {
				names[name.Name] = true
			}
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field: // a parameter
			for _, name := range n.Names {
				add(name)
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				add(name)
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				add(n.Lhs...)
			}
		case *ast.RangeStmt:
			add(n.Key, n.Value)
		}
		return true
	})
	return names
}

// uses is what is left of a deleted statement: a variable of the function that it used counts as used, or else one that
// nothing else uses would not compile.
func uses(s ast.Stmt, names map[string]bool) string {
	own, used := declared(s), map[string]bool{}
	var note func(n ast.Node) bool
	note = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // the name behind the dot is no variable's
			ast.Inspect(n.X, note)
			return false
		case *ast.KeyValueExpr: // nor is that of a field
			ast.Inspect(n.Value, note)
			return false
		case *ast.Ident:
			used[n.Name] = names[n.Name] && !own[n.Name]
		}
		return true
	}
	ast.Inspect(s, note)
	var left []string
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if used[name] {
			left = append(left, "_ = "+name)
		}
	}
	return strings.Join(left, "; ")
}
