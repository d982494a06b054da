package verdict

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
	"github.com/sslconform/sslconform/fixtures"
)

// A Failure is what a person needs to understand why a spec failed, without running it again.
type Failure struct {
	Clause fixtures.Clause
	// Spec is what was tried, in words.
	Spec string
	// ByDriver: what the clause is about is the driver's doing, not its implementation's.
	ByDriver bool
	// Blame is empty where the subject failed.
	Blame Blame
	// Message is what was expected and what came.
	Message  string
	Timeline Timeline
	// Again is the command that runs the spec again.
	Again string
}

func (f Failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s\n", f.Clause.ID, f.Clause.Level, f.Clause.Text)
	if f.Clause.Quote != "" {
		fmt.Fprintf(&b, "the documentation: %q\n", f.Clause.Quote)
	}
	if f.Spec != "" {
		fmt.Fprintf(&b, "the spec: %s\n", f.Spec)
	}
	if f.ByDriver {
		b.WriteString("The driver says that this is its own doing, not its implementation's.\n")
	}
	switch f.Blame {
	case Driver:
		b.WriteString("The clause was not judged: the driver broke the protocol.\n")
	case Suite:
		b.WriteString("The clause was not judged: the suite could not do its work.\n")
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(f.Message))
	if len(f.Timeline) > 0 {
		fmt.Fprintf(&b, "\ntimeline, in milliseconds:\n%s", f.Timeline)
	}
	fmt.Fprintf(&b, "\nagain: %s\n", f.Again)
	return b.String()
}

// A Moment is a line of a timeline.
type Moment struct {
	Time time.Time
	// Who did it: suite, subject, or the name of a peer.
	Who  string
	What string
}

// A Timeline is what happened on all sides, on one clock.
type Timeline []Moment

// Requested adds what the suite asked of the subject.
func (t *Timeline) Requested(at time.Time, r subject.Request) {
	*t = append(*t, Moment{at, "suite", fmt.Sprintf("request %d: %s", r.ID, r)})
}

// Reported adds what the subject reported.
func (t *Timeline) Reported(r subject.Record) {
	*t = append(*t, Moment{r.Time, "subject", r.String()})
}

// Passed adds what passed at a peer.
func (t *Timeline) Passed(peer string, entries []fakeserver.Entry) {
	for _, e := range entries {
		*t = append(*t, Moment{e.Time, peer, e.String()})
	}
}

func (t Timeline) String() string {
	if len(t) == 0 {
		return ""
	}
	sorted := slices.SortedStableFunc(slices.Values(t), func(a, b Moment) int { return a.Time.Compare(b.Time) })
	width := len(slices.MaxFunc(sorted, func(a, b Moment) int { return cmp.Compare(len(a.Who), len(b.Who)) }).Who)
	var b strings.Builder
	for _, m := range sorted {
		ms := float64(m.Time.Sub(sorted[0].Time).Microseconds()) / 1000
		fmt.Fprintf(&b, "%9.1f  %-*s  %s\n", ms, width, m.Who, m.What)
	}
	return b.String()
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+-]+$`)

// CommandLine joins words so that a shell takes them as they are.
func CommandLine(words ...string) string {
	quoted := make([]string, len(words))
	for n, word := range words {
		if quoted[n] = word; !plainWord.MatchString(word) {
			quoted[n] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
