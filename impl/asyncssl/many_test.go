// The race detector needs memory of its own for each goroutine, and what is measured here is memory.

//go:build !race

package asyncssl_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/sslconform/sslconform/fixtures/skip"
	"github.com/sslconform/sslconform/impl/async"
)

// Ten thousand wrapped sockets live in one process, and cost less than 20 kB of heap and stack each.
func TestManySockets(t *testing.T) {
	const sockets, limit = 10_000, 20 << 10
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < sockets+1000 {
		skip.Here(t, fmt.Sprintf("%d descriptors are allowed, which is not enough", files.Cur))
	}
	bench := startBench(t)
	before := memory()
	bench.loop(t, func(l *async.Loop) {
		connected := 0
		var next func()
		next = func() {
			bench.connect(t, l, async.Callbacks{Connect: func(async.Socket) {
				if connected++; connected == sockets {
					l.Post(func() {
						each := (memory() - before) / sockets
						t.Logf("%d bytes for each of %d sockets", each, sockets)
						if each > limit {
							t.Errorf("%d bytes for each socket, want less than %d", each, limit)
						}
						l.Exit()
					})
				} else if connected <= sockets-16 {
					next()
				}
			}, Event: func(err error) {
				t.Errorf("after %d: %v", connected, err)
				l.Exit()
			}})
		}
		for range 16 {
			next()
		}
	})
}

// memory is what heap and stacks take after two collections: the first one lets stacks and pools shrink.
func memory() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}
