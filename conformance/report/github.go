package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// mostTold is how many failures a summary tells, and how many annotations GitHub shows of a step.
const mostTold = 10

// JobSummary is the verdict in Markdown, as GitHub shows it of a job: in short.
func JobSummary(v verdict.Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## TLS wrap: %s\n\n%s\n\n%s\n\n", inAWord(v), inMarkdown(name(v.Subject)), Summary(v))
	markdownTable(&b, v)
	var unexpected, expected []verdict.Spec
	for _, s := range v.Failures() {
		if s.Expected != "" {
			expected = append(expected, s)
		} else {
			unexpected = append(unexpected, s)
		}
	}
	if len(unexpected) > 0 {
		fmt.Fprintf(&b, "\n### Failed\n")
	}
	for _, s := range unexpected[:min(len(unexpected), mostTold)] {
		markdownFailure(&b, s)
	}
	if n := len(unexpected) - mostTold; n > 0 {
		fmt.Fprintf(&b, "\nand %s more: junit.xml has all of them.\n", plural(n))
	}
	if len(expected) > 0 {
		fmt.Fprintf(&b, "\n### Failed as expected\n\n")
	}
	for _, s := range expected {
		fmt.Fprintf(&b, "- %s: %s\n", inMarkdown(s.Name), inMarkdown(s.Expected))
	}
	return b.String()
}

func markdownTable(b *strings.Builder, v verdict.Verdict) {
	groups, counts := grouped(v)
	b.WriteString("| clauses |")
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", c.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|", len(columns)) + "\n")
	for _, group := range groups {
		fmt.Fprintf(b, "| %s |", group)
		for _, c := range columns {
			fmt.Fprintf(b, " %s |", countCell(counts[group], c.status))
		}
		b.WriteString("\n")
	}
}

func markdownFailure(b *strings.Builder, s verdict.Spec) {
	text := gist(s.Failure)
	if command := commandOf(s.Failure); command != "" {
		text += "\n\nagain: " + command
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	// To GitHub this is HTML, and Markdown again behind a blank line.
	fmt.Fprintf(b, "\n<details><summary>✗ %s</summary>\n\n%sdiff\n%s\n%s\n\n</details>\n", entities.Replace(failedTitle(s)), fence, text, fence)
}

// failedTitle is what failed, in a line.
func failedTitle(s verdict.Spec) string {
	if s.Clause == "" {
		return "the suite itself, which says nothing of the subject"
	}
	return s.Name
}

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// inMarkdown is text that Markdown takes as it is.
func inMarkdown(text string) string {
	return strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "|", "\\|", "<", "&lt;", "&", "&amp;", "\n", " ").Replace(text)
}

// Annotations are the lines by which GitHub comes to show failures beside a job: errors for what the gate is closed by,
// and warnings for other failures, but for those that were expected.
func Annotations(v verdict.Verdict, g verdict.Gate) string {
	failures := slices.DeleteFunc(v.Failures(), func(s verdict.Spec) bool { return s.Expected != "" })
	var b strings.Builder
	for n, s := range failures {
		if n == mostTold-1 && len(failures) > mostTold {
			fmt.Fprintf(&b, "::error title=sslconform::%s more failed: the summary of the job tells which\n", plural(len(failures)-n))
			break
		}
		kind := "error"
		if !countsFor(v, s, g) {
			kind = "warning"
		}
		text := gist(s.Failure)
		if command := commandOf(s.Failure); command != "" {
			text += "\nagain: " + command
		}
		fmt.Fprintf(&b, "::%s title=%s::%s\n", kind, annotationTitle.Replace(failedTitle(s)), annotationText.Replace(text))
	}
	return b.String()
}

// What the commands of a workflow take for a message, and for a property of one.
var (
	annotationText  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	annotationTitle = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// countsFor tells whether a failure is one that the gate is closed by.
func countsFor(v verdict.Verdict, s verdict.Spec, g verdict.Gate) bool {
	n := slices.IndexFunc(v.Clauses, func(c verdict.Clause) bool { return c.ID == s.Clause })
	if n < 0 || s.Blame != "" || s.Stale {
		return true
	}
	c := v.Clauses[n]
	return !c.Advisory && (c.Level == fixtures.Must || !g.MustOnly)
}
