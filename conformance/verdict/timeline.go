package verdict

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

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

// Canary is the peer that shows whether the loop of the subject's session still runs.
const Canary = "canary"

// legend says who a stranger cannot know.
func (t Timeline) legend() string {
	if slices.ContainsFunc(t, func(m Moment) bool { return m.Who == Canary }) {
		return " (the canary is a plain connection of the same session, which shows that the loop still runs)"
	}
	return ""
}

// String is the timeline in order, long stretches of the same shortened.
func (t Timeline) String() string {
	if len(t) == 0 {
		return ""
	}
	sorted := slices.SortedStableFunc(slices.Values(t), func(a, b Moment) int { return a.Time.Compare(b.Time) })
	width := len(slices.MaxFunc(sorted, func(a, b Moment) int { return cmp.Compare(len(a.Who), len(b.Who)) }).Who)
	var b strings.Builder
	print := func(moments Timeline) {
		for _, m := range moments {
			ms := float64(m.Time.Sub(sorted[0].Time).Microseconds()) / 1000
			fmt.Fprintf(&b, "%9.1f  %-*s  %s\n", ms, width, m.Who, m.What)
		}
	}
	for rest := Timeline(sorted); len(rest) > 0; {
		n := rest.monotonous()
		shorten(&b, rest[:n], print)
		rest = rest[n:]
	}
	return b.String()
}

// A stretch is shown by its ends if it is longer than that.
const (
	longStretch = 20
	itsEnds     = 6
)

func shorten(w io.Writer, stretch Timeline, print func(Timeline)) {
	if len(stretch) <= longStretch {
		print(stretch)
		return
	}
	print(stretch[:itsEnds])
	fmt.Fprintf(w, "%9s  %d more of the kind\n", "…", len(stretch)-2*itsEnds)
	print(stretch[len(stretch)-itsEnds:])
}

// particular is what may differ between moments of one kind.
var particular = regexp.MustCompile(`"([^"\\]|\\.)*"|[0-9]+`)

// monotonous is how many moments from the first on are of the kinds that its beginning shows: a large transfer, say.
func (t Timeline) monotonous() int {
	kinds := map[string]bool{}
	for n, m := range t {
		kind := m.Who + particular.ReplaceAllString(m.What, "#")
		if n >= itsEnds && !kinds[kind] {
			return n
		}
		kinds[kind] = true
	}
	return len(t)
}
