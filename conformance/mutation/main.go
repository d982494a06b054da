// Command mutation mutates the source of the reference, and has the conformance suite alone judge what comes of it: the
// unit tests of the reference have no say.
//
// Gremlins finds the mutants that exchange an operator, [deletions] those that lack one statement. A mutant is built by
// an overlay, so that no file of the tree is ever touched, and runs as a driver in a process of its own, under
// `sslconform run --fail-fast`. Gremlins' own judge is not asked: it runs the tests of a package, and takes a mutant that
// does not compile for a killed one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"syscall"
)

func main() {
	workers := flag.Int("workers", runtime.NumCPU(), "how many mutants are judged at a time")
	only := flag.String("only", "", "judge only the mutants whose text matches this expression, and write no results")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, *workers, *only); err != nil {
		fmt.Fprintf(os.Stderr, "mutation: %v\n", err)
		os.Exit(1)
	}
}

// results is where the results of a whole run go.
const results = "out/mutation.json"

func run(ctx context.Context, workers int, only string) error {
	selected, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only %q is not a regular expression: %w", only, err)
	}
	config, err := readConfig("conformance/mutation/mutation.yaml")
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "mutation-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	mutants, err := find(ctx, config, folder)
	if err != nil {
		return err
	}
	if err := config.mark(mutants); err != nil {
		return err
	}
	mutants = matching(mutants, selected)
	j, err := newJudge(ctx, folder, workers)
	if err != nil {
		return err
	}
	if err := j.judgeAll(ctx, mutants); err != nil {
		return err
	}
	r := score(mutants)
	r.print(os.Stdout)
	if only != "" {
		return nil
	}
	if err := r.stamp(ctx, j); err != nil {
		return err
	}
	return errors.Join(r.write(results), r.enough())
}

// find returns the mutants of all files that are to be mutated, in the order of the source.
func find(ctx context.Context, c *config, folder string) ([]*mutant, error) {
	exchanges, err := gremlins(ctx, files(slices.Concat(c.Mutated, c.Spared)), filepath.Join(folder, "gremlins"))
	if err != nil {
		return nil, err
	}
	var all []*mutant
	for _, f := range c.Mutated {
		src, err := readSource(f.File)
		if err != nil {
			return nil, err
		}
		of, err := exchanged(src, exchanges[f.File])
		if err != nil {
			return nil, err
		}
		all = append(all, src.mutants(append(of, deletions(src)...))...)
	}
	return all, nil
}

func matching(mutants []*mutant, selected *regexp.Regexp) (matching []*mutant) {
	for _, m := range mutants {
		if selected.MatchString(m.String()) {
			matching = append(matching, m)
		}
	}
	return matching
}
