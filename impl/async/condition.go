package async

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"
)

// A Condition is what an event callback is handed, and what an operation returns that is refused. errors.As tells
// the documented ones apart: each can be found as what it extends, too.
type Condition interface {
	error
	// Name is the documented name of the condition.
	Name() string
}

// EventInfo (event-info): something happened.
type EventInfo struct{}

func (*EventInfo) Error() string { return "something happened" }
func (*EventInfo) Name() string  { return "event-info" }

// EventError (event-error): something went wrong.
type EventError struct {
	// Code is the system's, or -1.
	Code    int
	Message string
}

func (e *EventError) Error() string { return e.Message }
func (*EventError) Name() string    { return "event-error" }
func (*EventError) Unwrap() error   { return &EventInfo{} }

func newEventError(cause error) EventError {
	return EventError{Code: code(cause), Message: cause.Error()}
}

// code is that of the error that led to it, if that is the system's.
func code(cause error) int {
	var errno syscall.Errno
	switch {
	case errors.As(cause, &errno):
		return int(errno)
	default:
		return -1
	}
}

// TCPInfo (tcp-info): something happened to a socket.
type TCPInfo struct{ Socket Socket }

func (*TCPInfo) Error() string { return "something happened to a socket" }
func (*TCPInfo) Name() string  { return "tcp-info" }
func (*TCPInfo) Unwrap() error { return &EventInfo{} }

// TCPError (tcp-error): something went wrong with a socket, which is closed.
type TCPError struct {
	EventError
	TCPInfo
	// Cause is the error underneath.
	Cause error
}

func (e *TCPError) Error() string   { return e.EventError.Error() }
func (*TCPError) Name() string      { return "tcp-error" }
func (e *TCPError) Unwrap() []error { return []error{&e.EventError, &e.TCPInfo, e.Cause} }

// NewTCPError makes the tcp-error of a socket out of the error that led to it.
func NewTCPError(s Socket, cause error) *TCPError {
	return &TCPError{newEventError(cause), TCPInfo{Socket: s}, cause}
}

// TCPEOF (tcp-eof): the peer closed the connection; the socket is closed.
type TCPEOF struct{ TCPInfo }

func (*TCPEOF) Error() string   { return "the peer closed the connection" }
func (*TCPEOF) Name() string    { return "tcp-eof" }
func (e *TCPEOF) Unwrap() error { return &e.TCPInfo }

// TCPTimeout (tcp-timeout): nothing was read, or written, for as long as the socket's timeout.
type TCPTimeout struct{ TCPError }

func (*TCPTimeout) Name() string    { return "tcp-timeout" }
func (e *TCPTimeout) Unwrap() error { return &e.TCPError }

// TCPRefused (tcp-refused): nobody listens where the socket was to connect.
type TCPRefused struct{ TCPError }

func (*TCPRefused) Name() string    { return "tcp-refused" }
func (e *TCPRefused) Unwrap() error { return &e.TCPError }

// TCPAcceptError (tcp-accept-error): a server could not accept a connection. It has no socket.
type TCPAcceptError struct{ TCPError }

func (*TCPAcceptError) Name() string    { return "tcp-accept-error" }
func (e *TCPAcceptError) Unwrap() error { return &e.TCPError }

// SocketClosed (socket-closed): the operation is not for a closed socket.
type SocketClosed struct{ TCPError }

func (*SocketClosed) Name() string    { return "socket-closed" }
func (e *SocketClosed) Unwrap() error { return &e.TCPError }

// DNSError (dns-error): a name cannot be looked up.
type DNSError struct {
	EventError
	Cause error
}

func (*DNSError) Name() string      { return "dns-error" }
func (e *DNSError) Unwrap() []error { return []error{&e.EventError, e.Cause} }

// NewCondition says what an error of the network means for a socket: a clean end, or what went wrong.
func NewCondition(s Socket, err error) Condition {
	var dns *net.DNSError
	switch {
	case errors.Is(err, io.EOF):
		return &TCPEOF{TCPInfo{Socket: s}}
	case errors.As(err, &dns):
		return &DNSError{newEventError(err), err}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &TCPRefused{*NewTCPError(s, err)}
	case errors.Is(err, syscall.ETIMEDOUT):
		return &TCPTimeout{*NewTCPError(s, err)}
	default:
		return NewTCPError(s, err)
	}
}

func socketClosed(s Socket, operation string) error {
	return &SocketClosed{*NewTCPError(s, fmt.Errorf("%s: the socket is closed", operation))}
}

// Names lists the documented names of an error and of all that it extends, most specific first; none if it is no
// condition.
func Names(err error) []string {
	var names []string
	for level := []error{err}; len(level) > 0; {
		var below []error
		for _, e := range level {
			if c, ok := e.(Condition); ok && !slices.Contains(names, c.Name()) {
				names = append(names, c.Name())
			}
			switch e := e.(type) {
			case interface{ Unwrap() error }:
				below = append(below, e.Unwrap())
			case interface{ Unwrap() []error }:
				below = append(below, e.Unwrap()...)
			}
		}
		level = below
	}
	return names
}
