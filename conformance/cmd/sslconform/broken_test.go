package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/verdict"
)

// misbehaving makes this test's binary a driver of the reference that is good but for one spec. Whether it holds several
// sessions in a process follows, and what it does in that spec.
const misbehaving = "sslconform-test-misbehaving"

// cue is what only the one spec asks for, and theOne its clause.
const (
	cue    = `"text":true`
	theOne = "data/text"
)

// misbehave is that driver; it returns the status to exit with.
func misbehave(sessions, how string) int {
	b := &standIn{}
	b.through = func(request string) bool { return !strings.Contains(request, cue) || misdeeds[how].do(b, request) }
	b.edit = func(line string) string {
		if sessions == "alone" {
			return strings.Replace(line, `,"sessions":true`, "", 1)
		}
		return line
	}
	return b.serve()
}

// A standIn stands between the suite and the reference, whose lines it numbers anew, so that there can be more of them.
type standIn struct {
	through func(request string) bool // is the request to be performed?
	edit    func(line string) string  // what becomes of a line of the reference

	mu  sync.Mutex
	seq int
}

func (b *standIn) serve() int {
	return execute(context.Background(), []string{"serve"}, streams{b.reader(os.Stdin), writer(b.write), os.Stderr})
}

var seq = regexp.MustCompile(`^\{"seq":[0-9]+`)

// reader hands on what the suite writes, line by line.
func (b *standIn) reader(in io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		var line []byte
		for part := make([]byte, 1<<16); ; {
			n, err := in.Read(part)
			line = append(line, part[:n]...)
			for {
				first, rest, ended := bytes.Cut(line, []byte("\n"))
				if !ended {
					break
				}
				if b.through(string(first)) {
					w.Write(append(slices.Clone(first), '\n'))
				}
				line = rest
			}
			if err != nil {
				w.Close()
				return
			}
		}
	}()
	return r
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// write writes lines of the reference, or of the driver's own making.
func (b *standIn) write(lines []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(string(lines)) {
		b.seq++
		text := b.edit(seq.ReplaceAllString(line, `{"seq":`+strconv.Itoa(b.seq)))
		if _, err := os.Stdout.WriteString(text); err != nil {
			return 0, err
		}
	}
	return len(lines), nil
}

func (b *standIn) says(format string, a ...any) {
	b.write(fmt.Appendf(nil, `{"seq":0,`+format+"\n", a...))
}

// lacks answers a request in the reference's place.
func (b *standIn) lacks(request string) (through bool) {
	b.says(`"id":%s,"session":%s,"error":{"unsupported":true}}`, field(request, "id"), field(request, "session"))
	return false
}

// hang keeps everything waiting, the other sessions of the process and the end of its input, too.
func hang() bool { select {} }

// field is a field of a request, as it is written.
func field(request, name string) string {
	return regexp.MustCompile(`"` + name + `":("[^"]*"|[0-9]+)`).FindStringSubmatch(request)[1]
}

// A misdeed is what a driver does in the one spec, and what comes of it.
type misdeed struct {
	do     func(b *standIn, request string) (through bool)
	status verdict.Status // of the spec
	want   string         // in what is said of it
}

// alike are misdeeds that come to the same where each session has a process.
var alike = []string{"exits", "is deaf", "writes half a line", "writes 10 MiB", "answers another request", "answers twice", "lacks what it declares"}

