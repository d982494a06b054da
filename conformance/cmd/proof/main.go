// Command proof gathers what the long runs have found, which prove the suite itself, for README to state: it reads
// out/mutants.json (make mutants), out/mutation.json (make mutation) and out/soak.json (make soak), and writes
// fixtures/proof.json. What was not run stays as it was. Beside it fixtures/soak.json keeps what was soaked since the last
// change, with which a soak in another checkout begins.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sslconform/sslconform/conformance/mutants"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

func main() {
	if err := gather("out", filepath.Join("fixtures", "proof.json"), len(mutants.All())); err != nil {
		fmt.Fprintf(os.Stderr, "proof: %v\n", err)
		os.Exit(verdict.ExitUsage)
	}
}

// gather takes results from a folder into the file, where there are so many mutants.
func gather(folder, file string, count int) error {
	var p fixtures.Proof
	if _, err := read(file, &p); err != nil {
		return err
	}
	keep := filepath.Join(filepath.Dir(file), "soak.json")
	if err := errors.Join(killed(folder, count, &p.Mutants), mutation(folder, &p.Mutation), soak(folder, keep, &p.Soak)); err != nil {
		return err
	}
	return write(file, p)
}

// read reads a file of results, and tells when it was written; that is zero if there is none.
func read(path string, into any) (written time.Time, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return written, nil
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return written, fmt.Errorf("read %s: %w: run again what writes it", path, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return written, err
	}
	return info.ModTime().UTC(), nil
}

func killed(folder string, count int, p *fixtures.MutantsProof) error {
	var all []struct{ Killed bool }
	written, err := read(filepath.Join(folder, "mutants.json"), &all)
	if err != nil || written.IsZero() {
		return err
	}
	if len(all) != count {
		return fmt.Errorf("out/mutants.json tells of %d of %d mutants: run make mutants", len(all), count)
	}
	*p = fixtures.MutantsProof{Date: written.Format(time.DateOnly), Of: len(all)}
	for _, m := range all {
		if m.Killed {
			p.Killed++
		}
	}
	return nil
}

func mutation(folder string, p *fixtures.MutationProof) error {
	var r struct {
		Commit, Date              string
		Changed                   bool
		Total, Killed, Equivalent int
		TimedOut                  int `json:"timed_out"`
	}
	written, err := read(filepath.Join(folder, "mutation.json"), &r)
	if err != nil || written.IsZero() {
		return err
	}
	if r.Changed {
		return errors.New("out/mutation.json is of changes that are in no commit: commit them, and run make mutation")
	}
	*p = fixtures.MutationProof{Commit: r.Commit, Date: day(r.Date), Of: r.Total, Killed: r.Killed + r.TimedOut, Equivalent: r.Equivalent}
	return nil
}

// A batch of runs, as soak enters it.
type batch struct {
	Commit        string            `json:"commit"`
	Content       string            `json:"content"`
	Dirty         bool              `json:"dirty"` // it had changes that nobody can look up
	Date          string            `json:"date"`
	Configuration string            `json:"configuration"`
	Subject       string            `json:"subject"`
	Runs          int               `json:"runs"`
	Seconds       float64           `json:"seconds"`
	Failures      []json.RawMessage `json:"failures"`
}

// soak takes the runs of what was run last, and keeps them: older ones say nothing of it.
func soak(folder, keep string, p *fixtures.SoakProof) error {
	var all []batch
	written, err := read(filepath.Join(folder, "soak.json"), &all)
	all = slices.DeleteFunc(all, func(b batch) bool { return b.Dirty })
	if err != nil || written.IsZero() || len(all) == 0 {
		return err
	}
	last := all[len(all)-1]
	*p = fixtures.SoakProof{Commit: last.Commit, Date: day(last.Date)}
	var kept []batch
	for _, e := range all {
		if e.Content != last.Content {
			continue
		}
		kept = joined(kept, e)
		p.Runs += e.Runs
		p.Failed += len(e.Failures)
		for kind, is := range map[*int]bool{
			&p.MemoryBIO: e.Subject == "memorybio",
			&p.Race:      e.Configuration == "race detector",
			&p.OneCore:   e.Configuration == "one core",
		} {
			if is {
				*kind += e.Runs
			}
		}
	}
	return write(keep, kept)
}

// joined are batches with one more, which becomes one with what there is of the same kind.
func joined(kept []batch, e batch) []batch {
	n := slices.IndexFunc(kept, func(k batch) bool { return k.Configuration == e.Configuration && k.Subject == e.Subject })
	if n < 0 {
		return append(kept, e)
	}
	k := &kept[n]
	k.Commit, k.Date = e.Commit, e.Date
	k.Runs += e.Runs
	k.Seconds += e.Seconds
	k.Failures = append(k.Failures, e.Failures...)
	return kept
}

func write(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(data, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write what was found: %w", err)
	}
	return nil
}

// day is the day of a time in RFC 3339.
func day(t string) string { return t[:min(len(t), len(time.DateOnly))] }
