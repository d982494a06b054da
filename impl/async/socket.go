package async

import (
	"errors"
	"time"
)

// A Socket is one end of a TCP connection, or what a layer made of one. Its operations belong inside the loop. But for
// Closed and Data, they return a [*SocketClosed] when the socket is closed.
type Socket interface {
	// Write queues bytes to be sent; it never blocks. Callbacks that are given replace the socket's, the others stay.
	// It enables both directions. Right after it, Close makes no promise about the data; the write callback does.
	Write(data []byte, replace ...Callbacks) error
	// Close closes the socket and frees its callbacks.
	Close() error
	// Closed tells whether the socket is closed.
	Closed() bool
	// SetTimeouts sets how long nothing may be read, or written while output waits, before the socket is closed with a
	// [*TCPTimeout]; 0 for as long as it takes.
	SetTimeouts(read, write time.Duration) error
	// Enable lets callbacks and timeouts of the directions go on that Disable stopped.
	Enable(read, write bool) error
	// Disable stops callbacks and timeouts of the directions.
	Disable(read, write bool) error
	// Data is what SetData stored last: one slot for the application.
	Data() any
	SetData(any) error

	// core makes this an interface that only this package's sockets, and what embeds them, implement.
	core() *socket
}

// Callbacks are what a socket tells an application. Any may be nil.
type Callbacks struct {
	// Connect: the connection stands.
	Connect func(Socket)
	// Read: data came. It is the callback's until it returns; what is to stay longer has to be copied (to copy all of
	// it would make a download take a third longer). A socket that keeps its data hands over none.
	Read func(Socket, []byte)
	// ReadStream is called in place of Read for a socket with a stream, which holds the data.
	ReadStream func(Socket, *Stream)
	// Write: all that was written has left for the kernel.
	Write func(Socket)
	// Event: everything that is no data, as a [Condition], or as an [*ApplicationError].
	Event func(error)
}

// replace takes over the callbacks that are given.
func (c *Callbacks) replace(given Callbacks) {
	if given.Connect != nil {
		c.Connect = given.Connect
	}
	if given.Read != nil {
		c.Read = given.Read
	}
	if given.ReadStream != nil {
		c.ReadStream = given.ReadStream
	}
	if given.Write != nil {
		c.Write = given.Write
	}
	if given.Event != nil {
		c.Event = given.Event
	}
}

// socket is the core of every Socket: a face of a connection. A connection has one face to begin with; a wrap puts
// another on top of it. All fields belong to the loop.
type socket struct {
	link      *link
	self      Socket  // the object that callbacks see
	layer     *Layer  // what makes conn out of the conn below; nil for the first face
	over      *socket // the face that a wrap put on top
	conn      Conn    // what bytes pass through; nil until they can
	callbacks Callbacks
	data      any

	early   []byte  // read below, when this face was there already
	keep    bool    // what was read stays in buffer
	buffer  []byte  // read and kept
	inHand  int     // bytes read, but not delivered because reading is disabled
	stream  *Stream // through which the buffer is read; nil for none
	out     []byte  // written, and not passed on
	owed    bool    // a write callback, when everything has left
	closed  bool
	inEvent bool // the event callback runs
	lingers bool // it is closed, and its output is still to go
	failed  bool // the event callback is told, or was, why the socket ends

	reading, writing direction
}

func (s *socket) core() *socket { return s }

func (s *socket) Closed() bool { return s.closed }

func (s *socket) Data() any { return s.data }

func (s *socket) SetData(data any) error {
	err := s.check("set data")
	if err == nil {
		s.data = data
	}
	return err
}

func (s *socket) Close() error {
	if err := s.check("close"); err != nil {
		return err
	}
	s.end()
	return nil
}

// ErrWrapped is the cause of what refuses an operation on a socket that was wrapped.
var ErrWrapped = errors.New("the socket was wrapped: use what the wrap returned")

// check returns why an operation is refused: the socket is closed, or wrapped. The layer on top says so in its words.
func (s *socket) check(operation string) error {
	switch {
	case s.closed:
		return socketClosed(s.self, operation)
	case s.over != nil:
		return s.over.layer.Condition(s.self, ErrWrapped)
	default:
		return nil
	}
}

// condition says what an error on the connection means for this face.
func (s *socket) condition(err error) error {
	if s.layer != nil {
		return s.layer.Condition(s.self, err)
	}
	return NewCondition(s.self, err)
}

// event hands a condition to the event callback.
func (s *socket) event(err error) {
	if s.callbacks.Event != nil {
		s.inEvent = true
		s.link.loop.call(s, func() { s.callbacks.Event(err) })
		s.inEvent = false
	}
}

// fail ends the socket for a reason that its event callback is told: one event for one failure.
func (s *socket) fail(condition error) {
	s.failed = true
	s.event(condition)
	if !s.closed {
		// A peer that says no more may still listen.
		var eof *TCPEOF
		s.lingers = errors.As(condition, &eof)
		s.end()
	}
}

// end closes the socket, which frees its callbacks. Its connection is seen off in the background.
func (s *socket) end() {
	s.closed = true
	s.callbacks = Callbacks{}
	s.stopTimeouts()
	if s.lingers {
		s.link.bound()
		s.pump()
	} else {
		s.out = nil
		s.link.seeOff()
	}
	s.link.loop.Release()
	if s.layer != nil && s.layer.Closed != nil {
		s.link.loop.call(s, s.layer.Closed)
	}
}
