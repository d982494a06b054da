package main

import (
	"fmt"
	"time"

	"github.com/sslconform/sslconform/conformance/figures"
)

// most is how many sockets are open at a time, where they are many.
const most = 10_000

// many are the trials of many sockets, each time in a process that has done nothing before.
func (b *bench) many() (all []trial) {
	for _, count := range []int{10, 100, 1000} {
		all = append(all, b.sockets(count, b.clients[:3])) // those in Go
	}
	t := b.sockets(most, b.clients)
	t.most = 2 // a round takes more than a minute, and the memory is the same in each
	return append(all, t)
}

func (b *bench) sockets(count int, clients []subject) trial {
	t := trial{name: fmt.Sprintf("%d sockets", count)}
	m := measure{fmt.Sprintf("sockets %d", count), map[string]func(map[string]float64) float64{}}
	add := func(what string, target figures.Target, of func(map[string]float64) float64) {
		m.made[what] = of
		t.groups = append(t.groups, b.group(what, target, clients...))
	}
	if count == most {
		add("reference: memory for each of 10,000 sockets, heap and stacks, kB", atCost, each("heap", 1000))
		add("reference: memory for each of 10,000 sockets, resident, kB", figures.Target{}, each("resident", 1000))
		add("reference: to wrap 10,000 sockets, s", figures.Target{}, each("wrap", float64(time.Second)))
		add("reference: to send a message each way on each of them, s", figures.Target{}, each("exchange", float64(time.Second)))
	}
	add(fmt.Sprintf("growth: handshakes up to %d sockets, 1/s", count), figures.Target{}, perSecond(float64(count), "wrap"))
	add(fmt.Sprintf("growth: memory for each of %d sockets, heap and stacks, kB", count), figures.Target{}, each("heap", 1000))
	t.runners = m.runners(clients, b.pair.fresh, func(c *process) { c.end() })
	return t
}

// trials are all, those last that take the rest of the time.
func (b *bench) trials() []trial {
	return append(append(b.load(), b.many()...), b.verdicts())
}
