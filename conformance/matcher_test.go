package conformance

import (
	"slices"
	"strings"
	"testing"
)

// A difference is told in one way, in which no type of this package occurs: whichever of lines that are alike go-cmp takes
// for the one too many, it is the last.
func TestSteady(t *testing.T) {
	for name, test := range map[string]struct{ diff, want string }{
		"nothing":           {"", ""},
		"white\u00a0space":  {"\u00a0\u00a0string(\n-\u00a0\t\"a\",\n+\u00a0\t\"b\",\n\u00a0\u00a0)\n", "  string(\n- \t\"a\",\n+ \t\"b\",\n  )\n"},
		"types":             {"  []conformance.line{\n+ \t\"a\",\n  }\n", "  {\n+ \t\"a\",\n  }\n"},
		"of a value":        {"  conformance.line(\n- \t\"a\",\n+ \t\"b\",\n  )\n", "  (\n- \t\"a\",\n+ \t\"b\",\n  )\n"},
		"one too many":      {"  {\n+ \t\"a\",\n  \t\"a\",\n  \t\"a\",\n  \t\"b\",\n  }\n", "  {\n  \t\"a\",\n  \t\"a\",\n+ \t\"a\",\n  \t\"b\",\n  }\n"},
		"it is the last":    {"  {\n  \t\"a\",\n+ \t\"a\",\n  }\n", "  {\n  \t\"a\",\n+ \t\"a\",\n  }\n"},
		"two missing":       {"  {\n- \t\"a\",\n- \t\"b\",\n  \t\"a\",\n  \t\"b\",\n  }\n", "  {\n  \t\"a\",\n  \t\"b\",\n- \t\"a\",\n- \t\"b\",\n  }\n"},
		"another in place":  {"  {\n- \t\"a\",\n+ \t\"b\",\n  \t\"a\",\n  }\n", "  {\n- \t\"a\",\n+ \t\"b\",\n  \t\"a\",\n  }\n"},
		"the rest is there": {"  {\n+ \t\"a\",\n  \t\"b\",\n  }\n", "  {\n+ \t\"a\",\n  \t\"b\",\n  }\n"},
	} {
		if got := steady(test.diff); got != test.want {
			t.Errorf("%s: got\n%swant\n%s", name, got, test.want)
		}
	}
}

// Whatever bytes a subject passes off as data are told, be they no text, and not all of them.
func TestRuns(t *testing.T) {
	for data, want := range map[string][]line{
		"":                         nil,
		"aab":                      {`2 times "a"`, `1 times "b"`},
		"\xc3\xa9\xff\xff":         {`1 times "\xc3"`, `1 times "\xa9"`, `2 times "\xff"`},
		strings.Repeat("ab", 1000): append(slices.Repeat([]line{`1 times "a"`, `1 times "b"`}, 32), "1936 bytes more"),
	} {
		if got := runs(data); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", data, got, want)
		}
	}
}
