package conformance

import (
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// idleLimit is how long nobody may be idle without an entry in the ledger.
const idleLimit = 20 * time.Millisecond

// itsTimes is why a spec waits that is about times.
const itsTimes = "for the times that it is about"

// waits runs f, which waits for something, and notes how long this process was idle meanwhile: time in which it worked
// (a large transfer, say) is no waiting.
func (s *suite) waits(spec, reason string, f func()) {
	if idle := idleness(f); idle > idleLimit {
		s.ledger = append(s.ledger, verdict.Wait{Spec: spec, Reason: reason, Seconds: idle.Seconds()})
	}
}

// waits runs f for a spec. What is started before the specs keeps none of them waiting.
func (sp *spec) waits(reason string, f func()) {
	if sp.kind == timed {
		f()
		return
	}
	sp.suite.waits(sp.name(), reason, f)
}

// idleness is how long f took beyond the CPU time that the process used meanwhile.
func idleness(f func()) time.Duration {
	began, used := time.Now(), cpuTime()
	f()
	return time.Since(began) - (cpuTime() - used)
}

// cpuTime is what this process and its threads have used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
