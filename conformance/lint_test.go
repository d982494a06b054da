package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fixtures"
)

// The lint: what has to hold of all specs, clauses, capabilities and sources. What else does is held elsewhere: that a
// mutant breaks each clause (TestEachClauseIsBroken of conformance/mutants), that specs stand for failures that are there
// (tree_test.go), that each expectation gives a reason (verdict.ReadExpectations), who may import whom.

// Each spec is about a clause, each clause has a spec, each capability is needed by some.
func TestLintTree(t *testing.T) {
	for _, problem := range lintTree(newCatalogue(), declaredCapabilities(t)) {
		t.Error(problem)
	}
}

func lintTree(c *catalogue, capabilities map[string]subject.Capability) (problems []string) {
	specs, needed := map[string]bool{}, map[subject.Capability]bool{}
	for _, e := range c.entries {
		if !slices.ContainsFunc(c.clauses, func(clause fixtures.Clause) bool { return clause.ID == e.clause.ID }) {
			problems = append(problems, "the spec \""+e.text+"\" has no clause: call of with the id of one before it is added")
		}
		specs[e.clause.ID] = true
		for _, capability := range e.needs() {
			needed[capability] = true
		}
	}
	for _, clause := range c.clauses {
		if !specs[clause.ID] {
			problems = append(problems, clause.ID+" has no spec: write one, or take it out of fixtures/clauses.yaml and say in the commit why it cannot be tried")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(capabilities)) {
		if capability := capabilities[name]; !needed[capability] {
			problems = append(problems, "no spec needs the capability \""+string(capability)+"\": have one need it, or take subject."+name+" and its row in PROTOCOL.md away")
		}
	}
	return problems
}

// declaredCapabilities are the constants of the contract, by name.
func declaredCapabilities(t *testing.T) map[string]subject.Capability {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "subject/info.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]subject.Capability{}
	ast.Inspect(file, func(n ast.Node) bool {
		if c, is := n.(*ast.ValueSpec); is && len(c.Values) == 1 {
			of, _ := c.Type.(*ast.Ident)
			value, _ := c.Values[0].(*ast.BasicLit)
			if of != nil && of.Name == "Capability" && value != nil {
				declared[c.Names[0].Name] = subject.Capability(strings.Trim(value.Value, `"`))
			}
		}
		return true
	})
	for name, capability := range declared {
		if !capability.Known() {
			t.Errorf("subject.%s is in no list of capabilities: add it to Documented or extras", name)
		}
	}
	if len(declared) < 20 {
		t.Fatalf("only %d capabilities are found in subject/info.go: mend how they are looked for", len(declared))
	}
	return declared
}

func TestLintTreeFinds(t *testing.T) {
	tree := func(change func(*catalogue)) *catalogue {
		c := &catalogue{clauses: []fixtures.Clause{{ID: "a/one", Needs: []string{"stream"}}, {ID: "a/two"}}}
		c.of("a/one")
		c.it("does it", nil)
		c.of("a/two")
		c.it("does that", nil).needing(subject.Pause)
		change(c)
		return c
	}
	capabilities := map[string]subject.Capability{"Stream": subject.Stream, "Pause": subject.Pause}
	for name, test := range map[string]struct {
		change func(*catalogue)
		want   []string
	}{
		"nothing": {func(*catalogue) {}, nil},
		"a spec before any clause": {func(c *catalogue) { c.clause = fixtures.Clause{}; c.it("does more", nil) }, []string{
			`the spec "does more" has no clause: call of with the id of one before it is added`}},
		"a clause without a spec": {func(c *catalogue) { c.clauses = append(c.clauses, fixtures.Clause{ID: "a/three"}) }, []string{
			"a/three has no spec: write one, or take it out of fixtures/clauses.yaml and say in the commit why it cannot be tried"}},
		"a capability that nothing needs": {func(c *catalogue) { c.entries[1].needed = nil }, []string{
			`no spec needs the capability "pause": have one need it, or take subject.Pause and its row in PROTOCOL.md away`}},
	} {
		if diff := cmp.Diff(test.want, lintTree(tree(test.change), capabilities)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// allowed are the functions that may do what the lint is against, and why.
var allowed = map[string]string{
	"conformance/outcome.go outcome.skip": "the one place where specs are skipped",
	"fixtures/skip/skip.go Here":          "the one place where tests are left out",
	"fixtures/skip/skip.go Without":       "the one place where tests are left out",

	"conformance/cmd/bench/bench_test.go counting":     "the clock is synctest's",
	"conformance/driver/leftovers.go process.endRest":  "nobody tells of the end of a process that is not one's child",
	"conformance/litter.go litter.left":                "nobody tells of the end of a goroutine, or of a descriptor",
	"conformance/parked.go suite.clear":                "a time is what the sessions are watched for",
	"conformance/mutants/errors_network.go hasty.Read": "that it waits a little is what is wrong with the mutant",
	"impl/async/async_test.go TestReadTimeoutHeldOff":  "a peer that drips, for less than the timeout each time, is what the test is about",
	"impl/async/state_test.go TestWriteTimeoutHeldOff": "a peer that reads slowly is what the test is about",
	"impl/async/wire_test.go TestSeeingOffSlowPeer":    "the clock is synctest's",
	"impl/async/wire_test.go TestSeeingOffStuckPeer":   "the clock is synctest's",
	"impl/asyncssl/openssl_test.go sServer.await":      "nobody tells that a port listens, and the one connection that openssl takes is not to be spent on asking",
}

// Nothing is skipped but in the one place for it, and nothing sleeps.
func TestLintSources(t *testing.T) {
	problems, err := lintSources(os.DirFS(".."), allowed)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

func TestLintSourcesFinds(t *testing.T) {
	const head = "package p\nimport (\n\"testing\"; \"time\"; clock \"time\"; \"github.com/onsi/ginkgo/v2\"\n)\n"
	skipped := func(what string) string { return "p/p.go:6: f has " + what + skipRemedy }
	slept := func(what string) string { return "p/p.go:6: f has " + what + sleepRemedy }
	for source, want := range map[string]string{
		"func f(t *testing.T) {\nt.Log() }":                                                  "",
		"func f(t *testing.T) {\nt.Skip() }":                                                 skipped("t.Skip"),
		"func f(b testing.TB) {\nleave := b.Skipf; leave(\"\") }":                            skipped("b.Skipf"),
		"func f() {\n_ = func(x *testing.B) { x.SkipNow() } }":                               skipped("x.SkipNow"),
		"func f() {\nginkgo.Skip(\"\") }":                                                    skipped("ginkgo.Skip"),
		"func f() {\nginkgo.PIt(\"\") }":                                                     skipped("ginkgo.PIt"),
		"func f() {\nginkgo.GinkgoT().Skip() }":                                              skipped("ginkgo.GinkgoT().Skip"),
		"func f(s string) {\ns.Skip(3) }":                                                    "",
		"func f() {\ntime.Sleep(1) }":                                                        slept("time.Sleep"),
		"func f() {\nclock.Sleep(1) }":                                                       slept("clock.Sleep"),
		"func f() {\npause := time.Sleep; pause(1) }":                                        slept("time.Sleep"),
		"func f() {\n<-time.After(1) }":                                                      slept("<-time.After(1)"),
		"func f() {\n_ = <-time.NewTimer(1).C }":                                             slept("<-time.NewTimer(1).C"),
		"func f(t *time.Timer) {\n<-t.C }":                                                   slept("<-t.C"),
		"func f() {\nselect { case <-time.After(1): } }":                                     slept("<-time.After(1)"),
		"func f() {\nfor range time.Tick(1) {} }":                                            slept("range time.Tick(1)"),
		"func f(c chan int) {\nselect { case <-c: case <-time.After(1): } }":                 "",
		"func f(c chan int) {\nselect { case <-c: case <-time.After(1): <-time.After(2) } }": slept("<-time.After(2)"),
		"func f(c chan int) {\n<-c }":                                                        "",
	} {
		tree := newTree(map[string]string{"p/p.go": head + source, "p/testdata/p.go": "no Go", ".git/p.go": "no Go"})
		problems, err := lintSources(tree, nil)
		if got := strings.Join(problems, "\n"); err != nil || got != want {
			t.Errorf("%s\ngot  %s, %v\nwant %s", source, got, err, want)
		}
	}
	for name, test := range map[string]struct{ source, want string }{
		"impl/peers/a/driver.py": {"import time\ntime.sleep(1)\n", "impl/peers/a/driver.py:2: it sleeps" + sleepRemedy},
		"impl/peers/b/driver.py": {"await asyncio.sleep(0)\n", ""},
		"impl/peers/c/driver.c":  {"usleep(1000);\n", "impl/peers/c/driver.c:1: it sleeps" + sleepRemedy},
		"impl/peers/d/driver.js": {"setTimeout(f, 10);\n", "impl/peers/d/driver.js:1: it sleeps" + sleepRemedy},
		"impl/peers/e/driver.js": {"socket.setTimeout(10);\n", ""},
	} {
		problems, err := lintSources(newTree(map[string]string{name: test.source}), nil)
		if got := strings.Join(problems, "\n"); err != nil || got != test.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, test.want)
		}
	}
	sleeps := newTree(map[string]string{"p/p.go": head + "type s struct{}\nfunc (*s) f() { time.Sleep(1) }"})
	if problems, err := lintSources(sleeps, map[string]string{"p/p.go s.f": "it is a mutant"}); err != nil || len(problems) > 0 {
		t.Errorf("where it is allowed: %v, %v", problems, err)
	}
	problems, err := lintSources(newTree(nil), map[string]string{"p/p.go f": "it was a mutant"})
	if want := "p/p.go f needs no exception any more: take it out of allowed in conformance/lint_test.go"; err != nil || !slices.Equal(problems, []string{want}) {
		t.Errorf("where it is allowed in vain: %v, %v", problems, err)
	}
	if _, err := lintSources(newTree(map[string]string{"p/p.go": "no Go"}), nil); err == nil {
		t.Error("what is no Go is no error")
	}
}
