package verdict_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/sslconform/sslconform/conformance/verdict"
)

const expectation = `{"spec":"a/must does it","match":"want: this","why":"it cannot","where":"acme/acme#1","confirmed":"1.0"}`

// What is wrong with a file is said in a sentence that names it.
func TestReadExpectations(t *testing.T) {
	known := func(spec string) error {
		if spec != "a/must does it" {
			return errors.New("there is no spec " + spec)
		}
		return nil
	}
	with := func(expect string) string { return `{"format":1,"subject":"acme","expect":[` + expect + `]}` }
	for name, test := range map[string]struct{ file, want string }{
		"good":              {with(expectation), ""},
		"none":              {with(""), ""},
		"no JSON":           {"expect: none", "not as they should be"},
		"two objects":       {with("") + with(""), "something follows"},
		"unknown field":     {with(strings.Replace(expectation, "why", "because", 1)), `unknown field "because"`},
		"another format":    {strings.Replace(with(""), `"format":1`, `"format":2`, 1), `"format" is 2: this version reads 1`},
		"no subject":        {strings.Replace(with(""), "acme", "", 1), `"subject" is missing`},
		"no reason":         {with(strings.Replace(expectation, "it cannot", " ", 1)), `number 1 (a/must does it): "why" is empty: fill in why it fails`},
		"matches all":       {with(strings.Replace(expectation, "want: this", "", 1)), `"match" is empty`},
		"filed nowhere":     {with(strings.Replace(expectation, "acme/acme#1", "", 1)), `"where" is empty`},
		"of which version":  {with(strings.Replace(expectation, "1.0", "", 1)), `"confirmed" is empty`},
		"of no spec":        {with(strings.Replace(expectation, "does", "did", 1)), "number 1: there is no spec a/must did it"},
		"two versions":      {with(expectation + "," + strings.Replace(expectation, `"match"`, `"versions":"1.","match"`, 1)), ""},
		"twice of the same": {with(expectation + "," + expectation), `number 2: there are two for the spec "a/must does it"`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "acme.json")
			if err := os.WriteFile(path, []byte(test.file), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := ReadExpectations(path, known)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := ReadExpectations("no/such/file", known); err == nil || !strings.Contains(err.Error(), "no/such/file") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// An expectation is for all versions, or for those that begin as it says.
func TestExpectationOf(t *testing.T) {
	e := Expectations{Expect: []Expectation{{Spec: "a", Why: "it is old", Versions: "1."}, {Spec: "a", Why: "it is new", Versions: "2."}, {Spec: "b", Why: "always"}}}
	for _, test := range []struct{ spec, version, want string }{
		{"a", "1.9", "it is old"}, {"a", "2.0", "it is new"}, {"a", "10.0", ""}, {"b", "10.0", "always"}, {"c", "1.9", ""},
	} {
		if x, found := e.Of(test.spec, test.version); x.Why != test.want || found != (test.want != "") {
			t.Errorf("of %s with %s: %q, want %q", test.spec, test.version, x.Why, test.want)
		}
	}
}

// An expectation holds if the spec fails as told, and on another version says which one it was confirmed with.
func TestHolds(t *testing.T) {
	x := Expectation{Spec: "a/must does it", Match: "want: this", Why: "it cannot", Confirmed: "1.0"}
	for _, test := range []struct{ failure, version, want string }{
		{"want: this\n got: that", "1.0", ""},
		{"want: this\n got: that", "2.0", ""},
		{"", "1.0", "It passes, and was expected to fail (it cannot): take the expectation away, or mend it."},
		{"", "2.0", "It passes, and was expected to fail (it cannot): take the expectation away, or mend it. The expectation was confirmed with version 1.0; this is 2.0."},
		{"want: more", "1.0", `It was expected to fail otherwise (it cannot), with "want: this" in the text: mend the expectation, or what is new.`},
	} {
		got := ""
		if err := x.Holds(test.failure, test.version); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q with %s: %s, want %s", test.failure, test.version, got, test.want)
		}
	}
	x.Sometimes = true
	if x.Holds("", "1.0") != nil || x.Holds("want: this", "1.0") != nil || x.Holds("want: more", "1.0") == nil {
		t.Error("what fails sometimes may pass, and has to fail as told")
	}
}

// The exit code of each way in which a spec can fit what was expected of it, or not; the verdict tells the truth.
func TestExitCodeAsExpected(t *testing.T) {
	expected := func(level int, change func(*Spec)) []Spec {
		s := specs(Passed, Passed, Passed)
		s[level].Status, s[level].Failure, s[level].Expected = Failed, "want: this", "it cannot"
		change(&s[level])
		return s
	}
	asItIs := func(*Spec) {}
	for _, test := range []struct {
		name  string
		specs []Spec
		gate  Gate
		code  int
		want  Conclusion
	}{
		{"a must fails as expected", expected(0, asItIs), Gate{}, ExitOK, NonConformant},
		{"and that is not enough", expected(0, asItIs), Gate{Strict: true}, ExitFailed, NonConformant},
		{"a should fails as expected", expected(1, asItIs), Gate{}, ExitOK, Conformant},
		{"a must fails otherwise", expected(0, func(s *Spec) { s.Expected = "" }), Gate{}, ExitFailed, NonConformant},
		{"a should fails otherwise", expected(1, func(s *Spec) { s.Expected = "" }), Gate{MustOnly: true}, ExitOK, Conformant},
		{"one passes that should fail", expected(1, func(s *Spec) { s.Status, s.Expected, s.Stale = Passed, "", true }), Gate{MustOnly: true}, ExitFailed, Conformant},
		{"the driver spoils one", expected(1, func(s *Spec) { s.Expected, s.Blame = "", Driver }), Gate{MustOnly: true}, ExitFailed, Conformant},
		{"one fails beside another as expected", append(expected(0, asItIs), Spec{Clause: "a/must", Status: Failed}), Gate{}, ExitFailed, NonConformant},
	} {
		v := Of(all, clauses, test.specs, 1)
		if code := v.ExitCode(test.gate); code != test.code || v.Verdict != test.want {
			t.Errorf("%s: exit code %d, %s; want %d, %s", test.name, code, v.Verdict, test.code, test.want)
		}
	}
}

// A clause that is new counts only when the next release makes it binding.
func TestAdvisory(t *testing.T) {
	advisory := append(clauses[:0:0], clauses...)
	advisory[0].Advisory = true
	v := Of(all, advisory, specs(Failed, Passed, Passed), 1)
	if code := v.ExitCode(Gate{}); v.Verdict != Conformant || code != ExitOK || v.Clauses[0].Status != Failed {
		t.Errorf("%s, exit code %d, the clause %s", v.Verdict, code, v.Clauses[0].Status)
	}
}

// A draft has what can be told without a person, and is refused until the rest is filled in.
func TestDraft(t *testing.T) {
	s := specs(Failed, Failed, Passed)
	s[0].Failure = "a/must (must): text\n\nwant: this\n got: that\n\ntimeline, in milliseconds:\n+ 1\n"
	s[1].Failure = "a/should (should): text\n\nthe calls\nit differs (-want +got):\n  []line{\n- \t\"one\",\n  }\n"
	v := Of(all, clauses, s, 1)
	v.Subject.Version = "1.0"
	want := Expectations{Format: 1, Subject: "acme", Expect: []Expectation{
		{Spec: "m", Match: "want: this", Confirmed: "1.0"},
		{Spec: "s", Match: `"one",`, Confirmed: "1.0"},
	}}
	if diff := cmp.Diff(want, v.Draft()); diff != "" {
		t.Errorf("the draft (-want +got):\n%s", diff)
	}
}
