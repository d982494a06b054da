package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/figures"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// The ways to a verdict.
const (
	inProcess      = "in process"
	inProcessAgain = "in process again"
	keptDriver     = "a driver that keeps sessions"
	aProcessEach   = "a process for each spec"
	inParallel     = "ginkgo -p, 2 processes"
	timedAlone     = "timed scenarios alone"
	watchAlone     = "watch alone"
	floor          = "as many handshakes and bytes, "
)

// What is measured of each.
const (
	wallOf      = "verdict time: from start to end, s"
	cpuOfAll    = "verdict time: CPU time, s"
	perSecondOf = "verdict time: specs, 1/s"
	waitedIn    = "verdict time: waited %s, by the ledger, s"
	byProcesses = "growth: verdict by ginkgo -p, s"
	byClauses   = "growth: verdict by clauses, s"
)

// A way is a way to a verdict: a command that writes it to a file.
type way struct {
	name    string
	every   int
	command func(out string) []string
	// also are what else the time is a figure of.
	also []reading
	// growth: it is of nothing else.
	growth bool
}

// What has a target is measured in each round, and the rest in a few: so there is time for more of them.
const (
	always = 1
	seldom = 8
)

// verdicts is the trial of how long one takes, and of how that grows: as many rounds as there is time for.
func (b *bench) verdicts() trial {
	ways := b.ways()
	t := trial{name: "verdicts"}
	subjects := []string{}
	for _, w := range ways {
		subjects = append(subjects, w.name)
		t.runners = append(t.runners, runner{w.name, w.every, func(ctx context.Context) ([]reading, error) { return b.judge(ctx, w) }})
	}
	t.runners = append(t.runners, b.floors()...)
	subjects = append(subjects[:7:7], floor+rawTLS, floor+rawTLSAgain) // without those that are only of the growth
	seconds := func(limit float64) figures.Target { return figures.Target{Limit: limit, Absolute: true, Unit: "s"} }
	t.groups = []figures.Group{
		{What: wallOf, Subjects: subjects, Again: inProcessAgain, Targets: map[string]figures.Target{
			inProcess: seconds(4), inParallel: seconds(2.5), keptDriver: {Limit: 1.3}}},
		{What: cpuOfAll, Subjects: subjects, Again: inProcessAgain},
		{What: perSecondOf, Subjects: subjects[:5], Again: inProcessAgain},
		{What: fmt.Sprintf(waitedIn, inProcess), Subjects: []string{forTimes, forWatch, forTurns, forAll}, Apart: true},
		{What: fmt.Sprintf(waitedIn, "with "+keptDriver), Subjects: []string{forTimes, forWatch, forTurns, forAll}, Apart: true},
		{What: byProcesses, Subjects: []string{"1 process", "2 processes", "4 processes"}},
		{What: byClauses, Subjects: []string{"all clauses", "all clauses again", "every second clause", "every fourth clause"}, Again: "all clauses again"},
	}
	return t
}

func (b *bench) ways() []way {
	run := func(args ...string) func(string) []string {
		return func(out string) []string {
			return append([]string{b.path("sslconform"), "run", "--ledger", "--out", out}, args...)
		}
	}
	parallel := func(processes int) func(string) []string {
		return func(out string) []string {
			return []string{b.path("ginkgo"), "run", "-p", fmt.Sprintf("--procs=%d", processes), "--randomize-all", "--no-color",
				b.path("conformance.test"), "--", "-test.run=^TestConformance$", "-out=" + filepath.Join(out, "conformance.json")}
		}
	}
	alone := `"$1" serve | sed -u 's/,"sessions":true//'` // that it keeps sessions is kept from the suite
	grows := func(what, subject string) []reading { return []reading{{what: what, subject: subject}} }
	return []way{
		{inProcess, always, run(), grows(byClauses, "all clauses"), false},
		{inProcessAgain, seldom, run(), grows(byClauses, "all clauses again"), false},
		{keptDriver, always, run("--", b.path("sslconform"), "serve"), nil, false},
		{aProcessEach, seldom, run("--", "sh", "-c", alone, "sh", b.path("sslconform")), nil, false},
		{inParallel, always, parallel(2), grows(byProcesses, "2 processes"), false},
		{timedAlone, seldom, run("--label", "timeout"), nil, false},
		{watchAlone, seldom, run("--spec", "^close/last "), nil, false},
		{"1 process", seldom, parallel(1), grows(byProcesses, "1 process"), true},
		{"4 processes", seldom, parallel(4), grows(byProcesses, "4 processes"), true},
		{"half", seldom, run("--spec", b.part(2)), grows(byClauses, "every second clause"), true},
		{"quarter", seldom, run("--spec", b.part(4)), grows(byClauses, "every fourth clause"), true},
	}
}

