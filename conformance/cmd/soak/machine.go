package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// output runs the suite, and returns what it prints.
func (w *way) output(cmd *exec.Cmd) ([]byte, error) {
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the suite: %w", err)
	}
	ctx, ended := context.WithCancel(context.Background())
	var halting sync.WaitGroup
	if w.halting {
		halting.Go(func() { halt(ctx, cmd) })
	}
	err := cmd.Wait()
	ended()
	halting.Wait()
	return printed.Bytes(), err
}

// longest is how long a halt may be: twice the time that timed specs begin with.
const longest = 400 * time.Millisecond

// halt stops a process now and then, until it has ended.
func halt(ctx context.Context, cmd *exec.Cmd) {
	signals := [...]syscall.Signal{syscall.SIGCONT, syscall.SIGSTOP}
	for n := 0; cmd.Process.Signal(signals[n%2]) == nil; n++ {
		select {
		case <-time.After(rand.N(longest)):
		case <-ctx.Done():
			return
		}
	}
}

// burn keeps all cores busy until the function that it returns is called.
func burn() (stop func()) {
	var burning []*exec.Cmd
	for range runtime.NumCPU() {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		if cmd.Start() == nil {
			burning = append(burning, cmd)
		}
	}
	return func() {
		for _, cmd := range burning {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
}
