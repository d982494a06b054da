package plain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/async"
)

// A Session runs a loop in a goroutine of its own. The maps and finished belong to the loop.
type Session struct {
	events  subject.Reporter
	dial    Dial
	loop    *async.Loop
	turns   *turns
	poller  *poller
	running sync.WaitGroup
	failed  error // what left the loop

	operations Operations
	finished   []func() // to be called when the loop has ended
	objects    map[subject.Handle]Object
	names      map[any]subject.Handle // the first one of each socket and stream
	digests    map[subject.Handle]*digest
}

// A Dial makes a connection; nil is that of a net.Dialer.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// An Object is a socket, or a stream with its socket.
type Object struct {
	Socket async.Socket
	Stream *async.Stream // nil for a socket
}

// What an object can be.
const (
	kindSocket = "socket"
	kindStream = "stream"
)

// itself is what the object is in the application's hands.
func (o Object) itself() any {
	if o.Stream != nil {
		return o.Stream
	}
	return o.Socket
}

// New opens a session that offers more operations than those of a plain socket, or takes others for them.
func New(events subject.Reporter, dial Dial, more Operations) (*Session, error) {
	poller, err := newPoller()
	if err != nil {
		return nil, fmt.Errorf("open a session: %w", err)
	}
	s := &Session{
		events:  events,
		dial:    dial,
		loop:    async.NewLoop(),
		turns:   newTurns(),
		poller:  poller,
		objects: make(map[subject.Handle]Object),
		names:   make(map[any]subject.Handle),
		digests: make(map[subject.Handle]*digest),

		operations: maps.Clone(operations),
	}
	maps.Copy(s.operations, more)
	s.loop.HandOnErrors = true
	s.running.Go(s.run)
	return s, nil
}

// run runs the loop, and what is asked for after its end. Connections that are still being seen off are cut last.
func (s *Session) run() {
	s.failed = s.loop.Run(s.loop.Hold)
	for _, f := range s.finished {
		f()
	}
	s.turns.serve()
	s.loop.Close()
}

// Turn implements [subject.Implementation].
func (s *Session) Turn(f func()) {
	s.turns.put(f)
	s.loop.Post(func() { s.turns.next() })
}

// Sync implements [subject.Implementation].
func (s *Session) Sync(f func()) {
	s.running.Go(func() {
		for range 2 {
			s.poller.round()
		}
		s.Turn(f)
	})
}

// Finish implements [subject.Implementation].
func (s *Session) Finish(f func()) error {
	if len(s.finished) == 0 {
		s.loop.Release()
	}
	s.finished = append(s.finished, f)
	return nil
}

// End implements [subject.Implementation].
func (s *Session) End() error {
	s.loop.Post(s.loop.Exit)
	s.turns.end()
	s.running.Wait()
	return errors.Join(s.failed, s.poller.close())
}

// Adopt gives a name to what an operation has made of another object, and says what it is. Where there is a digest of
// what that one was handed, there is one of what this one will be.
func (s *Session) Adopt(made, of Object, as subject.Handle) subject.Result {
	digest := s.digests[s.name(of.Socket)] != nil
	if made.Stream != nil {
		s.setDigest(subject.SocketOf(as), digest)
		return subject.Result{Kind: kindStream, SameAs: s.addStream(as, made.Stream)}
	}
	s.setDigest(as, digest)
	return subject.Result{Kind: kindSocket, SameAs: s.add(as, made)}
}

// add gives an object a name and returns the one that it had already, if any. It keeps that one. An object whose name
// is given to another is forgotten.
func (s *Session) add(name subject.Handle, o Object) (known subject.Handle) {
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
func (s *Session) addStream(name subject.Handle, t *async.Stream) (known subject.Handle) {
	s.add(subject.SocketOf(name), Object{Socket: t.Socket()})
	return s.add(name, Object{t.Socket(), t})
}

// name finds what the suite calls a socket or stream.
func (s *Session) name(itself any) subject.Handle {
	if name, known := s.names[itself]; known {
		return name
	}
	return subject.Unknown
}