// part is a pattern of the specs of each so many clauses.
func (b *bench) part(every int) string {
	out, err := exec.Command(b.path("sslconform"), "list").Output()
	if err != nil {
		return "^$"
	}
	var clauses []string
	for line := range strings.Lines(string(out)) {
		if clause, _, _ := strings.Cut(line, " "); !slices.Contains(clauses, clause) {
			clauses = append(clauses, clause)
		}
	}
	var some []string
	for n := 0; n < len(clauses); n += every {
		some = append(some, regexp.QuoteMeta(clauses[n]))
	}
	return "^(" + strings.Join(some, "|") + ") "
}

// judge judges the reference in a way.
func (b *bench) judge(ctx context.Context, w way) (readings []reading, err error) {
	folder, err := os.MkdirTemp(b.folder, "run-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for a run: %w", err)
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args := w.command(folder)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	began := time.Now()
	out, err := cmd.CombinedOutput()
	wall := time.Since(began).Seconds()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, lastLine(string(out)))
	}
	passed, err := passed(filepath.Join(folder, "conformance.json"))
	if err != nil {
		return nil, err
	}
	for _, r := range w.also {
		readings = append(readings, reading{r.what, r.subject, wall})
	}
	if w.growth {
		return readings, nil
	}
	readings = append(readings, reading{wallOf, w.name, wall}, reading{cpuOfAll, w.name, cpuOf(cmd.ProcessState).Seconds()})
	if w.name == timedAlone || w.name == watchAlone {
		return readings, nil
	}
	readings = append(readings, reading{perSecondOf, w.name, float64(passed) / wall})
	switch w.name {
	case inProcess:
		readings = append(readings, waited(string(out), fmt.Sprintf(waitedIn, inProcess))...)
	case keptDriver:
		readings = append(readings, waited(string(out), fmt.Sprintf(waitedIn, "with "+keptDriver))...)
	}
	return readings, nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}

// passed is how many specs did, by a verdict.
func passed(path string) (n int, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read the verdict: %w", err)
	}
	var v verdict.Verdict
	if err := json.Unmarshal(data, &v); err != nil {
		return 0, fmt.Errorf("read the verdict: %w", err)
	}
	for _, c := range v.Clauses {
		for _, s := range c.Specs {
			if s.Status == verdict.Passed {
				n++
			}
		}
	}
	return n, nil
}

// ledgerLine is what a run waited for, as it prints that: for how long, which spec, why.
var ledgerLine = regexp.MustCompile(`(?m)^  (\d+) ms  +(.*?)  +(.*)$`)

// What a run may wait for; the last one is for all else: what a peer or the subject is to do.
const (
	forTimes = "for the times that specs are about"
	forWatch = "for the watch over parked sessions"
	forTurns = "for a peer or the subject, more than 20 ms"
	forAll   = "in all"
)

// waited is the time that a run waited, by the reason.
func waited(out, what string) (readings []reading) {
	by := map[string]float64{}
	for _, line := range ledgerLine.FindAllStringSubmatch(out, -1) {
		ms, err := strconv.ParseFloat(line[1], 64)
		if err != nil {
			continue
		}
		reason := forTurns
		switch line[3] {
		case "for the times that it is about":
			reason = forTimes
		case "watch over parked sessions":
			reason = forWatch
		}
		by[reason] += ms / 1000
		by[forAll] += ms / 1000
	}
	for _, reason := range []string{forTimes, forWatch, forTurns, forAll} {
		readings = append(readings, reading{what, reason, by[reason]})
	}
	return readings
}
