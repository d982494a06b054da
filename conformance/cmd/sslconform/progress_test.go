package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

// lasting is a run that takes longer than a line stands, whatever the machine; and a failure is in it.
var lasting = []string{"run", "--patience", "2s", "--spec", "^(timeout/read|close/explicit) ", "--", "", "serve", "--mutant", "close-cb-twice"}

// onTerminal runs the command with its standard error on a terminal of a width, and standard output, too, or in a pipe.
func onTerminal(t *testing.T, cols uint16, piped bool, env []string, args ...string) (terminal, pipe string) {
	t.Helper()
	near, far, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	if err := pty.Setsize(near, &pty.Winsize{Rows: 24, Cols: cols}); err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	cmd := exec.Command(sslconform, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = t.TempDir(), append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...), far, far
	if piped {
		cmd.Stdout = &stdout
	}
	all := make(chan string)
	go func() {
		text, _ := io.ReadAll(near) // ends with an error when the other end is gone, on Linux
		all <- string(text)
	}()
	err = cmd.Start()
	far.Close()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // a failure is in it
	return <-all, stdout.String()
}

// lastingRun is the run that lasts, of a driver.
func lastingRun(flags ...string) []string {
	run := slices.Replace(slices.Clone(lasting), 6, 7, sslconform)
	return slices.Insert(run, 1, flags...)
}

var colour = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// screen is what can be read on a terminal in the end, without colours, and the lines that stood there for a while.
func screen(t *testing.T, text string, cols int) (lasting string, passing []string) {
	t.Helper()
	var lines []string
	for line := range strings.SplitSeq(colour.ReplaceAllString(text, ""), "\n") {
		shown := ""
		for part := range strings.SplitSeq(line, "\r") {
			switch written, behind, erases := strings.Cut(part, "\x1b[K"); {
			case erases:
				if utf8.RuneCountInString(written) >= cols {
					t.Errorf("a line of %d columns on a terminal of %d: %q", utf8.RuneCountInString(written), cols, written)
				}
				passing = append(passing, written)
				shown = written + behind
			case part != "": // over what stands there
				shown = part
			}
		}
		lines = append(lines, shown)
	}
	return strings.Join(lines, "\n"), passing
}

// ran is a run's output without what differs from one to the next.
func ran(out string) string { return timelines(steady(out), nil) }

// On a terminal a line tells how far the run has come, and is gone in the end; what is left is what a pipe gets.
func TestLiveLine(t *testing.T) {
	want := ran(runs(t, lastingRun()...).out)
	for _, cols := range []int{80, 24} {
		text, _ := onTerminal(t, uint16(cols), false, nil, lastingRun()...)
		shown, passing := screen(t, text, cols)
		if diff := cmp.Diff(want, ran(shown)); diff != "" {
			t.Errorf("what is left at %d columns (-in a pipe +on a terminal):\n%s", cols, diff)
		}
		if n := len(passing) - 1; n < 1 || passing[n] != "" || !strings.HasPrefix(passing[0], "  0 s  ") {
			t.Errorf("lines that passed: %q", passing)
		}
		if cols == 80 && !slices.ContainsFunc(passing, regexp.MustCompile(`^  \d s  \d+ of \d+  timeout/read$`).MatchString) {
			t.Errorf("lines that passed: %q", passing)
		}
	}
}

// Results are for whoever reads them: a pipe gets neither colours nor the line, wherever standard error goes.
func TestPipe(t *testing.T) {
	r := runs(t, lastingRun()...)
	if r.err != "" || strings.ContainsAny(r.out, "\x1b\r") {
		t.Errorf("standard error %q, standard output %q", r.err, r.out)
	}
	terminal, piped := onTerminal(t, 80, true, nil, lastingRun()...)
	if diff := cmp.Diff(ran(r.out), ran(piped)); diff != "" {
		t.Errorf("with standard error on a terminal (-elsewhere +there):\n%s", diff)
	}
	if left, passing := screen(t, terminal, 80); left != "" || len(passing) < 2 {
		t.Errorf("the terminal shows %q, and had %q", left, passing)
	}
}

// Colours are for terminals, and for whoever wants them.
func TestColour(t *testing.T) {
	for name, test := range map[string]struct {
		env  []string
		want bool
	}{
		"on a terminal":     {nil, true},
		"with NO_COLOR":     {[]string{"NO_COLOR=1"}, false},
		"on a dumb one":     {[]string{"TERM=dumb"}, false},
		"with NO_COLOR set": {[]string{"NO_COLOR="}, true}, // to nothing, which says nothing
	} {
		text, _ := onTerminal(t, 80, false, test.env, lastingRun()...)
		for _, of := range []string{"\x1b[1m\x1b[31m✗ close/explicit (must)", "\x1b[31m+ \t", "\x1b[31mnon-conformant: "} {
			of = strings.ReplaceAll(of, "+ ", "+\u00a0")
			if strings.Contains(text, of) != test.want && strings.Contains(text, strings.ReplaceAll(of, "\u00a0", " ")) != test.want {
				t.Errorf("%s: it has %q: %t\n%q", name, of, !test.want, text)
			}
		}
		if !test.want && colour.MatchString(text) {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// Who wants less gets failures and the verdict; who wants more is told of each event, as timelines tell it, and of the
// specs that begin. Either way there is no line that passes.
func TestQuietAndVerbose(t *testing.T) {
	usual, quiet, verbose := runs(t, lastingRun()...), runs(t, lastingRun("--quiet")...), runs(t, lastingRun("--verbose")...)
	begin, _, _ := strings.Cut(ran(usual.out), "\nreference with ")
	lines := strings.Split(strings.TrimSpace(ran(usual.out)), "\n")
	if want := begin + "\n" + lines[len(lines)-1] + "\n"; ran(quiet.out) != want || quiet.err != "" {
		t.Errorf("quiet (-want +got):\n%s%s", cmp.Diff(want, ran(quiet.out)), quiet.err)
	}
	if diff := cmp.Diff(ran(usual.out), ran(verbose.out)); diff != "" {
		t.Errorf("the results (-usual +verbose):\n%s", diff)
	}
	for _, want := range []string{
		`close/explicit             suite     begins \(\d+ of \d+\): close/explicit calls close-cb once, without arguments`,
		`close/explicit             suite     request 3: wrap plain as tls with close-cb C`,
		`close/explicit             subject   answer to request 3: ok, a socket`,
		`close/explicit             peer      the handshake is done: TLS 1.3`,
		`timeout/read               subject   event callback of A called with`,
	} {
		if !regexp.MustCompile(`(?m)^ *\d+\.\d  ` + want).MatchString(verbose.err) {
			t.Errorf("it does not tell %q:\n%s", want, verbose.err)
		}
	}
	for _, flag := range []string{"--quiet", "--verbose"} {
		if text, _ := onTerminal(t, 80, false, nil, lastingRun(flag)...); strings.Contains(text, "\x1b[K") {
			t.Errorf("%s: %q", flag, text)
		}
	}
}
