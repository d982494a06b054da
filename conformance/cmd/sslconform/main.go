// Command sslconform judges implementations of "wrap an asynchronous socket in TLS, in place".
//
// It joins what must not know of each other: the suite, the reference, the drivers and the reports. What it does is
// done by them; here are flags and exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/sslconform/sslconform/conformance/verdict"
)

type commands struct {
	Run   runCommand   `cmd:"" help:"Judge the reference, or the driver whose command follows after --."`
	Serve serveCommand `cmd:"" help:"Be the reference's driver: speak the protocol on standard input and output."`
	List  listCommand  `cmd:"" help:"List the specs by name, or what they stand for."`

	Check  checkCommand  `cmd:"" help:"Try whether a driver speaks the protocol, before any clause is judged by it."`
	Expect expectCommand `cmd:"" help:"Draft the expectations that a verdict would take; the reasons are yours to fill in."`
	Matrix matrixCommand `cmd:"" help:"Set the verdicts on several implementations side by side: matrix.html, matrix.md and matrix.json, beside the first of them."`

	Version kong.VersionFlag `help:"Print the version."`
}

// version is that of the module, as go install has built it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// An exit is the code to exit with where all that is to be said has been said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// execute runs a command line and returns the exit code: that of its [exit]; any other error is one of usage.
func execute(ctx context.Context, args []string, s streams) int {
	err := parseAndRun(ctx, args, s)
	var code exit
	switch {
	case err == nil:
		return verdict.ExitOK
	case errors.As(err, &code):
		return int(code)
	default:
		fmt.Fprintf(s.err, "sslconform: %v\n", err)
		return verdict.ExitUsage
	}
}

func parseAndRun(ctx context.Context, args []string, s streams) error {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("sslconform"),
		kong.Description("Does an implementation of \"wrap my socket in TLS\" do what it says?"),
		kong.UsageOnError(),
		kong.Writers(s.out, s.err),
		kong.Exit(func(int) { helped = true }),
		kong.Vars{"version": "sslconform " + version()},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return fmt.Errorf("%w: `sslconform --help` tells what there is", err)
	}
	return parsed.Run()
}
