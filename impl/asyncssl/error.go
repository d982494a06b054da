package asyncssl

import (
	"errors"
	"io"
	"net"
	"reflect"
	"syscall"

	"github.com/sslconform/sslconform/impl/async"
)

// Error (tcp-ssl-error) extends tcp-error: an error happened while communicating over an ssl-socket. errors.As finds a
// *tls.CertificateVerificationError in it where the peer's certificate was not accepted.
type Error struct {
	async.TCPError
	// Handshake: it happened before the handshake was done.
	Handshake bool
}

// Name implements [async.Condition].
func (*Error) Name() string { return "tcp-ssl-error" }

// Unwrap gives what the error extends.
func (e *Error) Unwrap() error { return &e.TCPError }

// Alert is the description (RFC 8446, section 6) of the alert that the peer sent, 0 if it sent none.
func (e *Error) Alert() int {
	var remote *net.OpError
	if !errors.As(e.Cause, &remote) || remote.Op != "remote error" {
		return 0
	}
	// crypto/tls keeps the type of its alerts to itself; its kind is that of the number on the wire.
	if alert := reflect.ValueOf(remote.Err); alert.Kind() == reflect.Uint8 {
		return int(alert.Uint())
	}
	return 0
}

// ErrTruncated is the cause of an [*Error] where the peer's TCP ended without close_notify: what came may not be all.
var ErrTruncated = errors.New("the connection ended without close_notify")

// told is a connection that tells its bare end apart: crypto/tls makes io.EOF of that and of close_notify.
type told struct{ async.Conn }

func (t *told) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if err == io.EOF {
		err = ErrTruncated
	}
	return n, err
}

// A handshakeError is an error before the handshake was done.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }

// condition tells a clean end, an error of the network and an error of TLS apart.
func condition(s async.Socket, err error) async.Condition {
	var early *handshakeError
	handshake := errors.As(err, &early)
	var network syscall.Errno
	var dns *net.DNSError
	switch {
	case errors.As(err, &network), errors.As(err, &dns), errors.Is(err, io.EOF) && !handshake:
		return async.NewCondition(s, err)
	default:
		return &Error{*async.NewTCPError(s, err), handshake}
	}
}
