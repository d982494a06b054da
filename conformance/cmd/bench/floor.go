package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A load is what the suite puts on the machine, as far as a machine cannot do without.
type load struct{ handshakes, bytes int }

// floors are runners that make as many handshakes as the suite, and move as many bytes, in all: the machine's floor.
func (b *bench) floors() (all []runner) {
	var counted *load
	for _, s := range b.clients[:2] {
		all = append(all, runner{name: floor + s.name, every: seldom, run: func(ctx context.Context) ([]reading, error) {
			if counted == nil {
				l, err := b.count(ctx)
				if err != nil {
					return nil, err
				}
				counted = &l
			}
			return b.floor(s, *counted)
		}})
	}
	return all
}

func (b *bench) floor(s subject, l load) ([]reading, error) {
	c, err := b.pair.client(s)
	if err != nil {
		return nil, err
	}
	served := ticks(b.pair.server.cmd.Process.Pid)
	shaken, err := c.do("handshakes %d %d", l.handshakes, atOnce)
	if err != nil {
		return nil, err
	}
	moved, err := c.do("down %d", l.bytes)
	if err != nil {
		return nil, err
	}
	cpu := (shaken["cpu"]+moved["cpu"])/float64(time.Second) + ticks(b.pair.server.cmd.Process.Pid) - served
	return []reading{
		{wallOf, floor + s.name, (shaken["wall"] + moved["wall"]) / float64(time.Second)},
		{cpuOfAll, floor + s.name, cpu},
	}, nil
}

// ticks is the CPU time in seconds that another process has used, as exactly as the system tells: in hundredths.
func ticks(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

var wrapRequest = regexp.MustCompile(`"op":"wrap"`)

// count has the suite judge a driver, and looks at the requests to wrap, and at how many bytes pass over the loopback
// interface meanwhile: what belongs to handshakes and to TCP among them.
func (b *bench) count(ctx context.Context) (l load, err error) {
	folder, err := os.MkdirTemp(b.folder, "count-")
	if err != nil {
		return l, fmt.Errorf("make a folder for a run: %w", err)
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lines := folder + "/lines"
	before, err := loopback()
	if err != nil {
		return l, err
	}
	cmd := exec.CommandContext(ctx, b.path("sslconform"), "run", "--out", folder, "--",
		"sh", "-c", `tee -a "$1" | "$2" serve`, "sh", lines, b.path("sslconform"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return l, fmt.Errorf("count what the suite does: %w: %s", err, lastLine(string(out)))
	}
	after, err := loopback()
	if err != nil {
		return l, err
	}
	text, err := os.ReadFile(lines)
	if err != nil {
		return l, fmt.Errorf("count what the suite does: %w", err)
	}
	return load{handshakes: len(wrapRequest.FindAllIndex(text, -1)), bytes: after - before}, nil
}

// loopback is how many bytes have passed over that interface.
func loopback() (int, error) {
	text, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return 0, fmt.Errorf("count what passes over the loopback interface: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if name, rest, _ := strings.Cut(strings.TrimSpace(line), ":"); name == "lo" {
			if fields := strings.Fields(rest); len(fields) > 0 {
				return strconv.Atoi(fields[0])
			}
		}
	}
	return 0, errors.New("count what passes over the loopback interface: /proc/net/dev does not tell")
}
