package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

//go:embed pages
var pages embed.FS

// shape is what all pages have in common. They are whole in themselves: style and script are part of each, and nothing
// else is allowed to be one or to be fetched, whatever a subject has put into its messages.
type shape struct {
	Title  string
	Style  template.CSS
	Script template.JS
	Policy string
}

func newShape(title string) (shape, error) {
	style, err := pages.ReadFile("pages/page.css")
	if err != nil {
		return shape{}, err
	}
	script, err := pages.ReadFile("pages/page.js")
	if err != nil {
		return shape{}, err
	}
	policy := fmt.Sprintf("default-src 'none'; img-src data:; style-src %s; script-src %s; base-uri 'none'; form-action 'none'", hashed(style), hashed(script))
	return shape{title, template.CSS(style), template.JS(script), policy}, nil
}

// hashed is how a policy names what it allows.
func hashed(content []byte) string {
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// write fills a template of pages and writes it to a file, whole or not at all.
func write(path, name string, data any) error {
	t, err := template.New(name).Funcs(functions).ParseFS(pages, "pages/*.tmpl")
	if err != nil {
		return fmt.Errorf("read the template of %s: %w", path, err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("fill the template of %s: %w", path, err)
	}
	if err := replace(path, b.Bytes()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// replace writes a file, whole or not at all.
func replace(path string, data []byte) error {
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

var functions = template.FuncMap{
	"mark":    mark,
	"word":    word,
	"meaning": meaning,
	"level":   level,
	"lines":   lines,
	"took":    took,
	"ms":      func(ms float64) string { return fmt.Sprintf("%.1f", ms) },
	"when":    func(t time.Time) string { return t.Format("2 January 2006, 15:04:05 MST") },
	"lane":    lane,
	"lanes":   func() []verdict.Lane { return verdict.Lanes },
	"join":    strings.Join,
	"plural":  plural,
	"prose":   prose,
}

// mark is a sign for a status, for where it is told apart not by a colour.
func mark(s verdict.Status) string {
	return map[verdict.Status]string{verdict.Passed: "✓", verdict.Failed: "✗", verdict.ByDriver: "◐", verdict.Unsupported: "–", verdict.NotRun: "·"}[s]
}

// word is how a status is called.
func word(s verdict.Status) string {
	for _, c := range columns {
		if c.status == s {
			return c.name
		}
	}
	return string(s)
}

// meaning is what a verdict or a status means.
func meaning(of any) string {
	return map[string]string{
		string(verdict.Conformant):    "Every must that applies passed.",
		string(verdict.Partial):       "Every must that applies passed, but a documented capability is missing, or it is the driver that provides it.",
		string(verdict.Incomplete):    "No must failed, but not every one was tried.",
		string(verdict.NonConformant): "A must failed: the subject does not do what the documentation promises.",

		string(verdict.Passed):      "All of its specs that apply passed.",
		string(verdict.Failed):      "At least one of its specs failed.",
		string(verdict.Unsupported): "It needs a capability that the subject does not declare.",
		string(verdict.ByDriver):    "It passed, but the driver does it, not the implementation.",
		string(verdict.NotRun):      "Some of its specs were not selected, or something that is not the subject's doing kept them from being judged.",
	}[fmt.Sprint(of)]
}

// level is what a level means.
func level(l fixtures.Level) string {
	return map[fixtures.Level]string{
		fixtures.Must:   "The documentation promises it, or an ssl-socket inherits it.",
		fixtures.Should: "Users of such an interface rely on it.",
		fixtures.Secure: "Breaking it is a known class of vulnerability.",
	}[l]
}

// prose is a text in which code stands between backquotes.
func prose(text string) template.HTML {
	parts := strings.Split(text, "`")
	var b strings.Builder
	for n, part := range parts {
		part = template.HTMLEscapeString(part)
		if n%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// took is a time that something took, in seconds.
func took(s float64) string {
	if s < 1 {
		return fmt.Sprintf("%.0f ms", s*1000)
	}
	return fmt.Sprintf("%.1f s", s)
}

// A textLine is a line of a message, and whether that is only in what was wanted or only in what came.
type textLine struct{ Text, Class string }

// lines takes a message apart; a difference marks its lines in their first place.
func lines(message string) (all []textLine) {
	for text := range strings.SplitSeq(message, "\n") {
		l := textLine{Text: text}
		sign, rest := "", ""
		if len(text) > 1 {
			sign, rest = text[:1], text[1:]
		}
		if first := []rune(rest); len(first) > 0 && unicode.IsSpace(first[0]) {
			l.Class = map[string]string{"-": "wanted", "+": "came"}[sign]
		}
		all = append(all, l)
	}
	return all
}

// lane is the place of a lane in the order of a diagram.
func lane(l verdict.Lane) int {
	for n, other := range verdict.Lanes {
		if other == l {
			return n
		}
	}
	return 0
}
