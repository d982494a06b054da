package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/verdict"
)

type checkCommand struct {
	Patience time.Duration `default:"5s" help:"Bounds each wait for what must happen, while nothing passes (${default})."`
	Command  []string      `arg:"" help:"The driver to check."`
}

// Run tries whether a driver speaks the protocol, before any clause is judged by it.
func (c *checkCommand) Run(ctx context.Context, s streams) error {
	d, err := driver.Start(ctx, c.Command, startup)
	if err != nil {
		return err
	}
	if err := conformance.Check(d.Info()); err != nil {
		d.Close()
		return err
	}
	info := d.Info()
	fmt.Fprintf(s.out, "%s %s (%s) answers hello, and declares: %s\n", info.Name, info.Version, info.Language, join(info.Capabilities))
	problems := 0
	options := conformance.Options{Patience: c.Patience, Again: func(...string) string { return "" }}
	err = conformance.CheckDriver(ctx, d, options, func(f conformance.Finding) {
		switch {
		case f.Lacks != "":
			fmt.Fprintf(s.out, "· %s: %s is not declared\n", f.Check, f.Lacks)
		case f.Problem == "":
			fmt.Fprintf(s.out, "✓ %s\n", f.Check)
		default:
			problems++
			fmt.Fprintf(s.out, "✗ %s (PROTOCOL.md, %q)\n%s\n", f.Check, f.Section, indented(f.Problem))
		}
	})
	if err != nil {
		fmt.Fprintf(s.err, "sslconform: the suite is at fault: %v\n", err)
		return exit(verdict.ExitSuite)
	}
	if err := d.Close(); err != nil {
		problems++
		fmt.Fprintf(s.out, "✗ ends when its input does (PROTOCOL.md, \"Lines\")\n%s\n", indented(err.Error()))
	} else {
		fmt.Fprintln(s.out, "✓ ends when its input does")
	}
	if problems > 0 {
		fmt.Fprintf(s.out, "\nTo be mended: %d. Begin with the first: what comes later takes the earlier for granted.\n", problems)
		return exit(verdict.ExitFailed)
	}
	fmt.Fprintf(s.out, "\nThe driver can be judged by: sslconform run -- %s\n", verdict.CommandLine(c.Command...))
	return nil
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

func join[T ~string](words []T) string {
	all := make([]string, len(words))
	for n, w := range words {
		all[n] = string(w)
	}
	return strings.Join(all, ", ")
}
