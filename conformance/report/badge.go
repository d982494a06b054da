package report

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// badgeColours are those of the verdict's field. White text stands out on each by 4.5 to 1 at least (WCAG 2.2, 1.4.3).
var badgeColours = map[verdict.Conclusion]string{
	verdict.Conformant: "#1a7f37", verdict.Partial: "#8a6100", verdict.Incomplete: "#57606a", verdict.NonConformant: "#c1121f",
}

// Badge is a picture of the verdict in a word, as SVG.
func Badge(v verdict.Verdict) string {
	const label = "TLS wrap"
	text := inAWord(v)
	left, right := textWidth(label)+12, textWidth(text)+12
	title := entities.Replace(fmt.Sprintf("%s: %s (%s, judged by sslconform)", label, text, name(v.Subject)))
	piece := func(text string, x, width int) string {
		// The width is given, so that it fits whatever font there is.
		return fmt.Sprintf(`<text x="%d" y="14" textLength="%d">%s</text>`, x+6, width-12, text)
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="20" role="img" aria-labelledby="title">
<title id="title">%s</title>
<clipPath id="round"><rect width="%[1]d" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)"><rect width="%[3]d" height="20" fill="#24292f"/><rect x="%[3]d" width="%[4]d" height="20" fill="%[5]s"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" lengthAdjust="spacingAndGlyphs">%[6]s%[7]s</g>
</svg>
`, left+right, title, left, right, badgeColours[v.Verdict], piece(label, 0, left), piece(text, left, right))
}

// textWidth is about how wide text is in Verdana at 11 px.
func textWidth(text string) int {
	const narrow, usual = 4, 7
	width := 0
	for _, r := range text {
		switch r {
		case 'i', 'l', ' ', ',', '-', 'f', 'r', 't':
			width += narrow
		default:
			width += usual
		}
	}
	return width
}
