package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A block of source that was run, or was not.
type block struct {
	fromLine, fromColumn, toLine, toColumn int
	run                                    bool
}

// covered returns, by file, the blocks that the suite runs. A mutant where nothing runs is not killed; it need not be
// tried.
func (j *judge) covered(ctx context.Context) (map[string][]block, error) {
	counts, profile := filepath.Join(j.folder, "counts"), filepath.Join(j.folder, "profile")
	if err := os.Mkdir(counts, 0o755); err != nil {
		return nil, err
	}
	driver := filepath.Join(j.folder, "covered")
	// Without the main package nothing is written down.
	if err := build(ctx, driver, "-cover", "-coverpkg=./impl/async,./impl/asyncssl,"+command); err != nil {
		return nil, err
	}
	if v, err := j.suite(ctx, driver, allSpecs, startBound, "GOCOVERDIR="+counts); err != nil || v.code != exitOK {
		return nil, fmt.Errorf("the reference, built to count what runs, does not pass (%v):\n%s", err, v.out)
	}
	convert := exec.CommandContext(ctx, "go", "tool", "covdata", "textfmt", "-i="+counts, "-o="+profile)
	if out, err := convert.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("read what was run: %w\n%s", err, out)
	}
	blocks, err := readProfile(profile)
	if err == nil && len(blocks) == 0 {
		err = errors.New("the reference, built to count what runs, has counted nothing")
	}
	return blocks, err
}

func readProfile(path string) (map[string][]block, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	blocks := map[string][]block{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		file, rest, is := strings.Cut(strings.TrimPrefix(lines.Text(), module), ":")
		if !is || file == "mode" {
			continue
		}
		var b block
		var statements, count int
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.fromLine, &b.fromColumn, &b.toLine, &b.toColumn, &statements, &count); err != nil {
			return nil, fmt.Errorf("read %s: %q: %w", path, lines.Text(), err)
		}
		b.run = count > 0
		blocks[file] = append(blocks[file], b)
	}
	return blocks, nil
}

// runs tells whether a place is run, or is in no block: what stands outside of functions, or behind case.
func runs(blocks []block, line, column int) bool {
	for _, b := range blocks {
		from := line > b.fromLine || line == b.fromLine && column >= b.fromColumn
		to := line < b.toLine || line == b.toLine && column < b.toColumn
		if from && to && !b.run {
			return false
		}
	}
	return true
}
