package asyncssl

import (
	"errors"
	"io"
	"syscall"

	"github.com/sslconform/sslconform/impl/async"
)

// Error (tcp-ssl-error) extends tcp-error: an error happened while communicating over an ssl-socket, which is closed.
type Error struct{ async.TCPError }

// Name implements [async.Condition].
func (*Error) Name() string { return "tcp-ssl-error" }

// Unwrap gives what the error extends.
func (e *Error) Unwrap() error { return &e.TCPError }

// errTruncated is what a read ends with where the peer's TCP ends without close_notify, so that io.EOF, which
// crypto/tls makes of both, is left to a clean end.
var errTruncated = errors.New("the connection ended without close_notify")

// told is a connection that tells its bare end apart.
type told struct{ async.Conn }

func (t *told) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if err == io.EOF {
		err = errTruncated
	}
	return n, err
}

// condition tells a clean end, an error of the network and an error of TLS apart.
func condition(s async.Socket, err error) async.Condition {
	var network syscall.Errno
	switch {
	case errors.Is(err, io.EOF):
		return &async.TCPEOF{TCPInfo: async.TCPInfo{Socket: s}}
	case errors.As(err, &network):
		return async.NewTCPError(s, err)
	default:
		return &Error{*async.NewTCPError(s, err)}
	}
}
