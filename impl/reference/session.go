package reference

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/async"
)

// session runs a loop in a goroutine of its own. The maps and finished belong to the loop.
type session struct {
	events  subject.Reporter
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	loop    *async.Loop
	turns   *turns
	poller  *poller
	running sync.WaitGroup
	failed  error // what left the loop

	finished []func() // to be called when the loop has ended
	objects  map[subject.Handle]object
	names    map[any]subject.Handle // the first one of each socket and stream
	digests  map[subject.Handle]*digest
}

// An object is a socket, or a stream with its socket.
type object struct {
	socket async.Socket
	stream *async.Stream // nil for a socket
}

// itself is what the object is in the application's hands.
func (o object) itself() any {
	if o.stream != nil {
		return o.stream
	}
	return o.socket
}

func newSession(events subject.Reporter, dial func(context.Context, string, string) (net.Conn, error)) (*session, error) {
	poller, err := newPoller()
	if err != nil {
		return nil, fmt.Errorf("open a session: %w", err)
	}
	s := &session{
		events:  events,
		dial:    dial,
		loop:    async.NewLoop(),
		turns:   newTurns(),
		poller:  poller,
		objects: make(map[subject.Handle]object),
		names:   make(map[any]subject.Handle),
		digests: make(map[subject.Handle]*digest),
	}
	s.running.Go(s.run)
	return s, nil
}

// run runs the loop, and what is asked for after its end. Connections that are still being seen off are cut last.
func (s *session) run() {
	s.failed = s.loop.Run(s.loop.Hold)
	for _, f := range s.finished {
		f()
	}
	s.turns.serve()
	s.loop.Close()
}

func (s *session) Turn(f func()) {
	s.turns.put(f)
	s.loop.Post(func() { s.turns.next() })
}

func (s *session) Sync(f func()) {
	s.running.Go(func() {
		for range 2 {
			s.poller.round()
		}
		s.Turn(f)
	})
}

func (s *session) Finish(f func()) error {
	if len(s.finished) == 0 {
		s.loop.Release()
	}
	s.finished = append(s.finished, f)
	return nil
}

func (s *session) End() error {
	s.loop.Post(s.loop.Exit)
	s.turns.end()
	s.running.Wait()
	return errors.Join(s.failed, s.poller.close())
}

// add gives an object a name and returns the one that it had already, if any. It keeps that one. An object whose name
// is given to another is forgotten.
func (s *session) add(name subject.Handle, o object) (known subject.Handle) {
	if before := s.objects[name].itself(); before != nil && s.names[before] == name {
		delete(s.names, before)
	}
	s.objects[name] = o
	known = s.names[o.itself()]
	if known == "" {
		s.names[o.itself()] = name
	}
	return known
}

// addStream is add for a stream, whose socket gets a name, too.
func (s *session) addStream(name subject.Handle, t *async.Stream) (known subject.Handle) {
	s.add(subject.SocketOf(name), object{socket: t.Socket()})
	return s.add(name, object{t.Socket(), t})
}

// name finds what the suite calls a socket or stream.
func (s *session) name(itself any) subject.Handle {
	if name, known := s.names[itself]; known {
		return name
	}
	return subject.Unknown
}
