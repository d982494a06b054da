// Command fakeserver serves scenarios on the loopback interface, to try a client on by hand: each on a port of its own,
// for every connection, telling what passes. An interrupt ends it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/sslconform/sslconform/fakeserver"
)

type command struct {
	Names []string `arg:"" optional:"" name:"scenario" help:"Scenarios to serve; by default all."`
}

// The exit codes, those of sslconform.
const (
	exitOK    = 0
	exitUsage = 2
	exitFault = 3
)

// errUsage is a fault of who calls.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs a command line until the context is done, and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &output{to: stdout}
	err := run(ctx, args, out, stderr)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "fakeserver: %v\n", err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFault
}

func run(ctx context.Context, args []string, out *output, stderr io.Writer) error {
	var c command
	helped := false
	parser, err := kong.New(&c,
		kong.Name("fakeserver"),
		kong.Description("Serve scenarios of a TLS server, good and bad, on 127.0.0.1: each on a port of its own, until interrupted."),
		kong.Writers(out, stderr),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return usage{err}
	}
	chosen, err := choose(c.Names)
	if err != nil {
		return err
	}
	return serve(ctx, chosen, out)
}

// choose finds scenarios by their names.
func choose(names []string) ([]fakeserver.Scenario, error) {
	all := fakeserver.Scenarios()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []fakeserver.Scenario
	for _, name := range names {
		i := slices.IndexFunc(all, func(s fakeserver.Scenario) bool { return s.Name == name })
		if i < 0 {
			return nil, usage{fmt.Errorf("there is no scenario %q: without arguments all are served, and listed", name)}
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// usage makes an error one of who calls.
type usage struct{ error }

func (usage) Is(target error) bool { return target == errUsage }

// output is written to by all connections, a line at a time.
type output struct {
	mu sync.Mutex
	to io.Writer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(p)
}
