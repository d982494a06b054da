// Command soak runs the suite again and again on implementations that are correct, in circumstances that must make no
// difference: each failure is a false alarm. It is run at the root of the module, and appends what became of it to
// out/soak.json, which begins with what fixtures/soak.json has.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/sslconform/sslconform/conformance/verdict"
)

type command struct {
	Minutes float64 `required:"" placeholder:"N" help:"How long to go on; what has begun by then is run to its end."`
}

const (
	historyFile = "out/soak.json"
	beforeFile  = "fixtures/soak.json" // what `make proof` has kept of it
	keptFolder  = "out/soak"           // for what failed runs have printed
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c command
	kong.Parse(&c, kong.Name("soak"), kong.Description("Run the suite again and again on implementations that are correct."))
	failed, err := c.run(ctx, os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "soak: %v\n", err)
		os.Exit(verdict.ExitUsage)
	case failed:
		os.Exit(verdict.ExitFailed)
	}
}

// run soaks until the time is over, or it is interrupted, and tells whether a run failed.
func (c *command) run(ctx context.Context, out io.Writer) (failed bool, err error) {
	h, err := readHistory(historyFile, beforeFile)
	if err != nil {
		return false, err
	}
	here, err := judged(ctx)
	if err != nil {
		return false, err
	}
	b, err := build(ctx, out)
	if err != nil {
		return false, err
	}
	defer b.remove()
	began := time.Now()
	for ctx.Err() == nil && time.Since(began).Minutes() < c.Minutes {
		next := h.next(here, b.cells())
		e, err := h.batch(ctx, b, next, here)
		if err != nil {
			return failed, err
		}
		if e.Runs > 0 {
			fmt.Fprintln(out, e)
		}
		failed = failed || len(e.Failures) > 0
	}
	_, err = io.WriteString(out, h.summary(here))
	return failed, err
}

// batch runs a cell as often as there is room for side by side, and enters each run as it ends.
func (h *history) batch(ctx context.Context, b *binaries, c cell, here state) (*entry, error) {
	if c.way.burning {
		defer burn()()
	}
	e := newEntry(c, here)
	ended := make(chan result)
	for lane := range c.way.lanes() {
		go func() { ended <- b.run(ctx, c, lane) }()
	}
	var all error
	for range c.way.lanes() {
		r := <-ended
		if r.err == nil && ctx.Err() != nil {
			continue // it was interrupted
		}
		err := r.err
		if err == nil {
			err = h.enter(e, r)
		}
		all = errors.Join(all, err)
	}
	return e, all
}
