// The race detector needs memory of its own for each goroutine, and what is measured here is memory.

//go:build !race

package main

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/sslconform/sslconform/fixtures/skip"
)

// Ten thousand wrapped sockets live in one process, and cost less than 20 kB of heap and stack each.
func TestManySockets(t *testing.T) {
	const sockets, limit = 10_000, 20 << 10
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < sockets+1000 {
		skip.Here(t, fmt.Sprintf("%d descriptors are allowed, which is not enough", files.Cur))
	}
	var k clock
	if err := (&reference{startServer(t)}).sockets(&k, sockets); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes for each of %d sockets", k.opened.heap, sockets)
	if k.opened.heap > limit {
		t.Errorf("%d bytes for each socket, want less than %d", k.opened.heap, limit)
	}
}
