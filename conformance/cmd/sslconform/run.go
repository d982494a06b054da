package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/impl/reference"
)

// startup bounds the start of a driver, which on a loaded machine may take long.
const startup = 30 * time.Second

type runCommand struct {
	Spec     string        `placeholder:"REGEXP" help:"Run only the specs whose name matches."`
	Label    string        `placeholder:"EXPRESSION" help:"Run only the specs whose labels match: group, clause with . for /, must, should, secure, heavy; such as 'close && must'."`
	Expect   string        `placeholder:"FILE" help:"What the subject is known to fail; see 'sslconform expect'."`
	Require  []string      `name:"require-capabilities" placeholder:"LIST" help:"Fail if the subject does not declare one of these."`
	Out      string        `placeholder:"DIR" default:"out" help:"Where results go: conformance.json, report.html, junit.xml, ginkgo.json, summary.md, badge.svg, and specs (${default})."`
	Heavy    bool          `help:"Run the specs, too, that take long: exhaustive tables."`
	FailFast bool          `help:"Leave out what has not begun when a spec fails."`
	Gate     string        `enum:"all,must" default:"all" help:"Which failures count for the exit code: all, or those at level must."`
	Strict   bool          `help:"Anything short of conformant counts for the exit code."`
	Capture  bool          `help:"Write the packets of all specs that are run, not only of those that fail, to DIR/specs."`
	Quiet    bool          `xor:"much" help:"Print failures and the verdict only."`
	Verbose  bool          `xor:"much" help:"Tell of each event as it comes, on standard error: requests, answers, callbacks, and what the peers see."`
	Ledger   bool          `help:"Print what the run waited for."`
	Patience time.Duration `default:"10s" help:"Bounds each wait for what must happen, while nothing passes (${default})."`
	Command  []string      `arg:"" optional:"" help:"The driver to judge; left out, the reference is judged."`
}

