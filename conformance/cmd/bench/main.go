// Command bench measures how long a verdict takes, what the reference costs beside crypto/tls and other implementations,
// and how both grow. It is run at the root of the module, on a machine that does nothing else: it prints tables, and
// writes out/bench.json and out/bench.html. Targets that are missed are told, and no failure.
//
// Client and server are processes of their own: see impl/bench. What is compared is run in rounds: each subject once, in
// an order that is shuffled anew for each round.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/sslconform/sslconform/conformance/figures"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

type flags struct {
	Rounds int    `default:"31" placeholder:"N" help:"How many rounds (${default}); fewer are for a trial."`
	Only   string `placeholder:"REGEXP" help:"Measure only what has a name that matches."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var f flags
	kong.Parse(&f, kong.Name("bench"), kong.Description("Measure the suite and the reference."))
	if err := f.run(ctx, "out", os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(verdict.ExitUsage)
	}
}

// run measures, and writes what was found into a folder.
func (f flags) run(ctx context.Context, folder string, out io.Writer) error {
	only, err := regexp.Compile(f.Only)
	switch {
	case err != nil:
		return fmt.Errorf("--only %q is not a regular expression: %w", f.Only, err)
	case f.Rounds < 1:
		return fmt.Errorf("--rounds %d leaves nothing to measure: give 1 or more", f.Rounds)
	}
	results := newResults()
	b, err := newBench(ctx, out)
	if err != nil {
		return err
	}
	defer b.close()
	found := fixtures.Figures{Format: fixtures.FiguresFormat, Machine: machine(ctx, time.Now()), Rounds: f.Rounds, Rows: []fixtures.Figure{}}
	for _, t := range b.trials() {
		if !only.MatchString(t.name) {
			continue
		}
		if err := t.run(ctx, f.Rounds, results, out); err != nil {
			return err
		}
	}
	found.Rows = append(found.Rows, results.figures()...)
	return write(found, folder, out)
}

func write(f fixtures.Figures, folder string, out io.Writer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make a folder for the figures: %w", err)
	}
	if err := f.Write(filepath.Join(folder, "bench.json")); err != nil {
		return err
	}
	if err := figures.WriteHTML(filepath.Join(folder, "bench.html"), f); err != nil {
		return err
	}
	return figures.Print(out, f)
}
