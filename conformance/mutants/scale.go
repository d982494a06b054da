package mutants

import (
	"net"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
)

var scaleMutants = []Mutant{
	{Name: "connect-refused-in-a-crowd", Breaks: []string{"scale/many"}, tamper: refusedInCrowd},
	{Name: "data-mixed-up-in-a-crowd", Breaks: []string{"scale/many"}, tamper: inCrowd(mixedUp)},
	{Name: "data-lost-in-a-crowd", Breaks: []string{"scale/many"}, tamper: inCrowd(lost(subject.OnRead))},
	{Name: "event-lost-in-a-crowd", Breaks: []string{"scale/many"}, tamper: inCrowd(lost(subject.OnEvent))},
	{Name: "close-cb-lost-in-a-crowd", Breaks: []string{"scale/many"}, tamper: inCrowd(lost(subject.OnClose))},
	{Name: "memory-leaked", Breaks: []string{"scale/no-leak"}, Rows: []string{"S2"}, tamper: connections(memoryLeaked)},
}

// refusedInCrowd has room for no more.
func refusedInCrowd(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		if q, _ := asked.outcome(r); q.Op == subject.Connect && asked.crowded() {
			r.OK, r.Error = nil, &subject.Error{Condition: subject.Condition{Message: "too many sockets"}}
		}
		return []subject.Record{r}
	}}
}

// crowded tells whether there are more sockets at once than some implementations were tried with.
func (a *asked) crowded() bool {
	const crowd = 128
	names := map[subject.Handle]bool{}
	for _, q := range a.requests {
		if q.Op == subject.Connect {
			names[q.As] = true
		}
	}
	return len(names) > crowd
}

// inCrowd makes a mutant that changes every third record of sockets in a crowd, which are wrapped.
func inCrowd(change func(a *asked, r subject.Record) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		n := 0
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			_, closed := asked.wrapWith(r.Callbacks)
			if _, is := asked.original(about(r)); (is || closed) && r.Event != "" && asked.crowded() {
				if n++; n%3 == 0 {
					return change(&asked, r)
				}
			}
			return []subject.Record{r}
		}}
	}
}

// mixedUp takes a socket for the one that was wrapped last.
func mixedUp(a *asked, r subject.Record) []subject.Record {
	last, _ := a.last(func(q subject.Request) bool { return q.Op == subject.Wrap })
	if r.Event == subject.OnRead {
		r.On, r.Callbacks = last.As, a.connect(last.On).Callbacks
	}
	return []subject.Record{r}
}

func lost(event subject.Callback) func(*asked, subject.Record) []subject.Record {
	return func(_ *asked, r subject.Record) []subject.Record {
		if r.Event == event {
			return nil
		}
		return []subject.Record{r}
	}
}

// memoryLeaked keeps a buffer of each connection.
func memoryLeaked(w *wire) net.Conn {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	kept.buffers = append(kept.buffers, make([]byte, 4<<10))
	return w
}

var kept struct {
	mu      sync.Mutex
	buffers [][]byte
}