// Run judges a subject and exits with what the verdict means.
func (r *runCommand) Run(ctx context.Context, s streams) error {
	selected, err := regexp.Compile(r.Spec)
	if err != nil {
		return fmt.Errorf("--spec %q is not a regular expression: %w", r.Spec, err)
	}
	if r.Patience <= 0 {
		return fmt.Errorf("--patience %v leaves no time to wait: give a time above 0, such as 10s", r.Patience)
	}
	options := conformance.Options{Spec: selected, Label: r.Label, Heavy: r.Heavy, FailFast: r.FailFast, Patience: r.Patience, Again: r.again}
	if err := options.Check(); err != nil {
		return fmt.Errorf("--label %w", err)
	}
	options.Captures = conformance.CaptureFailed
	if r.Capture {
		options.Captures = conformance.CaptureAll
	}
	if r.Expect != "" {
		if options.Expectations, err = verdict.ReadExpectations(r.Expect, conformance.KnownSpec); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(r.Out, 0o755); err != nil {
		return fmt.Errorf("--out %s cannot hold results: %w", r.Out, err)
	}
	judged, end, err := r.subject(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(conformance.Check(judged.Info()), r.fits(judged.Info(), options.Expectations)); err != nil {
		return errors.Join(err, end())
	}
	began := time.Now()
	var ginkgo error
	options.Ginkgo = func(g types.Report) { ginkgo = writeGinkgo(r.Out, g) }
	over := r.progress(&options, s.err)
	v, err := judge(judged, options)
	over()
	err = errors.Join(err, ginkgo)
	ended := end()
	if err == nil {
		v.Run = origin(began)
		err = r.report(v, s)
	}
	if err != nil {
		fmt.Fprintf(s.err, "sslconform: the suite is at fault: %v\n", err)
		return exit(verdict.ExitSuite)
	}
	code := v.ExitCode(r.gate())
	for _, c := range r.Require {
		if !judged.Info().Has(subject.Capability(c)) {
			fmt.Fprintf(s.err, "sslconform: the subject does not declare the capability %q, which --require-capabilities asks for\n", c)
			code = max(code, verdict.ExitFailed)
		}
	}
	if ended != nil {
		fmt.Fprintf(s.err, "sslconform: %v\n", ended)
		code = max(code, verdict.ExitFailed)
	}
	if code != verdict.ExitOK {
		return exit(code)
	}
	return nil
}

// gate is what the run is to be stopped by.
func (r *runCommand) gate() verdict.Gate {
	return verdict.Gate{MustOnly: r.Gate == "must", Strict: r.Strict}
}

// fits returns an error where what was given on the command line is not for this subject.
func (r *runCommand) fits(info subject.Info, e verdict.Expectations) error {
	for _, c := range r.Require {
		if !subject.Capability(c).Known() {
			return fmt.Errorf("--require-capabilities names %q, which is no capability: PROTOCOL.md lists them", c)
		}
	}
	if r.Expect != "" && e.Subject != info.Name {
		return fmt.Errorf("the expectations in %s are those of %q, and this is %q", r.Expect, e.Subject, info.Name)
	}
	return nil
}

// subject returns what is to be judged, and what ends it.
func (r *runCommand) subject(ctx context.Context) (subject.Subject, func() error, error) {
	if len(r.Command) == 0 {
		return reference.New(), func() error { return nil }, nil
	}
	d, err := driver.Start(ctx, r.Command, r.startup())
	if err != nil {
		return nil, nil, err
	}
	return d, d.Close, nil
}

// startup is longer with more patience, which is for a machine that is slower still.
func (r *runCommand) startup() time.Duration {
	return max(startup, startup/conformance.DefaultPatience*r.Patience)
}

// judge runs the suite, which says what it has to say in the verdict and not on the terminal.
func judge(s subject.Subject, o conformance.Options) (verdict.Verdict, error) {
	var v verdict.Verdict
	done := false
	o.Done = func(judged verdict.Verdict) { v, done = judged, true }
	formatter.ColorableStdOut = io.Discard
	conformance.Run(ignore{}, s, o)
	if !done {
		return v, errors.New("the suite ended without a verdict")
	}
	return v, nil
}

// ignore takes Ginkgo's word that something failed: the verdict says what.
type ignore struct{}

func (ignore) Fail() {}

func (r *runCommand) report(v verdict.Verdict, s streams) error {
	if err := writeSpecs(filepath.Join(r.Out, "specs"), v); err != nil {
		return err
	}
	if err := report.WriteHTML(filepath.Join(r.Out, "report.html"), v); err != nil {
		return err
	}
	if err := writeFormats(r.Out, v); err != nil {
		return err
	}
	if err := report.Print(s.out, v, report.Style{Quiet: r.Quiet, Colour: coloured(s.out)}); err != nil {
		return err
	}
	if err := tellGitHub(s.out, v, r.gate()); err != nil {
		return err
	}
	if r.Ledger {
		if err := report.PrintLedger(s.out, v); err != nil {
			return err
		}
	}
	if err := report.WriteJSON(filepath.Join(r.Out, "conformance.json"), v); err != nil {
		return err
	}
	if v.NothingRun() && len(v.Failures()) == 0 {
		fmt.Fprintf(s.err, "sslconform: nothing was run: %s; `sslconform list` names the specs\n", r.noneSelected(v))
	}
	return nil
}

// noneSelected says why there was nothing to be run.
func (r *runCommand) noneSelected(v verdict.Verdict) string {
	switch {
	case len(v.LeftOut) > 0:
		return "what was selected is heavy: give --heavy, too"
	case slices.ContainsFunc(v.Clauses, isUnsupported):
		return "what was selected needs a capability that the subject does not declare"
	case r.Label != "" && r.Spec != "":
		return fmt.Sprintf("no spec has both a name that matches --spec %q and labels that match --label %q", r.Spec, r.Label)
	case r.Label != "":
		return fmt.Sprintf("no spec has labels that match --label %q", r.Label)
	case r.Spec != "":
		return fmt.Sprintf("no spec has a name that matches --spec %q", r.Spec)
	default:
		return "there are no specs"
	}
}

// isUnsupported tells whether some spec of a clause does not apply.
func isUnsupported(c verdict.Clause) bool {
	return slices.ContainsFunc(c.Specs, func(s verdict.Spec) bool { return s.Status == verdict.Unsupported })
}

// program is how this command is called.
func program() []string {
	if strings.Contains(os.Args[0], "go-build") {
		return []string{"go", "run", "./conformance/cmd/sslconform"}
	}
	return []string{os.Args[0]}
}

// origin tells where a verdict comes from.
func origin(began time.Time) *verdict.Run {
	return &verdict.Run{
		Suite:    version(),
		Platform: fmt.Sprintf("%s/%s, %s", runtime.GOOS, runtime.GOARCH, runtime.Version()),
		Began:    began.Round(time.Second),
		Command:  verdict.CommandLine(append(program(), os.Args[1:]...)...),
	}
}

// again is the command line that runs specs again.
func (r *runCommand) again(specs ...string) string {
	words := append(program(), "run", "--spec", conformance.Pattern(specs...))
	if r.Heavy {
		words = append(words, "--heavy")
	}
	if r.Patience != conformance.DefaultPatience {
		words = append(words, "--patience", r.Patience.String())
	}
	if len(r.Command) > 0 {
		words = append(append(words, "--"), r.Command...)
	}
	return verdict.CommandLine(words...)
}
