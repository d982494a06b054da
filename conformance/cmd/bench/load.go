package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sslconform/sslconform/conformance/figures"
)

// How much is done in a round. What is short enough to be disturbed as a whole is done again in the next one; 31 rounds of
// 64 MiB are 2 GiB each way.
const (
	handshakes = 200
	atOnce     = 8
	streamed   = 64 << 20
	times      = 1000 // round trips
)

// The targets: of the reference, beside crypto/tls.
var (
	asManyHandshakes = figures.Target{Limit: .92, Least: true, Quartiles: true}
	asMuchData       = figures.Target{Limit: .95, Least: true}
	atCost           = figures.Target{Limit: 1.3}
)

// A measure is one thing that a client is told to do, and what is made of the answer, by what it is called.
type measure struct {
	line string
	made map[string]func(answer map[string]float64) float64
}

// group has a subject for each client.
func (b *bench) group(what string, t figures.Target, clients ...subject) figures.Group {
	g := figures.Group{What: what, Again: rawTLSAgain}
	for _, c := range clients {
		g.Subjects = append(g.Subjects, c.name)
	}
	if t.Limit != 0 {
		g.Targets = map[string]figures.Target{reference: t}
	}
	return g
}

// trial has clients do the same in turn.
func (m measure) runners(clients []subject, client func(subject) (*process, error), done func(*process)) (all []runner) {
	for _, s := range clients {
		all = append(all, runner{name: s.name, run: func(context.Context) ([]reading, error) {
			c, err := client(s)
			if err != nil {
				return nil, err
			}
			defer done(c)
			answer, err := c.do("%s", m.line)
			if err != nil {
				return nil, err
			}
			var readings []reading
			for what, of := range m.made {
				if v := of(answer); v != 0 { // 0 is what a client knows nothing of
					readings = append(readings, reading{what, s.name, v})
				}
			}
			return readings, nil
		}})
	}
	return all
}

func kept(*process) {}

// perSecond is a number of things by the time that they took.
func perSecond(n float64, time string) func(map[string]float64) float64 {
	return func(answer map[string]float64) float64 { return n / (answer[time] / 1e9) }
}

// each is a number of an answer, in another unit.
func each(of string, unit float64) func(map[string]float64) float64 {
	return func(answer map[string]float64) float64 { return answer[of] / unit }
}

// load are the trials of single connections.
func (b *bench) load() []trial {
	all := []trial{
		b.loaded("handshakes", fmt.Sprintf("handshakes %d %d", handshakes, atOnce),
			fmt.Sprintf("reference: handshakes, %d at a time, 1/s", atOnce), asManyHandshakes, perSecond(handshakes, "wall")),
		b.loaded("down", fmt.Sprintf("down %d", streamed),
			"reference: down in rounds of 64 MiB, MiB/s", asMuchData, perSecond(streamed>>20, "wall")),
		b.loaded("up", fmt.Sprintf("up %d", streamed),
			"reference: up in rounds of 64 MiB, MiB/s", asMuchData, perSecond(streamed>>20, "wall")),
	}
	for _, size := range []int{1, 100, 16384} {
		all = append(all, b.loaded(fmt.Sprintf("round trips of %d", size), fmt.Sprintf("echo %d %d", size, times),
			fmt.Sprintf("reference: CPU time of a round trip of %s, µs", ofBytes(size)), atCost, each("cpu", times*float64(time.Microsecond))))
	}
	if b.pinned != nil {
		for _, size := range []int{1, 100, 16384} {
			all = append(all, b.latency(size))
		}
	}
	return all
}

func ofBytes(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// loaded is a trial of all clients, which gives one figure.
func (b *bench) loaded(name, line, what string, t figures.Target, of func(map[string]float64) float64) trial {
	m := measure{line, map[string]func(map[string]float64) float64{what: of}}
	return trial{name: name, groups: []figures.Group{b.group(what, t, b.clients...)}, runners: m.runners(b.clients, b.pair.client, kept)}
}

// latency is a trial of all clients on one core.
func (b *bench) latency(size int) trial {
	median := fmt.Sprintf("reference: latency of %s on one core, median, µs", ofBytes(size))
	p99 := fmt.Sprintf("reference: latency of %s on one core, 99th percentile, µs", ofBytes(size))
	m := measure{fmt.Sprintf("echo %d %d", size, times), map[string]func(map[string]float64) float64{
		median: each("median", float64(time.Microsecond)), p99: each("p99", float64(time.Microsecond)),
	}}
	return trial{
		name:    fmt.Sprintf("latency of %d", size),
		groups:  []figures.Group{b.group(median, atCost, b.clients...), b.group(p99, atCost, b.clients...)},
		runners: m.runners(b.clients, b.pinned.client, kept),
	}
}
