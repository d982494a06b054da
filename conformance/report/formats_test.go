package report_test

import (
	"bytes"
	"encoding/xml"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
	"github.com/sslconform/sslconform/fixtures/skip"
)

const text = "close/explicit (must): Closing calls close-cb.\nthe spec: calls it\n\nwant: 100 % \x01 <of> it\r\n got: nothing, ```\n\ntimeline, in milliseconds:\n 0.0\n\nagain: sslconform run --spec '^a$'\n"

// mixed is a verdict of everything that there can be.
func mixed(t *testing.T) verdict.Verdict {
	t.Helper()
	clauses, err := fixtures.Clauses()
	if err != nil {
		t.Fatal(err)
	}
	const explicit, notify, paused, last = "close/explicit", "close/notify", "reattach/paused", "close/last"
	return verdict.Of(subject.Info{Name: "acme_1", Version: "<2>", Language: "C"}, clauses, []verdict.Spec{
		{Clause: explicit, Name: explicit + " passes", Status: verdict.Passed, Seconds: 1234.5},
		{Clause: explicit, Name: explicit + " fails, all: of it", Status: verdict.Failed, Failure: text},
		{Clause: notify, Name: notify + " fails", Status: verdict.Failed, Failure: text}, // secure
		{Clause: explicit, Name: explicit + " fails as expected", Status: verdict.Failed, Failure: text, Expected: "it *cannot*"},
		{Clause: last, Name: last + " breaks the protocol", Status: verdict.Failed, Blame: verdict.Driver, Failure: text},
		{Clause: paused, Name: paused + " does not apply", Status: verdict.Unsupported},
		{Clause: paused, Name: paused + " is not run", Status: verdict.NotRun},
		{Blame: verdict.Suite, Failure: "there is no room"},
	}, 2000)
}

