package main

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A client does what is measured, in its way. It starts and stops the clock.
type client interface {
	handshakes(k *clock, count, atOnce int) error
	down(k *clock, size int) error
	up(k *clock, size int) error
	echo(k *clock, size, times int) error
	sockets(k *clock, count int) error
}

// perform does what a line says, and returns the answer.
func perform(c client, line string) (answer string, err error) {
	var (
		what string
		n    [2]int
		k    clock
	)
	found, _ := fmt.Sscan(line, &what, &n[0], &n[1])
	switch {
	case what == "handshakes" && found == 3 && n[1] > 0:
		err = c.handshakes(&k, n[0], n[1])
	case what == "down" && found == 2:
		err = c.down(&k, n[0])
	case what == "up" && found == 2:
		err = c.up(&k, n[0])
	case what == "echo" && found == 3:
		k.each = make([]time.Duration, 0, n[1])
		err = c.echo(&k, n[0], n[1])
	case what == "sockets" && found == 2:
		err = c.sockets(&k, n[0])
	default:
		return "", fmt.Errorf("%q is nothing to do: see the package's documentation", line)
	}
	return k.String(), err
}

// A clock takes what something took.
type clock struct {
	began     time.Time
	used      time.Duration
	wall, cpu time.Duration
	each      []time.Duration // of the round trips
	trip      time.Time       // when the one under way began
	opened    *opened         // of sockets
}

// opened is what many sockets took.
type opened struct {
	wrap, exchange time.Duration
	heap, resident int // for each
}

func (k *clock) start() { k.began, k.used = time.Now(), cpuTime() }

func (k *clock) stop() { k.wall, k.cpu = time.Since(k.began), cpuTime()-k.used }

// lap ends a round trip and begins the next one.
func (k *clock) lap() {
	now := time.Now()
	if !k.trip.IsZero() {
		k.each = append(k.each, now.Sub(k.trip))
	}
	k.trip = now
}

func (k *clock) String() string {
	if o := k.opened; o != nil {
		return fmt.Sprintf("wrap=%d exchange=%d heap=%d resident=%d", o.wrap, o.exchange, o.heap, o.resident)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "wall=%d cpu=%d", k.wall, k.cpu)
	if len(k.each) > 0 {
		slices.Sort(k.each)
		fmt.Fprintf(&b, " median=%d p99=%d", k.each[len(k.each)/2], k.each[len(k.each)*99/100])
	}
	return b.String()
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
