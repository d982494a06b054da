package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// message is what goes each way on each of many sockets.
const message = 100

// many is how many handshakes of many sockets are under way at a time.
const many = 16

// A usage is what a process takes.
type usage struct {
	heap     int // and stacks, in bytes
	resident int
}

// memory looks after two collections: the first one lets stacks and pools shrink.
func memory() usage {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{int(m.HeapAlloc + m.StackInuse), resident()}
}

// resident is what the system counts; 0 where it does not say.
func resident() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	fmt.Sscan(string(text), &size, &pages)
	return pages * os.Getpagesize()
}

// An opening takes what many sockets take: it has three parts.
type opening struct {
	clock  *clock
	count  int
	before usage
	began  time.Time
}

func (k *clock) open(count int) *opening {
	k.opened = &opened{}
	return &opening{k, count, memory(), time.Now()}
}

// wrapped is called when all are open: it looks at the memory.
func (o *opening) wrapped() {
	o.clock.opened.wrap = time.Since(o.began)
	now := memory()
	o.clock.opened.heap = (now.heap - o.before.heap) / o.count
	o.clock.opened.resident = (now.resident - o.before.resident) / o.count
	o.began = time.Now()
}

// exchanged is called when a message went each way on all.
func (o *opening) exchanged() { o.clock.opened.exchange = time.Since(o.began) }
