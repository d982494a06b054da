package report

import (
	"strings"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// A Style is how a verdict is printed.
type Style struct {
	// Quiet leaves out all but failures and the verdict.
	Quiet bool
	// Colour marks what is good and what is bad, for a terminal.
	Colour bool
}

const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

// verdictColours are those of the line of the verdict.
var verdictColours = map[verdict.Conclusion]string{
	verdict.Conformant: green, verdict.Partial: yellow, verdict.Incomplete: yellow, verdict.NonConformant: red,
}

// paint gives lines their colours: those of failures, of differences, and the verdict.
func paint(text string, v verdict.Verdict) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		content := strings.TrimSuffix(line, "\n")
		colour := lineColour(content)
		if content == Summary(v) {
			colour = bold + verdictColours[v.Verdict]
		}
		if colour != "" {
			content = colour + content + reset
		}
		b.WriteString(content + line[len(strings.TrimSuffix(line, "\n")):])
	}
	return b.String()
}

func lineColour(line string) string {
	for _, of := range []struct{ begins, colour string }{
		{"✗ ", bold + red}, {"? ", bold + yellow}, {"want: ", green}, {" got: ", red},
		{"- ", green}, {"-\u00a0", green}, {"-\t", green}, {"+ ", red}, {"+\u00a0", red}, {"+\t", red}, // -want +got
	} {
		if strings.HasPrefix(line, of.begins) {
			return of.colour
		}
	}
	return ""
}
