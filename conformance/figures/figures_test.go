package figures

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/fixtures"
)

func TestQuartiles(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   [3]float64
	}{
		{[]float64{7}, [3]float64{7, 7, 7}},
		{[]float64{2, 1}, [3]float64{1.25, 1.5, 1.75}},
		{[]float64{5, 1, 4, 2, 3}, [3]float64{2, 3, 4}},
		{[]float64{4, 3, 2, 1}, [3]float64{1.75, 2.5, 3.25}},
	} {
		before := append([]float64{}, c.values...)
		if got := quartiles(c.values); got != c.want {
			t.Errorf("the quartiles of %v are %v, want %v", c.values, got, c.want)
		}
		if diff := cmp.Diff(before, c.values); diff != "" {
			t.Errorf("the values were changed (-before +after):\n%s", diff)
		}
	}
}

var (
	more = Group{What: "a table: handshakes, 1/s", Subjects: []string{"raw", "again", "ours"}, Again: "again",
		Targets: map[string]Target{"ours": {Limit: .9, Least: true, Quartiles: true}}}
	less = Group{What: "a table: time, s", Subjects: []string{"raw", "ours"},
		Targets: map[string]Target{"raw": {Limit: 4, Absolute: true, Unit: "s"}, "ours": {Limit: 1.3}}}
)

func met(t *testing.T, g Group, subject string, values map[string][]float64) bool {
	t.Helper()
	for _, f := range g.Figures(values) {
		if f.Subject == subject && f.Met != nil {
			return *f.Met
		}
	}
	t.Fatalf("%s of %s has no target", g.What, subject)
	return false
}

// A target is met, or not, at least or at most, by the median or by each quartile.
func TestMet(t *testing.T) {
	raw := []float64{10, 20, 30}
	for _, c := range []struct {
		what    string
		group   Group
		subject string
		values  map[string][]float64
		want    bool
	}{
		{"as much as it is to be", more, "ours", map[string][]float64{"raw": raw, "ours": {9, 18, 27}}, true},
		{"a median that is less", more, "ours", map[string][]float64{"raw": raw, "ours": {10, 17, 30}}, false},
		{"a lower quartile that is less", more, "ours", map[string][]float64{"raw": raw, "ours": {1, 20, 30}}, false},
		{"an upper quartile that is less", more, "ours", map[string][]float64{"raw": raw, "ours": {10, 20, 20}}, false},
		{"no more than it may be", less, "ours", map[string][]float64{"raw": raw, "ours": {26, 26, 26}}, true},
		{"a quartile that is more, which does not count", less, "ours", map[string][]float64{"raw": raw, "ours": {10, 20, 99}}, true},
		{"a median that is more", less, "ours", map[string][]float64{"raw": raw, "ours": {10, 27, 30}}, false},
		{"so much", less, "raw", map[string][]float64{"raw": {4}}, true},
		{"more than so much", less, "raw", map[string][]float64{"raw": {4.1}}, false},
		{"nothing to compare it with", less, "ours", map[string][]float64{"raw": {0}, "ours": {1}}, false},
	} {
		if got := met(t, c.group, c.subject, c.values); got != c.want {
			t.Errorf("%s: met is %v, want %v", c.what, got, c.want)
		}
	}
}

// A subject that was not measured is left out, one that nobody knew of comes last, and what is apart has no ratios.
func TestFigures(t *testing.T) {
	subjects := func(all []fixtures.Figure) (names []string) {
		for _, f := range all {
			names = append(names, f.Subject)
		}
		return names
	}
	got := more.Figures(map[string][]float64{"ours": {2}, "raw": {1}, "b": {1}, "a": {1}, "again": nil})
	if diff := cmp.Diff([]string{"raw", "ours", "a", "b"}, subjects(got)); diff != "" {
		t.Errorf("the subjects (-want +got):\n%s", diff)
	}
	if got[1].AARatio != nil || *got[1].Ratio != 2 {
		t.Errorf("it has %+v, want a ratio of 2 and none of the same twice", got[1])
	}
	for _, f := range (Group{What: "a table: rounds, n", Apart: true}).Figures(map[string][]float64{"b": {1}, "a": {2}}) {
		if f.Ratio != nil || f.AARatio != nil || f.Met != nil {
			t.Errorf("what is apart is compared: %+v", f)
		}
	}
}

// No further from 1 than the same thing twice, in either direction, is no difference.
func TestDifferent(t *testing.T) {
	for _, c := range []struct {
		ratio, again float64
		want         bool
	}{{1.04, 1.05, false}, {.96, 1.05, false}, {1.06, 1.05, true}, {.9, 1.05, true}, {1.04, .95, false}, {.9, .95, true}} {
		if got := Different(fixtures.Figure{Ratio: &c.ratio, AARatio: &c.again}); got != c.want {
			t.Errorf("a ratio of %v is a difference: %v, want %v, where the same twice is %v", c.ratio, got, c.want, c.again)
		}
	}
}

