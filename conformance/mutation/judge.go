package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const module = "github.com/sslconform/sslconform/"

// command is what speaks for the reference, and what holds the suite.
const command = "./conformance/cmd/sslconform"

// patience is that of the suite. It is more than the reference needs on a loaded machine, as the controls show.
const patience = 4 * time.Second

// A status is what became of a mutant.
type status string

const (
	killed     status = "killed"
	survived   status = "survived"
	timedOut   status = "timed out"   // the suite did not end, while that of the reference did
	notCovered status = "not covered" // no spec runs the place
	notViable  status = "not viable"  // it does not compile: it is none
	unjudged   status = ""
)

// controlEvery is how many mutants are judged for each control: the reference itself, under the same load. One that fails
// says that the machine can make specs fail, and a kill by it has to be confirmed for that.
const controlEvery = 40

// allSpecs is the expression of all specs.
const allSpecs = ""

// startBound bounds a run before it is known how long one takes.
const startBound = 5 * time.Minute

// A judge runs the suite against mutants.
type judge struct {
	folder     string
	workers    int
	sslconform string // the suite, and the reference as it is
	blocks     map[string][]block

	mu       sync.Mutex
	killers  map[string][]string // specs that killed mutants of a file, the latest first
	clean    time.Duration       // the longest that a run against the reference took
	controls int
	failed   int // of them
	done     int
	began    time.Time
}

func newJudge(ctx context.Context, folder string, workers int) (*judge, error) {
	j := &judge{folder: folder, workers: workers, sslconform: filepath.Join(folder, "sslconform"), killers: map[string][]string{}, began: time.Now()}
	if err := build(ctx, j.sslconform); err != nil {
		return nil, err
	}
	var err error
	if j.blocks, err = j.covered(ctx); err != nil {
		return nil, err
	}
	// As many at a time as there will be.
	if err := each(workers, make([]struct{}, workers), func(struct{}) error { return j.control(ctx) }); err != nil {
		return nil, err
	}
	if j.clean == 0 {
		return nil, errors.New("the reference does not pass on this machine, as it is now: nothing can be said of mutants")
	}
	return j, nil
}

// build builds the command, be it as a mutant.
func build(ctx context.Context, to string, flags ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", to}, flags...)
	if out, err := exec.CommandContext(ctx, "go", append(args, command)...).CombinedOutput(); err != nil {
		return fmt.Errorf("build the command: %w\n%s", err, out)
	}
	return nil
}

// control runs the suite against the reference, which should pass, and notes how long it takes.
func (j *judge) control(ctx context.Context) error {
	v, err := j.suite(ctx, j.sslconform, allSpecs, startBound)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.controls++
	if v.code == exitOK {
		j.clean = max(j.clean, v.took)
		return nil
	}
	j.failed++
	fmt.Printf("control: the reference itself did not pass:\n%s\n", v.out)
	return nil
}

// judgeAll judges mutants, several at a time.
func (j *judge) judgeAll(ctx context.Context, mutants []*mutant) error {
	return each(j.workers, mutants, func(m *mutant) error {
		if err := j.judge(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
		return j.progress(ctx, m, len(mutants))
	})
}

func (j *judge) progress(ctx context.Context, m *mutant, all int) error {
	j.mu.Lock()
	j.done++
	done := j.done
	j.mu.Unlock()
	if m.Status == survived || m.Status == timedOut || m.Status == notCovered {
		fmt.Printf("%s: %s\n", m.Status, m)
	}
	if done%controlEvery != 0 {
		return nil
	}
	fmt.Printf("%d of %d after %v\n", done, all, time.Since(j.began).Round(time.Second))
	return j.control(ctx)
}

func (j *judge) judge(ctx context.Context, m *mutant) error {
	folder, err := os.MkdirTemp(j.folder, "mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	driver := filepath.Join(folder, "driver")
	if err := m.build(ctx, folder, driver); err != nil {
		m.Status = notViable
		return ctx.Err()
	}
	if !runs(j.blocks[m.File], m.Number, m.column) {
		m.Status = notCovered
		return nil
	}
	return j.judgeBuilt(ctx, m, driver)
}

// judgeBuilt tries the specs that others of the file died of, then all of them; more than once where the machine may have
// been slow, or failed a spec that passes the next time.
func (j *judge) judgeBuilt(ctx context.Context, m *mutant, driver string) error {
	const tries = 3
	m.Status = survived
	for n := range 1 + tries {
		specs := allSpecs
		if n == 0 {
			if specs = j.likely(m.File); specs == "" {
				continue
			}
		}
		v, err := j.suite(ctx, driver, specs, 5*j.longest()<<n)
		switch {
		case err != nil:
			return err
		case v.late && n > 0:
			slow, err := j.isSlow(ctx)
			if err != nil {
				return err
			}
			if !slow {
				m.Status = timedOut
				return nil
			}
		case v.failed():
			again, err := j.suite(ctx, driver, alone(v.by), 5*j.longest()<<n)
			if err != nil {
				return err
			}
			if again.failed() {
				m.Status, m.By = killed, v.by
				j.learn(m)
				return nil
			}
		case v.code == exitOK && n > 0:
			return nil
		}
	}
	return nil
}

// isSlow tells whether the reference takes much longer than it did, so that a mutant may, too.
func (j *judge) isSlow(ctx context.Context) (bool, error) {
	before := j.longest()
	err := j.control(ctx)
	return j.longest() > 2*before, err
}

// learn puts the spec that killed a mutant first among those that are tried with others of its file.
func (j *judge) learn(m *mutant) {
	if m.By == "" {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	const most = 16
	others := slices.DeleteFunc(slices.Clone(j.killers[m.File]), func(s string) bool { return s == m.By })
	j.killers[m.File] = append([]string{m.By}, others[:min(len(others), most-1)]...)
}

// likely is an expression of those specs, empty for none.
func (j *judge) likely(file string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.killers[file]) == 0 {
		return ""
	}
	return expression(j.killers[file]...)
}

// longest is how long a run against the reference took at most.
func (j *judge) longest() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.clean
}

// build builds the mutant: its file lies over the one of the tree.
func (m *mutant) build(ctx context.Context, folder, to string) error {
	file, overlay := filepath.Join(folder, "mutant.go"), filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, m.text, 0o644); err != nil {
		return err
	}
	over, err := filepath.Abs(m.File)
	if err != nil {
		return err
	}
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{over: file}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, data, 0o644); err != nil {
		return err
	}
	return build(ctx, to, "-overlay", overlay)
}

// each calls f for each item, several at a time, until one fails.
func each[T any](workers int, items []T, f func(T) error) error {
	todo := make(chan T)
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for item := range todo {
				if err := f(item); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, item := range items {
		select {
		case todo <- item:
		case <-ctx.Done():
		}
	}
	close(todo)
	working.Wait()
	return context.Cause(ctx)
}
