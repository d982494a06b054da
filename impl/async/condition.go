package async

import (
	"errors"
	"fmt"
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

// TCPInfo (tcp-info): something happened to a socket.
type TCPInfo struct{ Socket Socket }

func (*TCPInfo) Error() string { return "something happened to a socket" }
func (*TCPInfo) Name() string  { return "tcp-info" }
func (*TCPInfo) Unwrap() error { return &EventInfo{} }

// TCPError (tcp-error): something went wrong with a socket, which is closed.
type TCPError struct {
	EventError
	TCPInfo
	// Cause is the error underneath, if there was one.
	Cause error
}

func (e *TCPError) Error() string { return e.EventError.Error() }
func (*TCPError) Name() string    { return "tcp-error" }
func (e *TCPError) Unwrap() []error {
	extended := []error{&e.EventError, &e.TCPInfo}
	if e.Cause != nil {
		extended = append(extended, e.Cause)
	}
	return extended
}

// NewTCPError makes the tcp-error of a socket out of the error that led to it, with the system's code if it has one.
func NewTCPError(s Socket, cause error) *TCPError {
	code := -1
	var errno syscall.Errno
	if errors.As(cause, &errno) {
		code = int(errno)
	}
	return &TCPError{EventError{Code: code, Message: cause.Error()}, TCPInfo{Socket: s}, cause}
}

// TCPEOF (tcp-eof): the peer closed the connection; the socket is closed.
type TCPEOF struct{ TCPInfo }

func (*TCPEOF) Error() string   { return "the peer closed the connection" }
func (*TCPEOF) Name() string    { return "tcp-eof" }
func (e *TCPEOF) Unwrap() error { return &e.TCPInfo }

// SocketClosed (socket-closed): the operation is not for a closed socket.
type SocketClosed struct{ TCPError }

func (*SocketClosed) Name() string    { return "socket-closed" }
func (e *SocketClosed) Unwrap() error { return &e.TCPError }

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
