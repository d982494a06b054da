package async

import (
	"errors"
	"io"
)

// A Socket is one end of a TCP connection, or what a layer made of one. Its operations belong inside the loop.
type Socket interface {
	// Write queues bytes to be sent; it never blocks.
	Write(data []byte) error
	// Close closes the socket; it makes no promise about data just written. No callback follows.
	Close() error
	// Closed tells whether the socket is closed. It is the one operation that a closed socket allows.
	Closed() bool

	// core makes this an interface that only this package's sockets, and what embeds them, implement.
	core() *socket
}

// Callbacks are what a socket tells an application. Any may be nil.
type Callbacks struct {
	// Connect: the connection stands.
	Connect func(Socket)
	// Read: data came, and is the callback's to keep.
	Read func(Socket, []byte)
	// Event: everything that is no data.
	Event func(Condition)
}

// socket is the core of every Socket: a face of a connection. A connection has one face to begin with; a wrap puts
// another on top of it. All fields belong to the loop.
type socket struct {
	link      *link
	self      Socket // the object that callbacks see
	callbacks Callbacks
	layer     *Layer  // what makes conn out of the conn below; nil for the first face
	over      *socket // the face that a wrap put on top
	early     []byte  // read below, but not before this face was there
	conn      Conn    // what bytes pass through; nil until they can

	out     [][]byte
	writing bool          // a goroutine sends out
	drained chan struct{} // once wrapped: closed when nothing is left to send, nil if nothing was
	closed  bool
}

func (s *socket) core() *socket { return s }

func (s *socket) Closed() bool { return s.closed }

func (s *socket) Write(data []byte) error {
	if err := s.check("write"); err != nil {
		return err
	}
	s.out = append(s.out, append([]byte(nil), data...))
	s.flush()
	return nil
}

func (s *socket) Close() error {
	if err := s.check("close"); err != nil {
		return err
	}
	s.end()
	return nil
}

var errWrapped = errors.New("the socket was wrapped: use what the wrap returned")

// check returns why an operation is refused: the socket is closed, or wrapped. The layer on top says so in its words.
func (s *socket) check(operation string) error {
	switch {
	case s.closed:
		return socketClosed(s.self, operation)
	case s.over != nil:
		return s.over.layer.Condition(s.self, errWrapped)
	default:
		return nil
	}
}

// condition says what an error on the connection means for this face.
func (s *socket) condition(err error) Condition {
	switch {
	case s.layer != nil:
		return s.layer.Condition(s.self, err)
	case errors.Is(err, io.EOF):
		return &TCPEOF{TCPInfo{Socket: s.self}}
	default:
		return NewTCPError(s.self, err)
	}
}

// fail ends the socket for a reason that its event callback is told: one event for one failure.
func (s *socket) fail(err error) {
	if s.closed {
		return
	}
	if s.callbacks.Event != nil {
		s.callbacks.Event(s.condition(err))
	}
	if !s.closed {
		s.end()
	}
}

// end closes the socket, which frees its callbacks. Its connection is seen off in the background.
func (s *socket) end() {
	s.closed = true
	s.callbacks = Callbacks{}
	s.out = nil
	s.link.seeOff()
	s.link.loop.Release()
	if s.layer != nil && s.layer.Closed != nil {
		s.layer.Closed()
	}
}

// flush has what is queued sent, as soon as bytes can pass.
func (s *socket) flush() {
	if s.writing || s.conn == nil || len(s.out) == 0 && !s.closed {
		return
	}
	s.writing = true
	s.link.start(s.send)
}

// send runs outside the loop until nothing is left to send; for a socket that was closed it sends the end, too.
func (s *socket) send() {
	for {
		var chunk []byte
		var closed bool
		s.link.loop.run(func() { chunk, closed = s.next() })
		switch {
		case closed:
			s.conn.CloseWrite() // the peer is gone if this fails, and that is no news for a closed socket
			s.link.tcp.CloseWrite()
			return
		case chunk == nil:
			return
		}
		if _, err := s.conn.Write(chunk); err != nil {
			s.link.loop.run(func() { s.out = nil; s.link.top.fail(err) })
		}
	}
}

// next takes a chunk off the queue. Nothing left means that send ends.
func (s *socket) next() (chunk []byte, closed bool) {
	if s.closed {
		return nil, true
	}
	if len(s.out) > 0 {
		chunk, s.out = s.out[0], s.out[1:]
		return chunk, false
	}
	s.writing = false
	if s.drained != nil {
		close(s.drained)
	}
	return nil, false
}