var misdeeds = map[string]misdeed{
	"nothing": {func(*standIn, string) bool { return true }, verdict.Passed, ""},
	"exits":   {func(*standIn, string) bool { os.Exit(7); return false }, verdict.Failed, "the driver's process ended (exit status 7)"},
	"crashes": {func(*standIn, string) bool {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		return hang()
	}, verdict.Failed, "the driver's process ended (signal: killed)"},
	"hangs": {func(*standIn, string) bool { return hang() }, verdict.Failed, "nothing of the kind within 5s"},
	"is deaf": {func(*standIn, string) bool {
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
		fmt.Fprintln(os.Stderr, "deaf from now on")
		return hang()
	}, verdict.Failed, "  log      deaf from now on\n"},
	"writes garbage": {func(*standIn, string) bool { os.Stdout.WriteString("oops\n"); return true }, verdict.NotRun,
		"the driver is at fault: what it wrote to its standard output is not a line of the protocol: it is no JSON: invalid character 'o' looking for beginning of value: oops"},
	"writes half a line": {func(*standIn, string) bool { os.Stdout.WriteString(`{"seq":`); os.Exit(0); return false }, verdict.NotRun,
		`not a line of the protocol: cut off before its end: {"seq":`},
	"writes 10 MiB": {func(*standIn, string) bool { os.Stdout.Write(bytes.Repeat([]byte("x"), 10<<20)); return true }, verdict.NotRun, "longer than 1048576 bytes"},
	"answers another request": {func(b *standIn, request string) bool {
		b.says(`"id":999,"session":%s,"ok":{}}`, field(request, "session"))
		return true
	}, verdict.NotRun, `an answer to the request 999 of the session`},
	"answers twice": {func(b *standIn, request string) bool {
		for range 2 {
			b.says(`"id":%s,"session":%s,"ok":{}}`, field(request, "id"), field(request, "session"))
		}
		return true
	}, verdict.NotRun, "which was not made, or is answered already"},
	"floods": {func(b *standIn, request string) bool {
		for {
			b.says(`"event":"write","session":%s,"on":"tls","callbacks":"A"}`, field(request, "session"))
		}
	}, verdict.Failed, "nothing of the kind within 5s; the subject's last word was the write callback of A"},
	"closes its output": {func(*standIn, string) bool { os.Stdout.Close(); return hang() }, verdict.NotRun, "it closed its standard output, but runs on"},
	"lacks what it declares": {func(b *standIn, request string) bool { return b.lacks(request) }, verdict.NotRun,
		"Perform it, or do not declare the capability."},
	"leaves children": {leaveChildren, verdict.Passed, ""},
	"leaves children and dies": {func(b *standIn, request string) bool {
		leaveChildren(b, request)
		os.Exit(7)
		return false
	}, verdict.Failed, "the driver's process ended (exit status 7)"},
}

// leaveChildren starts two that keep the driver's output, one in a session of its own.
func leaveChildren(*standIn, string) bool {
	for _, apart := range []bool{true, false} {
		child := exec.Command("sleep", "600")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: apart}
		child.Start()
	}
	return true
}

// A driver that misbehaves in one spec costs no other one its verdict, ends in time, is told of in a sentence, and leaves
// no process behind.
func TestMisdeeds(t *testing.T) {
	for _, sessions := range []string{"together", "alone"} {
		good := misbehaves(t, sessions, "nothing")
		if good.code != verdict.ExitOK || good.specs[theOne] != verdict.Passed || len(good.specs) < 15 {
			t.Fatalf("exit code %d, %v\n%s%s", good.code, good.specs, good.out, good.err)
		}
		for _, how := range slices.Sorted(maps.Keys(misdeeds)) {
			if sessions == "alone" && slices.Contains(alike, how) {
				continue
			}
			t.Run(sessions+" "+how, func(t *testing.T) {
				t.Parallel()
				want := maps.Clone(good.specs)
				want[theOne] = misdeeds[how].status
				got := misbehaves(t, sessions, how)
				if diff := cmp.Diff(want, got.specs); diff != "" {
					t.Errorf("specs (-good +got):\n%s", diff)
				}
				code := verdict.ExitFailed
				if misdeeds[how].status == verdict.Passed {
					code = verdict.ExitOK
				}
				if got.code != code || !strings.Contains(got.out, misdeeds[how].want) {
					t.Errorf("exit code %d, want %d, and %q:\n%s%s", got.code, code, misdeeds[how].want, got.out, got.err)
				}
			})
		}
	}
}

type judged struct {
	result
	specs map[string]verdict.Status // by name; that of the one, by its clause
}

// misbehaves runs a driver that misbehaves, and sees that nothing is left of it.
func misbehaves(t *testing.T, sessions, how string) judged {
	t.Helper()
	mark := "SSLCONFORM_TEST_MARK=" + t.TempDir() // nobody else has it
	spec := `^(` + theOne + ` |data/round|timeout/closes|close/(explicit|last|error)`
	if sessions == "together" {
		spec += `|close/(peer|marked|refused)|reattach/read|error/(none|plain)|timeout/read `
	}
	driver := append([]string{"env", mark}, myself(misbehaving, sessions, how)...)
	r := runs(t, append([]string{"run", "--patience", "5s", "--spec", spec + ")", "--"}, driver...)...)
	if left := processes(mark); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	j := judged{result: r, specs: map[string]verdict.Status{}}
	for _, c := range r.verdict.Clauses {
		for _, s := range c.Specs {
			name := s.Name
			if c.ID == theOne {
				name = theOne
			}
			if s.Status != verdict.NotRun || c.ID == theOne {
				j.specs[name] = s.Status
			}
		}
	}
	return j
}

// processes are those with a variable in their environment.
func processes(mark string) (pids []string) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environments {
		if environment, err := os.ReadFile(path); err == nil && bytes.Contains(environment, []byte(mark+"\x00")) {
			pids = append(pids, path)
		}
	}
	return pids
}
