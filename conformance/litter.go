package conformance

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// litter counts what specs leave behind in this process: sockets that are open and goroutines that run. What is parked,
// or belongs to a spec that runs beside the others, is gone by the end of the suite; what is not was left behind.
type litter struct {
	before  map[string]bool   // sockets that were open before the suite
	sockets map[string]string // sockets that are open, with the spec behind which they were seen first
}

// specLabel marks the goroutines that a spec starts.
const specLabel = "sslconform-spec"

// litterOf runs a spec so that its goroutines are known by it.
func litterOf(spec string, f func()) {
	pprof.Do(context.Background(), pprof.Labels(specLabel, spec), func(context.Context) { f() })
}

func (l *litter) begin() {
	l.before = openSockets()
	l.sockets = make(map[string]string)
}

// after counts behind a spec.
func (l *litter) after(spec string) {
	open := openSockets()
	maps.DeleteFunc(l.sockets, func(socket, _ string) bool { return !open[socket] })
	for socket := range open {
		if l.sockets[socket] == "" && !l.before[socket] {
			l.sockets[socket] = spec
		}
	}
}

// left tells what is still there at the end of the suite, and empty if that is nothing. Whoever waits for a goroutine is
// told a moment before its end, so what is there may be about to go.
func (l *litter) left() string {
	const enough = 2 * time.Second
	for since := time.Now(); time.Since(since) < enough && l.look() != ""; {
		<-time.After(time.Millisecond)
	}
	return l.look()
}

// look tells what is there.
func (l *litter) look() string {
	l.after("the end of the suite")
	var b strings.Builder
	for _, socket := range slices.Sorted(maps.Keys(l.sockets)) {
		fmt.Fprintf(&b, "%s is still open; it was there first after %s\n", socket, l.sockets[socket])
	}
	for _, stack := range labelled() {
		fmt.Fprintf(&b, "a goroutine still runs:\n%s\n", stack)
	}
	if b.Len() == 0 {
		return ""
	}
	return "specs, or a subject in their process, left something behind:\n" + b.String()
}

// openSockets are those of this process by their inodes; none where the system does not tell.
func openSockets() map[string]bool {
	open := map[string]bool{}
	descriptors, _ := os.ReadDir("/proc/self/fd")
	for _, d := range descriptors {
		fd, err := strconv.Atoi(d.Name())
		var about syscall.Stat_t
		if err == nil && syscall.Fstat(fd, &about) == nil && about.Mode&syscall.S_IFMT == syscall.S_IFSOCK {
			open[fmt.Sprintf("socket:[%d]", about.Ino)] = true
		}
	}
	return open
}

// labelled are the stacks of goroutines that were started by specs.
func labelled() []string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return []string{err.Error()}
	}
	return slices.DeleteFunc(strings.Split(profile.String(), "\n\n"), func(stack string) bool {
		return !strings.Contains(stack, specLabel)
	})
}
