package report

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// A junitSuites is the report for JUnit: a suite for each group of clauses, a case for each spec. Jenkins' plugin xUnit
// publishes the schema that it keeps to, junit-10.xsd.
type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []*junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Time     string `xml:"time,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Skipped int         `xml:"skipped,attr"`
	Cases   []junitCase `xml:"testcase"`
	seconds float64
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr"`
	Failure *junitResult `xml:"failure"`
	Error   *junitResult `xml:"error"`
	Skipped *junitResult `xml:"skipped"`
}

type junitResult struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit is the verdict as a report for JUnit. A failure of the subject's is one there; what kept a clause from being
// judged is an error; what did not apply, was not run or failed as expected is left out, with the reason.
func JUnit(v verdict.Verdict) ([]byte, error) {
	all := junitSuites{Name: "sslconform " + name(v.Subject)}
	suites := map[string]*junitSuite{}
	add := func(group string, c junitCase, seconds float64) {
		s := suites[group]
		if s == nil {
			s = &junitSuite{Name: group}
			suites[group] = s
			all.Suites = append(all.Suites, s)
		}
		c.Time = junitTime(seconds)
		s.add(c, seconds)
	}
	for _, s := range v.Failures() {
		if s.Clause == "" {
			add("suite", junitCase{Class: "suite", Name: "does its work", Error: told(s, string(verdict.Suite))}, 0)
		}
	}
	for _, c := range v.Clauses {
		group, _, _ := strings.Cut(c.ID, "/")
		for _, s := range c.Specs {
			add(group, junitCaseOf(c, s), s.Seconds)
		}
	}
	for _, s := range all.Suites {
		s.Time = junitTime(s.seconds)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	all.Time = junitTime(v.Seconds)
	data, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the report for JUnit: %w", err)
	}
	return append([]byte(xml.Header), append(data, '\n')...), nil
}

func (s *junitSuite) add(c junitCase, seconds float64) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	s.seconds += seconds
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func junitCaseOf(c verdict.Clause, s verdict.Spec) junitCase {
	j := junitCase{Class: c.ID, Name: strings.TrimPrefix(s.Name, c.ID+" ")}
	switch {
	case s.Failure != "" && s.Expected != "":
		j.Skipped = &junitResult{Message: "it failed as expected: " + s.Expected, Text: s.Failure}
	case s.Failure != "" && s.Blame != "":
		j.Error = told(s, string(s.Blame))
	case s.Failure != "":
		j.Failure = told(s, string(c.Level))
	case s.Status == verdict.Unsupported:
		j.Skipped = &junitResult{Message: "the subject does not declare a capability that it needs"}
	case s.Status == verdict.NotRun:
		j.Skipped = &junitResult{Message: "it was not run"}
	}
	return j
}

// told is a failure as a whole, and its gist in a line.
func told(s verdict.Spec, kind string) *junitResult {
	return &junitResult{Type: kind, Message: strings.Join(strings.Fields(gist(s.Failure)), " "), Text: s.Failure}
}

func junitTime(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }

// gist is what was expected and what came, of the text of a failure.
func gist(failure string) string {
	_, message, is := strings.Cut(failure, "\n\n")
	if !is {
		message = failure
	}
	message, _, _ = strings.Cut(message, "\ntimeline, in milliseconds")
	message, _, _ = strings.Cut(message, "\nagain: ")
	return strings.TrimSpace(message)
}

// commandOf is the command that shows a failure again, of its text; empty if there is none.
func commandOf(failure string) string {
	_, rest, _ := strings.Cut(failure, "\nagain: ")
	command, _, _ := strings.Cut(rest, "\n")
	return command
}
