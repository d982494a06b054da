package verdict

import (
	"slices"

	"github.com/sslconform/sslconform/fixtures"
)

// The exit codes of the command.
const (
	ExitOK = 0
	// ExitFailed: something failed, be it a driver's fault in mid-run.
	ExitFailed = 1
	// ExitUsage: a flag or a file is wrong, the driver does not start, or nothing was run.
	ExitUsage = 2
	// ExitSuite: a fault of the suite itself, which says nothing of the subject.
	ExitSuite = 3
)

// A Gate says what a run is to be stopped by.
type Gate struct {
	// MustOnly: failures at other levels do not count.
	MustOnly bool
	// Strict: anything short of conformant counts.
	Strict bool
}

// ExitCode tells a script what the verdict means to it.
func (v Verdict) ExitCode(g Gate) int {
	switch {
	case v.suiteFault:
		return ExitSuite
	case v.NothingRun() && !v.driverFault:
		return ExitUsage
	case v.driverFault, v.stale, v.failed(g), g.Strict && v.Verdict != Conformant:
		return ExitFailed
	default:
		return ExitOK
	}
}

// NothingRun tells whether not a single spec was carried out: such a run is no success.
func (v Verdict) NothingRun() bool { return !v.ran }

func (v Verdict) failed(g Gate) bool {
	return slices.ContainsFunc(v.Clauses, func(c Clause) bool {
		return c.Unexpected() && (c.Level == fixtures.Must || !g.MustOnly)
	})
}
