package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// isTerminal tells whether somebody looks at what is written, and not a dumb one.
func isTerminal(w io.Writer) bool {
	file, is := w.(*os.File)
	if !is || os.Getenv("TERM") == "dumb" {
		return false
	}
	_, err := pty.GetsizeFull(file)
	return err == nil
}

// coloured tells whether what is written there may have colours; see no-color.org.
func coloured(w io.Writer) bool { return os.Getenv("NO_COLOR") == "" && isTerminal(w) }

// progress has the run be told of while it lasts, as the flags have it: on a terminal by a line that is gone in the end,
// or by every event. The function that it returns ends that.
func (r *runCommand) progress(o *conformance.Options, w io.Writer) (end func()) {
	switch {
	case r.Verbose:
		v := &verbose{w: w, began: time.Now()}
		o.Began, o.Event = v.spec, v.event
	case !r.Quiet && isTerminal(w):
		l := startLive(w.(*os.File))
		o.Began = l.spec
		return l.end
	}
	return func() {}
}

// verbose writes a line for each event.
type verbose struct {
	mu    sync.Mutex
	w     io.Writer
	began time.Time
}

func (v *verbose) spec(name string, n, of int) {
	v.line(name, verdict.Moment{Time: time.Now(), Who: "suite", Said: fmt.Sprintf("begins (%d of %d): %s", n, of, name)})
}

func (v *verbose) event(spec string, m verdict.Moment) { v.line(spec, m) }

func (v *verbose) line(spec string, m verdict.Moment) {
	v.mu.Lock()
	defer v.mu.Unlock()
	clause, _, _ := strings.Cut(spec, " ")
	ms := float64(m.Time.Sub(v.began).Microseconds()) / 1000
	fmt.Fprintf(v.w, "%9.1f  %-25s  %-8s  %s\n", ms, clause, m.Who, m.What())
}

// A live line tells how far a run has come.
type live struct {
	terminal *os.File
	began    time.Time
	stop     chan struct{}
	stopped  chan struct{}

	mu    sync.Mutex
	where string // the spec that runs, and the how manieth it is
}

// frame is how long a line stands at least: people see no more than that.
const frame = 100 * time.Millisecond

func startLive(terminal *os.File) *live {
	l := &live{terminal: terminal, began: time.Now(), stop: make(chan struct{}), stopped: make(chan struct{})}
	go l.run()
	return l
}

func (l *live) spec(name string, n, of int) {
	clause, _, _ := strings.Cut(name, " ")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.where = fmt.Sprintf("%d of %d  %s", n, of, clause)
}

// run draws the line whenever it has changed, and clears it in the end.
func (l *live) run() {
	defer close(l.stopped)
	ticks := time.NewTicker(frame)
	defer ticks.Stop()
	for shown := ""; ; {
		select {
		case <-ticks.C:
			if line := l.line(); line != shown {
				shown = line
				io.WriteString(l.terminal, "\r"+line+eraseRest)
			}
		case <-l.stop:
			io.WriteString(l.terminal, "\r"+eraseRest)
			return
		}
	}
}

// eraseRest has a terminal erase what stands behind the cursor: the line is never empty in between.
const eraseRest = "\x1b[K"

// line is the line as it is now, short enough not to be broken.
func (l *live) line() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := []rune(fmt.Sprintf("%3.0f s  %s", time.Since(l.began).Seconds(), l.where))
	width := 80
	if size, err := pty.GetsizeFull(l.terminal); err == nil && size.Cols > 0 {
		width = int(size.Cols)
	}
	return string(line[:min(len(line), width-1)])
}

// end has the line be gone.
func (l *live) end() {
	close(l.stop)
	<-l.stopped
}
