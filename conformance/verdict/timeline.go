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
)

// A Moment is a line of a timeline.
type Moment struct {
	Time time.Time
	// Who did it: suite, subject, or the name of a peer.
	Who string
	// Said is what happened in words, where it is none of these.
	Said string

	request *subject.Request
	record  *subject.Record
	entry   *fakeserver.Entry
	left    int // it stands for so many that are left out
}

// What is what happened in words. They are made when somebody asks, since of most moments nobody does.
func (m Moment) What() string {
	switch {
	case m.request != nil:
		return fmt.Sprintf("request %d: %s", m.request.ID, m.request)
	case m.record != nil:
		return m.record.String()
	case m.entry != nil:
		return m.entry.String()
	default:
		return m.Said
	}
}

// A Timeline is what happened on all sides, on one clock.
type Timeline []Moment

// Requested adds what the suite asked of the subject.
func (t *Timeline) Requested(at time.Time, r subject.Request) {
	*t = append(*t, Moment{Time: at, Who: "suite", request: &r})
}

// Reported adds what the subject reported.
func (t *Timeline) Reported(r subject.Record) {
	*t = append(*t, Moment{Time: r.Time, Who: "subject", record: &r})
}

// Passed adds what passed at a peer.
func (t *Timeline) Passed(peer string, entries []fakeserver.Entry) {
	for _, e := range entries {
		*t = append(*t, Moment{Time: e.Time, Who: peer, entry: &e})
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
	sorted := t.sorted()
	width := len(slices.MaxFunc(sorted, func(a, b Moment) int { return cmp.Compare(len(a.Who), len(b.Who)) }).Who)
	var b strings.Builder
	for _, m := range sorted.shortened() {
		if m.left > 0 {
			fmt.Fprintf(&b, "%9s  %s\n", "…", m.What())
			continue
		}
		fmt.Fprintf(&b, "%9.1f  %-*s  %s\n", milliseconds(sorted[0].Time, m.Time), width, m.Who, m.What())
	}
	return b.String()
}

func (t Timeline) sorted() Timeline {
	return slices.SortedStableFunc(slices.Values(t), func(a, b Moment) int { return a.Time.Compare(b.Time) })
}

func milliseconds(from, to time.Time) float64 { return float64(to.Sub(from).Microseconds()) / 1000 }

// A stretch is shown by its ends if it is longer than that.
const (
	longStretch = 20
	itsEnds     = 6
)

// shortened is a timeline in which one moment stands for the middle of each long stretch of the same.
func (t Timeline) shortened() (short Timeline) {
	for rest := t; len(rest) > 0; {
		n := rest.monotonous()
		stretch := rest[:n]
		rest = rest[n:]
		if n <= longStretch {
			short = append(short, stretch...)
			continue
		}
		left := n - 2*itsEnds
		short = append(short, stretch[:itsEnds]...)
		short = append(short, Moment{Time: stretch[itsEnds].Time, Said: fmt.Sprintf("%d more of the kind", left), left: left})
		short = append(short, stretch[n-itsEnds:]...)
	}
	return short
}

// particular is what may differ between moments of one kind.
var particular = regexp.MustCompile(`"([^"\\]|\\.)*"|[0-9]+`)

// monotonous is how many moments from the first on are of the kinds that its beginning shows: a large transfer, say.
func (t Timeline) monotonous() int {
	kinds := map[string]bool{}
	for n, m := range t {
		kind := m.Who + particular.ReplaceAllString(m.What(), "#")
		if n >= itsEnds && !kinds[kind] {
			return n
		}
		kinds[kind] = true
	}
	return len(t)
}