func sample() fixtures.Figures {
	rows := more.Figures(map[string][]float64{"raw": {900, 1000, 1100}, "again": {1010, 1020, 1030}, "ours": {985, 991, 801}})
	rows = append(rows, less.Figures(map[string][]float64{"raw": {5, 5, 5}, "ours": {5.5, 5.5, 5.5}})...)
	rows = append(rows, Group{What: "another: memory, kB", Apart: true}.Figures(map[string][]float64{"<them>": {12.34}})...)
	return fixtures.Figures{Format: 1, Machine: "a machine", Rounds: 3, Rows: rows}
}

func TestPrint(t *testing.T) {
	var out bytes.Buffer
	if err := Print(&out, sample()); err != nil {
		t.Fatal(err)
	}
	want := `a machine; 3 rounds

A TABLE

                 median  quartiles     ratio   twice the same  target
handshakes, 1/s
  raw            1000    950 to 1050   1.00    1.02
  again          1020    1015 to 1025  1.02 ≈  1.02
  ours           985     893 to 988    0.98 ≈  1.02            at least 0.9 times, by each quartile  met
time, s
  raw            5       5 to 5        1.00                    at most 4 s                           not met
  ours           5.5     5.5 to 5.5    1.10                    at most 1.3 times                     met

ANOTHER

            median  quartiles     ratio  twice the same  target
memory, kB
  <them>    12.3    12.3 to 12.3
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("it prints (-want +got):\n%s", diff)
	}
}

func TestMarkdown(t *testing.T) {
	want := `On a machine, in 3 rounds: medians, and in brackets their ratios to the first one; ≈ is no difference, for the same thing measured twice is as far off.

| a table | handshakes, 1/s | time, s | target |
| --- | --- | --- | --- |
| raw | 1000 | 5 | at most 4 s: not met |
| again | 1020 (1.02 ≈) |  |  |
| ours | 985 (0.98 ≈) | 5.5 (1.10) | at least 0.9 times, by each quartile: met; at most 1.3 times: met |

| another | <them> |
| --- | --- |
| memory, kB | 12.3 |
`
	if diff := cmp.Diff(want, Markdown(sample())); diff != "" {
		t.Errorf("README says (-want +got):\n%s", diff)
	}
	if got := Markdown(fixtures.Figures{Format: 1}); got != "" {
		t.Errorf("where nothing was measured README says\n%s", got)
	}
}

// The JSON has the members that are promised, each of them in every row.
func TestJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	if err := sample().Write(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	rows := got["rows"].([]any)
	delete(got, "rows")
	if diff := cmp.Diff(map[string]any{"format": 1.0, "machine": "a machine", "rounds": 3.0}, got); diff != "" {
		t.Errorf("the head (-want +got):\n%s", diff)
	}
	want := map[string]any{"what": "a table: time, s", "subject": "ours", "median": 5.5, "q1": 5.5, "q3": 5.5,
		"ratio": 1.1, "aa_ratio": nil, "target": "at most 1.3 times", "met": true}
	if diff := cmp.Diff(want, rows[4]); diff != "" {
		t.Errorf("a row (-want +got):\n%s", diff)
	}
	if n := len(rows[5].(map[string]any)); n != len(want) {
		t.Errorf("a row without a target has %d members, want %d", n, len(want))
	}
}

// The page is whole in itself, and has a plot of each thing that was measured.
func TestWriteHTML(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.html")
	if err := WriteHTML(file, sample()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if n := strings.Count(text, "<svg"); n != 3 {
		t.Errorf("it has %d plots, want 3", n)
	}
	if n := strings.Count(text, `class="median"`); n != 6 {
		t.Errorf("it has %d medians, want 6", n)
	}
	for _, part := range []string{"a machine", "&lt;them&gt;", "at least 0.9 times, by each quartile", "not met", "prefers-color-scheme: dark"} {
		if !strings.Contains(text, part) {
			t.Errorf("it does not have %q", part)
		}
	}
	if outside := regexp.MustCompile(`(?:src|href)="(?:https?:)?//[^"]*"|url\(`).FindString(text); outside != "" {
		t.Errorf("it needs %s", outside)
	}
	widths := regexp.MustCompile(`class="bar" x="0" y="5" width="([\d.]+)"`).FindAllStringSubmatch(text, -1)
	if len(widths) != 3 || !strings.HasPrefix(widths[0][1], "952.38") {
		t.Errorf("the first bars are %q wide, want 1000 of 1050 in the first one: 952.38 of 1000", widths)
	}
}
