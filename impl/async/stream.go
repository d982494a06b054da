package async

import (
	"errors"
	"io"
)

// A Stream wraps a socket that keeps what it reads. It is an io.ReadWriteCloser whose Read never blocks: it is for
// when the read callback says that there is data.
type Stream struct{ socket *socket }

// ErrNoData is what reading a stream returns where nothing is there yet.
var ErrNoData = errors.New("no data yet")

var errDrains = errors.New("the socket does not keep what it reads: it has no data for a stream")

// NewStream makes a stream over a socket that keeps what it reads.
func NewStream(s Socket) (*Stream, error) {
	core := s.core()
	switch err := core.check("make a stream"); {
	case err != nil:
		return nil, err
	case !core.keep:
		return nil, errDrains
	default:
		core.stream = &Stream{core}
		return core.stream, nil
	}
}

// Socket is the socket that the stream wraps.
func (t *Stream) Socket() Socket { return t.socket.self }

// Read reads what is there. Where nothing is, it returns [ErrNoData], or io.EOF after the socket's end.
func (t *Stream) Read(p []byte) (int, error) {
	s := t.socket
	switch {
	case s.over != nil:
		return 0, s.check("read")
	case len(s.buffer) > 0:
		n := copy(p, s.buffer)
		s.buffer = s.buffer[n:]
		return n, nil
	case s.closed:
		return 0, io.EOF
	default:
		return 0, ErrNoData
	}
}

// Write queues data to be sent; it never blocks.
func (t *Stream) Write(data []byte) (int, error) {
	if err := t.socket.self.Write(data); err != nil {
		return 0, err
	}
	return len(data), nil
}

// Close closes the stream's socket.
func (t *Stream) Close() error { return t.socket.self.Close() }
