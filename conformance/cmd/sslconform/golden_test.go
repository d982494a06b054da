package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// A golden is a run whose failures are known. All that is told of them is kept in testdata: what is printed, the exit
// code and the counts of JUnit in NAME.txt, what conformance.json has beside that in NAME.json.
type golden struct {
	spec   string // a regular expression
	flags  []string
	driver func() []string
	// expect is a piece of the failure that is expected of the only spec, expected its name; empty if none is.
	expect, expected string
	// varies are pieces of those lines of the timeline that are there or not by when the failure was seen.
	varies []string
}

const (
	closing = "close/explicit calls close-cb once behind data that went both ways, under TLS 1.3"
	writing = "data/text writes text as UTF-8"
	twice   = `+ 	"close-cb C called with 0 arguments"`
)

// whenItEnds is what a peer may see before it is told that the driver is gone.
var whenItEnds = []string{"got a record: application_data", "got 7 bytes under TLS", "got FIN", "got RST", "closed the connection"}

// There is one for each kind of text.
var goldens = map[string]golden{
	"difference":     {spec: conformance.Pattern(closing), driver: mutant("close-cb-twice")},
	"nothing-comes":  {spec: conformance.Pattern(closing), driver: mutant("close-cb-lost")},
	"condition":      {spec: "^error/plain-peer reports an answer in plain text", driver: mutant("ssl-error-unnamed")},
	"at-the-peer":    {spec: "^close/notify .* behind a round trip$", driver: mutant("close-notify-left-out")},
	"on-the-wire":    {spec: "^original/write-stays-private .* when the session stands$", driver: mutant("original-writes-raw"), varies: []string{"answer to request 5:", "peer     got FIN", "peer     closed"}},
	"never":          {spec: "^timeout/read fires once ", driver: mutant("timeouts-not-reattached")},
	"when-all-ended": {spec: "^close/last .* closed by the peer$", driver: mutant("close-cb-again-later"), varies: []string{"canary   got FIN", "canary   closed"}},

	"as-expected":        {spec: conformance.Pattern(closing), driver: mutant("close-cb-twice"), expected: closing, expect: twice},
	"expected-otherwise": {spec: conformance.Pattern(closing), driver: mutant("close-cb-lost"), expected: closing, expect: twice},
	"expected-no-more":   {spec: conformance.Pattern(closing), driver: mutant("ssl-error-unnamed"), expected: closing, expect: twice},

	"answers-another":     {spec: conformance.Pattern(writing), driver: misbehaved("answers another request"), varies: whenItEnds},
	"garbage":             {spec: conformance.Pattern(writing), driver: misbehaved("writes garbage"), varies: whenItEnds},
	"dies":                {spec: conformance.Pattern(writing), driver: misbehaved("exits"), varies: whenItEnds},
	"dies-as-expected":    {spec: conformance.Pattern(writing), driver: misbehaved("exits"), varies: whenItEnds, expected: writing, expect: "exit status 7"},
	"garbage-as-expected": {spec: conformance.Pattern(writing), driver: misbehaved("writes garbage"), varies: whenItEnds, expected: writing, expect: "oops"},

	"hangs":             {spec: conformance.Pattern(writing), driver: misbehaved("is deaf")},
	"hangs-as-expected": {spec: conformance.Pattern(writing), driver: misbehaved("is deaf"), expected: writing, expect: "nothing of the kind"},

	"unsupported": {spec: "^(reattach/paused|close/marked) ", driver: declares(`"pause",`, "", "disable")},
	"undeclared":  {spec: "^reattach/paused .* enabled$", driver: declares(`"pause",`, "", "")},
	"unoffered":   {spec: "^reattach/paused .* enabled$", driver: declares("", "", "disable")},
	"required":    {spec: "^close/marked ", driver: declares(`"pause",`, "", "disable"), flags: []string{"--require-capabilities", "stream,pause"}},
	"by-driver":   {spec: "^close/marked ", driver: declares(`"sessions":`, `"by_driver":["close"],"sessions":`, "")},
	"by-driver-but-wrong": {spec: conformance.Pattern(closing), driver: func() []string {
		return []string{"sh", "-c", sslconform + ` serve --mutant close-cb-twice | sed -u 's/"sessions":/"by_driver":["close"],&/'`}
	}},
	"nothing-that-is-run": {spec: "^reattach/paused ", driver: declares(`"pause",`, "", "disable")},
}

func mutant(name string) func() []string {
	return func() []string { return []string{sslconform, "serve", "--mutant", name} }
}

func misbehaved(how string) func() []string {
	return func() []string { return myself(misbehaving, "together", how) }
}

func declares(replaced, by, lacks string) func() []string {
	return func() []string { return myself(declaring, replaced, by, lacks) }
}

// declaring makes this test's binary a driver of the reference that declares something else: what of its lines is
// replaced follows, by what, and the operation that it does not offer.
const declaring = "sslconform-test-declaring"

// declare is that driver; it returns the status to exit with.
func declare(replaced, by, lacks string) int {
	b := &standIn{}
	b.through = func(request string) bool {
		return strings.Trim(field(request, "op"), `"`) != lacks || b.lacks(request)
	}
	b.edit = func(line string) string { return strings.Replace(line, replaced, by, 1) }
	return b.serve()
}

// Whoever changes what is told of a failure looks at it: does it say what was promised, what happened, when, on which
// side, and how to see it again?
func TestGolden(t *testing.T) {
	for name, g := range goldens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			run := []string{"run", "--patience", g.patience().String(), "--spec", g.spec}
			if g.expected != "" {
				g.writeExpectations(t, folder)
				run = append(run, "--expect", expectations)
			}
			run = append(append(append(run, g.flags...), "--"), g.driver()...)
			r := runsIn(t, folder, run...)
			cases := g.junit(t, folder)
			agree(t, cases, r.verdict)
			matchesGolden(t, name+".txt", told(run, r, g.varies)+cases.counts())
			matchesGolden(t, name+".json", kept(t, folder, r))
		})
	}
}

// patience is more where a failure is expected, which is waited for a tenth of it first.
func (g golden) patience() time.Duration {
	if g.expected != "" {
		return 6 * time.Second
	}
	return 3 * time.Second
}

const expectations = "expectations.json"

func (g golden) writeExpectations(t *testing.T, folder string) {
	t.Helper()
	e := verdict.Expectations{Format: verdict.ExpectationsFormat, Subject: "reference"}
	if command := g.driver(); command[0] == sslconform {
		e.Subject += " with " + command[len(command)-1]
	}
	e.Expect = []verdict.Expectation{{Spec: g.expected, Match: g.expect, Why: "it was always so", Where: "acme/acme#1", Confirmed: "0.9"}}
	writeJSON(t, filepath.Join(folder, expectations), e)
}

// matchesGolden compares a text with what testdata has of it; with -update, that is written anew.
func matchesGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("testdata/%s (-want +got); `make golden` writes it anew, to be read as by a stranger:\n%s", name, diff)
	}
}
