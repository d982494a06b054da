package main

import (
	"os/exec"
	"runtime"
	"slices"
	"strconv"
)

// A way is how the suite is run.
type way struct {
	name     string
	race     bool // with the race detector
	parallel bool // by two processes that share the specs
	relayed  bool // with a relay on the way to each peer
	burning  bool // while other processes burn all cores
	halting  bool // while the suite is stopped for a moment now and then, as a machine may be that others have a share of
	// under is the command that the suite is started by, in one of the lanes; nil for none.
	under func(lane int) []string
	// atOnce is how many runs go side by side, for each core; 0 stands for 1.
	atOnce int
	// shares are how many runs there are to be of each subject.
	shares [3]int
}

// The order of the specs is random in all of them. A run keeps a core busy, and so there is one for each; but one that
// goes through a relay mostly waits. What meets two goals at once, or takes the least time, has the largest shares.
var ways = []way{
	{name: "random order", shares: [...]int{410, 14, 56}},
	{name: "in parallel", parallel: true, shares: [...]int{120, 10, 20}},
	{name: "race detector", race: true, shares: [...]int{120, 4, 76}},
	{name: "one core", under: oneCore, shares: [...]int{924, 10, 118}},
	{name: "busy cores", burning: true, shares: [...]int{20, 6, 10}},
	{name: "halts", halting: true, shares: [...]int{20, 6, 10}},
	{name: "relay", relayed: true, atOnce: 2, shares: [...]int{32, 10, 14}},
	{name: "netem", under: netem, atOnce: 2, shares: [...]int{20, 10, 10}},
}

// The subjects: all that is said of correct implementations is said of these.
const (
	inProcess = "reference"
	served    = "reference, served"
	memorybio = "memorybio"
)

var subjects = [...]string{inProcess, served, memorybio}

// A cell is a subject that is judged in a way.
type cell struct {
	way     *way
	subject string
	share   int
}

// cellsBut are all of them, but for the ways that there are no means for: in such an order that the first few have
// something of each way and of each subject.
func cellsBut(missing ...string) (all []cell) {
	for round := range subjects {
		for w := range ways {
			if s := (round + w) % len(subjects); !slices.Contains(missing, ways[w].name) {
				all = append(all, cell{&ways[w], subjects[s], ways[w].shares[s]})
			}
		}
	}
	return all
}

// lanes is how many runs go side by side.
func (w *way) lanes() int {
	switch {
	case w.parallel:
		return 1 // which takes two cores
	case w.atOnce > 0:
		return w.atOnce * runtime.NumCPU()
	default:
		return runtime.NumCPU()
	}
}

func oneCore(lane int) []string { return []string{"taskset", "-c", strconv.Itoa(lane)} }

// netem has the kernel's own emulation of a network on a loopback interface that nothing else uses.
func netem(int) []string {
	return []string{"unshare", "--net", "sh", "-ec",
		`ip link set lo up; tc qdisc add dev lo root netem delay 1ms 1ms; exec "$@"`, "sh"}
}

// withoutNetem is why the kernel's emulation cannot be had; empty if it can.
func withoutNetem() string {
	try := append(netem(0), "true")
	out, err := exec.Command(try[0], try[1:]...).CombinedOutput()
	if err == nil {
		return ""
	}
	if first := firstLine(string(out)); first != "" {
		return first
	}
	return err.Error()
}
