package verdict

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What happened once is shown, be it between thousands of lines that are all alike.
func TestTimelineIsShortened(t *testing.T) {
	began := time.Now()
	var timeline Timeline
	add := func(who, format string, a ...any) {
		timeline = append(timeline, Moment{Time: began.Add(time.Duration(len(timeline)) * time.Millisecond), Who: who, Said: fmt.Sprintf(format, a...)})
	}
	bulk := func() {
		for n := range 1000 {
			add("peer", "sent a record: application_data, %d bytes", 16000+n)
			add("subject", "read callback of A called with tls: %q… (%d bytes)", strings.Repeat("\"x", n%7), n)
		}
	}
	add("suite", "request 2: connect")
	add("peer", "the client connected")
	bulk()
	add("subject", "event callback of A called with tcp-eof")
	bulk()
	add("suite", "request 3: end")
	got := timeline.String()
	for _, want := range []string{"request 2: connect", "the client connected", "tcp-eof", "request 3: end", "application_data, 16000 bytes", "(999 bytes)", "more of the kind"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not show %q:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n > 40 {
		t.Errorf("it has %d lines:\n%s", n, got)
	}
}

// What is short is shown whole.
func TestTimelineIsWhole(t *testing.T) {
	timeline := make(Timeline, longStretch)
	for n := range timeline {
		timeline[n] = Moment{Time: time.Unix(int64(n), 0), Who: "peer", Said: fmt.Sprintf("sent a record: alert, %d bytes", n)}
	}
	if got := timeline.String(); strings.Count(got, "\n") != longStretch {
		t.Errorf("it shows\n%s", got)
	}
}

// A stranger is told what a canary is, where there is one.
func TestLegend(t *testing.T) {
	for who, want := range map[string]string{"peer": "\ntimeline, in milliseconds:\n", Canary: "\ntimeline, in milliseconds (the canary is "} {
		if got := (Failure{Timeline: Timeline{{Who: who, Said: "x"}}}).String(); !strings.Contains(got, want) {
			t.Errorf("with %s: want %q in\n%s", who, want, got)
		}
	}
}
