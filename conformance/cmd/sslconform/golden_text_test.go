package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// told is a run as a terminal shows it, without what differs from one to the next; varies are pieces of lines of the
// timeline that are left out for that.
func told(run []string, r result, varies []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ %s\n%s", verdict.CommandLine(append([]string{sslconform}, run...)...), r.out)
	if r.err != "" {
		fmt.Fprintf(&b, "standard error: %s", r.err)
	}
	fmt.Fprintf(&b, "exit code %d\n", r.code)
	return timelines(steady(b.String()), varies)
}

// differs is what a run has of its own, and what stands for it.
var differs = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(regexp.QuoteMeta(os.Args[0])), "sslconform.test"},
	{regexp.MustCompile(`[^\s']*/sslconform-test-[0-9]+/sslconform\b`), "sslconform"},
	{regexp.MustCompile(`\S*/sslconform-[0-9]+\b`), "FOLDER"},
	{regexp.MustCompile(`127\.0\.0\.1:[0-9]+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(regexp.QuoteMeta(runtime.Version())), "go1.N"},
	{regexp.MustCompile(`\([0-9]+\.[0-9]{2} s\)`), "(N s)"},
	{regexp.MustCompile(`\b([0-9.]+(ms|µs)|[0-9]+\.[0-9]+s)\b`), "Ns"},
	{regexp.MustCompile(`within [0-9.]+s\b`), "within Ns"}, // with times that are doubled on a slow machine
	{regexp.MustCompile(`\b[0-9]+ ms\b`), "N ms"},
	// What the library for TLS, the machine and a certificate make of it.
	{regexp.MustCompile(`(a record: [a-z_]+), [0-9]+ bytes`), "$1, N bytes"},
	{regexp.MustCompile(`[0-9]+ cipher suites`), "N cipher suites"},
	{regexp.MustCompile(`TLS_[A-Z0-9_]+`), "TLS_SUITE"},
}

// steady is a text without what differs.
func steady(text string) string {
	for _, d := range differs {
		text = d.what.ReplaceAllString(text, d.by)
	}
	return text
}

var moment = regexp.MustCompile(`^ +[0-9]+\.[0-9]  (\S+) +`)

// timelines puts the lines of each timeline into the order of their sides, which is the only one that is sure, and leaves
// out times and what varies.
func timelines(text string, varies []string) string {
	var all, moments []string
	side := func(line string) string { return moment.FindStringSubmatch(line)[1] }
	flush := func() {
		slices.SortStableFunc(moments, func(a, b string) int { return cmp.Compare(side(a), side(b)) })
		for n, line := range moments {
			moments[n] = moment.ReplaceAllString(line, fmt.Sprintf("      N.N  %-8s ", side(line)))
		}
		all = append(all, slices.Compact(moments)...) // records are cut as the library has it
		moments = nil
	}
	for line := range strings.Lines(text) {
		switch {
		case !moment.MatchString(line):
			flush()
			all = append(all, line)
		case !slices.ContainsFunc(varies, func(piece string) bool { return strings.Contains(line, piece) }):
			moments = append(moments, line)
		}
	}
	flush()
	return strings.Join(all, "")
}

// kept is what conformance.json says, but for what was not run and what differs from run to run; failures that are
// printed, too, are not told again.
func kept(t *testing.T, folder string, r result) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "out", "conformance.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Clauses []map[string]any
	}
	var all map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "seconds")
	delete(all, "run")
	all["clauses"] = slices.DeleteFunc(v.Clauses, func(c map[string]any) bool { return !tell(c, r.out) })
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(all); err != nil {
		t.Fatal(err)
	}
	return steady(b.String())
}

// tell leaves of a clause what there is to be told, and says whether there is anything.
func tell(clause map[string]any, printed string) bool {
	delete(clause, "seconds")
	var told []any
	for _, s := range clause["specs"].([]any) {
		spec := s.(map[string]any)
		delete(spec, "seconds")
		failure, _ := spec["failure"].(string)
		if spec["status"] == string(verdict.NotRun) && failure == "" {
			continue
		}
		switch {
		case failure == "":
		case strings.Contains(printed, strings.TrimSpace(failure)):
			spec["failure"] = "(as it is printed)"
		default:
			spec["failure"] = strings.Split(timelines(steady(failure), nil), "\n")
		}
		told = append(told, spec)
	}
	clause["specs"] = told
	return told != nil
}
