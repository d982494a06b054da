package async

import "errors"

// A Layer is what [Upgrade] puts on top of a socket.
type Layer struct {
	// Face makes the object that callbacks will see of the new socket; it embeds it.
	Face func(Socket) Socket
	// Handshake sets the layer up on the connection below. It runs outside the loop and may block; closing the
	// socket ends the connection below.
	Handshake func(below Conn) (Conn, error)
	// Condition says what an error means that Handshake, the connection it returned, or the network ended with.
	Condition func(s Socket, err error) Condition
	// Closed is called once, in the loop, when the new socket is closed. It may be nil.
	Closed func()
}

// ErrEarlyData is the cause of what refuses an upgrade of a socket that holds data which has not been read: it came
// without the layer, and must not be taken for data that came through it.
var ErrEarlyData = errors.New("data came before the upgrade and was not read")

// Upgrade puts a layer on top of a socket and returns the new socket, to which callbacks and timeouts move. What was
// written to s before goes first, without the layer. Every operation on s but Closed and Data is an error of the
// layer from then on.
func Upgrade(s Socket, layer Layer) (Socket, error) {
	under := s.core()
	if err := under.check("wrap"); err != nil {
		return nil, err
	}
	if under.failed { // and is closed when its event callback returns
		return nil, socketClosed(s, "wrap")
	}
	if len(under.buffer) > 0 || under.inHand > 0 {
		return nil, layer.Condition(s, ErrEarlyData)
	}
	face := newSocket(under.link, under.callbacks)
	face.layer, face.self = &layer, layer.Face(face)
	face.keep = under.keep
	if under.stream != nil {
		face.stream = &Stream{face}
	}
	under.cover(face)
	return face.self, nil
}

// UpgradeStream is Upgrade for a stream.
func UpgradeStream(t *Stream, layer Layer) (*Stream, error) {
	s, err := Upgrade(t.Socket(), layer)
	if err != nil {
		return nil, err
	}
	return s.core().stream, nil
}

// cover lets a face take the socket's place.
func (s *socket) cover(face *socket) {
	face.reading.timeout, face.reading.disabled = s.reading.timeout, s.reading.disabled
	face.writing.timeout, face.writing.disabled = s.writing.timeout, s.writing.disabled
	s.callbacks = Callbacks{}
	s.stopTimeouts()
	s.writing.disabled, s.writing.timeout = false, 0 // what was written before is still to go
	s.over = face
	s.link.top = face
	face.reading.start()
	if s.conn != nil {
		s.link.interrupt()
	}
	s.pump()
}