// What JUnit is told is of the form that Jenkins' plugin xUnit takes; testdata/junit.rng tells its rules in words of our
// own. Each spec is a case, and a failure is told as a whole.
func TestJUnit(t *testing.T) {
	data, err := JUnit(mixed(t))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := validated(t, data); err != nil {
		t.Errorf("%v: %s\n%s", err, said, data)
	}
	var j struct {
		Cases []struct {
			Class   string    `xml:"classname,attr"`
			Name    string    `xml:"name,attr"`
			Failure *string   `xml:"failure"`
			Error   *string   `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(data, &j); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range j.Cases {
		line := c.Class + " " + c.Name + ":"
		for what, of := range map[string]*string{"failure": c.Failure, "error": c.Error} {
			if of != nil {
				line += " " + what
				whole := strings.NewReplacer("\x01", "\uFFFD").Replace(text) // no file of XML can have it
				if *of != whole && c.Class != "suite" {
					t.Errorf("%s it is told as %q", line, *of)
				}
			}
		}
		if c.Skipped != nil {
			line += " skipped"
		}
		got = append(got, line)
	}
	want := []string{
		"suite does its work: error",
		"reattach/paused does not apply: skipped", "reattach/paused is not run: skipped",
		"close/explicit passes:", "close/explicit fails, all: of it: failure", "close/explicit fails as expected: skipped",
		"close/last breaks the protocol: error", "close/notify fails: failure",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

// validated holds a report for JUnit against its schema.
func validated(t *testing.T, report []byte) (string, error) {
	t.Helper()
	cmd := exec.Command(skip.Tool(t, "xmllint"), "--noout", "--relaxng", "testdata/junit.rng", "-")
	cmd.Stdin = bytes.NewReader(report)
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// The schema refuses what is of another form.
func TestJUnitSchema(t *testing.T) {
	const good = `<testsuites time="1,234.5"><testsuite name="a" tests="1" failures="0" errors="0"><testcase classname="c" name="n" time="0.1"><skipped message="m"/></testcase></testsuite></testsuites>`
	for name, test := range map[string]struct{ what, by string }{
		"good":                     {"", ""},
		"a case without a name":    {` name="n"`, ``},
		"a suite without counts":   {` errors="0"`, ``},
		"an attribute of its own":  {`name="n"`, `name="n" file="f"`},
		"an element of its own":    {`<skipped message="m"/>`, `<passed/>`},
		"a time that is none":      {`time="1,234.5"`, `time="1.5s"`},
		"a case outside a suite":   {`<testsuite name="a" tests="1" failures="0" errors="0">`, ``},
		"another attribute of all": {`<testsuites time`, `<testsuites skipped="0" time`},
	} {
		report := strings.Replace(good, test.what, test.by, 1)
		if name == "a case outside a suite" {
			report = strings.Replace(report, "</testsuite>", "", 1)
		}
		if _, err := validated(t, []byte(report)); (err == nil) != (name == "good") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A summary is short, and Markdown takes it as it is meant.
func TestJobSummary(t *testing.T) {
	got := JobSummary(mixed(t))
	for _, want := range []string{
		"## TLS wrap: non-conformant\n\nacme\\_1 &lt;2> (C)\n\nnon-conformant: ", "\n| close | · | 2 |",
		"\n<details><summary>✗ close/explicit fails, all: of it</summary>\n\n````diff\nwant: 100 %", "\nagain: sslconform run --spec '^a$'\n````\n\n</details>\n",
		"✗ the suite itself, which says nothing of the subject<", "### Failed as expected\n\n- close/explicit fails as expected: it \\*cannot\\*\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "timeline") {
		t.Errorf("it is not short:\n%s", got)
	}
	if got := JobSummary(failing(25)); strings.Count(got, "<details>") != 10 || !strings.Contains(got, "\nand 15 specs more: junit.xml has all of them.\n") {
		t.Errorf("of 25 failures it tells:\n%s", got)
	}
}

// failing is a verdict by which so many specs fail.
func failing(n int) verdict.Verdict {
	var specs []verdict.Spec
	for range n {
		specs = append(specs, verdict.Spec{Clause: "close/explicit", Name: "close/explicit a", Status: verdict.Failed, Failure: text})
	}
	return verdict.Of(subject.Info{}, []fixtures.Clause{{ID: "close/explicit", Level: fixtures.Must}}, specs, 1)
}

// Annotations are commands, a line each, in which nothing of a failure is taken for one.
func TestAnnotations(t *testing.T) {
	const message = "want: 100 %25 \x01 <of> it%0D%0A got: nothing, ```%0Aagain: sslconform run --spec '^a$'"
	want := []string{
		"::error title=the suite itself%2C which says nothing of the subject::there is no room",
		"::error title=close/explicit fails%2C all%3A of it::" + message,
		"::error title=close/last breaks the protocol::" + message,
		"::warning title=close/notify fails::" + message, "",
	}
	if diff := cmp.Diff(want, strings.Split(Annotations(mixed(t), verdict.Gate{MustOnly: true}), "\n")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	many := Annotations(failing(25), verdict.Gate{})
	if strings.Count(many, "\n") != 10 || !strings.HasSuffix(many, "\n::error title=sslconform::16 specs more failed: the summary of the job tells which\n") {
		t.Errorf("of 25 failures:\n%s", many)
	}
}

// A badge is an image by itself, with a title for those who do not see it.
func TestBadge(t *testing.T) {
	for want, v := range map[string]verdict.Verdict{
		"conformant": {Verdict: verdict.Conformant}, "conformant, hardened": {Verdict: verdict.Conformant, Hardened: true},
		"partial": {Verdict: verdict.Partial}, "incomplete": {Verdict: verdict.Incomplete}, "non-conformant": {Verdict: verdict.NonConformant},
	} {
		v.Subject = verdict.Subject{Name: "a<b", Version: "1.0", Language: "C"}
		var svg struct {
			Width  int      `xml:"width,attr"`
			Role   string   `xml:"role,attr"`
			Title  string   `xml:"title"`
			Shapes []string `xml:"g>rect"`
			Texts  []string `xml:"g>text"`
		}
		if err := xml.Unmarshal([]byte(Badge(v)), &svg); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"TLS wrap", want}, svg.Texts); diff != "" || svg.Role != "img" || svg.Width < 90 || len(svg.Shapes) != 2 {
			t.Errorf("%+v (texts: -want +got)\n%s", svg, diff)
		}
		if title := "TLS wrap: " + want + " (a<b 1.0 (C), judged by sslconform)"; svg.Title != title {
			t.Errorf("the title is %q, want %q", svg.Title, title)
		}
	}
}
