package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance"
)

const hello = `read l; echo '{"seq":1,"id":1,"ok":{"name":"acme","capabilities":["tls1.3"]}}'; `

// heavySpec takes some seconds at most.
const heavySpec = " outlives 200 times "

// Each exit code, and the sentence that goes with it.
func TestExitCodes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		err  string // in what it says on standard error
	}{
		"the reference":                            {[]string{"run"}, 0, ""},
		"a driver":                                 {[]string{"run", "--spec", "^error/", "--", sslconform, "serve"}, 0, ""},
		"one spec":                                 {[]string{"run", "--spec", "^close/explicit"}, 0, ""},
		"help":                                     {[]string{"--help"}, 0, ""},
		"list":                                     {[]string{"list"}, 0, ""},
		"the reference, strictly":                  {[]string{"run", "--strict"}, 0, ""},
		"short of conformant, strictly":            {[]string{"run", "--strict", "--spec", "^close/explicit"}, 1, ""},
		"a clause fails":                           {[]string{"run", "--spec", "^close/explicit ", "--patience", "1s", "--", sslconform, "serve", "--mutant", "close-cb-lost"}, 1, ""},
		"a driver breaks in mid-run":               {[]string{"run", "--spec", "^close/", "--", "sh", "-c", hello + "read l; echo oops; cat"}, 1, ""},
		"a driver dies in mid-run":                 {[]string{"run", "--spec", "^close/", "--", "sh", "-c", hello + "read l; kill -ABRT $$"}, 1, ""},
		"by label":                                 {[]string{"run", "--label", "close && must && !heavy", "--spec", "explicit"}, 0, ""},
		"a should fails":                           {broken("pause-forgotten", "reattach/paused"), 1, ""},
		"a should fails, gated by must":            {broken("pause-forgotten", "reattach/paused", "--gate", "must"), 0, ""},
		"a secure fails":                           {broken("close-notify-left-out", "close/notify"), 1, ""},
		"a secure fails, gated by must":            {broken("close-notify-left-out", "close/notify", "--gate", "must"), 0, ""},
		"a must fails, gated by must":              {broken("close-cb-twice", "close/explicit", "--gate", "must"), 1, ""},
		"gated by all":                             {broken("close-notify-left-out", "close/notify", "--gate", "all"), 1, ""},
		"gated by must, strictly":                  {broken("close-notify-left-out", "close/notify", "--gate", "must", "--strict"), 1, ""},
		"fails, and lacks what it must not":        {[]string{"run", "--spec", "^close/explicit ", "--require-capabilities", "pause", "--", "sh", "-c", hello + "read l; echo oops; cat"}, 1, "does not declare the capability \"pause\""},
		"no such spec, and lacks what it must not": {[]string{"run", "--spec", "no-such-spec", "--require-capabilities", "pause", "--", "sh", "-c", hello + "cat"}, 2, "no-such-spec"},
		"a driver that ends badly":                 {[]string{"run", "--spec", "^close/explicit ", "--", "sh", "-c", sslconform + " serve; exit 4"}, 1, "exit status 4, though its input just ended"},
		"no such spec of a label":                  {[]string{"run", "--label", "close", "--spec", "^error/"}, 2, `no spec has both a name that matches --spec "^error/" and labels that match --label "close"`},
		"a label that excludes all":                {[]string{"run", "--label", "close && error"}, 2, `no spec has labels that match --label "close && error"`},
		"heavy ones by name, without --heavy":      {[]string{"run", "--spec", heavySpec}, 2, "what was selected is heavy: give --heavy, too"},
		"heavy ones":                               {[]string{"run", "--heavy", "--spec", heavySpec}, 0, ""},
		"version":                                  {[]string{"--version"}, 0, ""},
		"a capability that is required":            {[]string{"run", "--spec", "^close/explicit ", "--require-capabilities", "stream,pause"}, 0, ""},
		"one that is not declared":                 {[]string{"run", "--spec", "^close/explicit ", "--require-capabilities", "pause", "--", "sh", "-c", hello + "cat"}, 1, "does not declare the capability \"pause\""},
		"one that there is not":                    {[]string{"run", "--require-capabilities", "teleport"}, 2, `names "teleport", which is no capability`},
		"no such label":                            {[]string{"run", "--label", "no-such-label"}, 2, `no spec has labels that match --label "no-such-label"`},
		"a bad label":                              {[]string{"run", "--label", "close &&"}, 2, `--label "close &&" is no expression of labels`},
		"only what is heavy":                       {[]string{"run", "--label", "heavy"}, 2, "what was selected is heavy: give --heavy, too"},
		"expectations that are not there":          {[]string{"run", "--expect", "none.json"}, 2, "read the expectations: open none.json"},
		"a verdict that is not there":              {[]string{"expect", "none.json"}, 2, "read the verdict none.json, which `sslconform run` writes"},
		"no command":                               {nil, 2, "expected one of \"run\", \"serve\", \"list\", \"check\", \"expect\", ..."},
		"unknown command":                          {[]string{"fly"}, 2, "unexpected argument fly"},
		"unknown flag":                             {[]string{"run", "--fly"}, 2, "unknown flag --fly"},
		"no such spec":                             {[]string{"run", "--spec", "no-such-spec"}, 2, `no spec has a name that matches --spec "no-such-spec"`},
		"a bad expression":                         {[]string{"run", "--spec", "("}, 2, `--spec "(" is not a regular expression`},
		"no patience":                              {[]string{"run", "--patience", "0s"}, 2, "--patience 0s leaves no time to wait"},
		"a bad gate":                               {[]string{"run", "--gate", "some"}, 2, `--gate must be one of "all","must"`},
		"results into a file":                      {[]string{"run", "--out", file}, 2, "cannot hold results"},
		"results into a folder of a file":          {[]string{"run", "--out", filepath.Join(file, "out")}, 2, "cannot hold results"},
		"a driver that is not there":               {[]string{"run", "--", "no-such-driver"}, 2, `start the driver "no-such-driver"`},
		"a driver that exits":                      {[]string{"run", "--", "/bin/false"}, 2, "the driver's process ended (exit status 1)"},
		"a driver that speaks no protocol":         {[]string{"run", "--", "echo", "hi"}, 2, `not a line of the protocol`},
		"unknown mutant":                           {[]string{"serve", "--mutant", "nobody"}, 2, `there is no mutant "nobody": use one of `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runs(t, test.args...)
			if r.code != test.code || !strings.Contains(r.err, test.err) || (test.err == "") != (r.err == "") {
				t.Errorf("exit code %d, want %d; standard error, which should have %q:\n%s\nstandard output:\n%s", r.code, test.code, test.err, r.err, r.out)
			}
		})
	}
}

// Where the suite cannot do its work, that is neither the subject's failure nor a wrong flag.
func TestFaultOfTheSuite(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", "/no/such/folder")
	run := []string{"run", "--spec", conformance.Pattern(closing)}
	r := runsIn(t, folder, run...)
	matchesGolden(t, "suite-at-fault.txt", told(run, r, nil))
	matchesGolden(t, "suite-at-fault.json", kept(t, folder, r))
	if r.code != 3 || !strings.Contains(r.out, "the suite could not make its certificates") || r.verdict.Verdict != "incomplete" {
		t.Errorf("exit code %d, %q, want 3\n%s%s", r.code, r.verdict.Verdict, r.out, r.err)
	}
}

// Where results cannot be kept, no green comes of it.
func TestResultsThatCannotBeWritten(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "out", "conformance.json", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if r := runsIn(t, folder, "run"); r.code == 0 || !strings.Contains(r.err, "write the verdict") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
}
