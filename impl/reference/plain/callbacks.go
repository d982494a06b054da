package plain

import (
	"bytes"
	"errors"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/async"
)

// callbacks makes the set of callbacks that a request asks for.
func (s *Session) callbacks(r subject.Request) async.Callbacks {
	var set async.Callbacks
	if slices.Contains(r.Has, subject.OnConnect) {
		set.Connect = func(socket async.Socket) { s.called(subject.OnConnect, r.Callbacks, socket) }
	}
	if slices.Contains(r.Has, subject.OnRead) {
		set.Read = func(socket async.Socket, data []byte) { s.received(r.Callbacks, socket, data) }
		set.ReadStream = func(socket async.Socket, t *async.Stream) {
			s.events.Report(subject.Record{Event: subject.OnRead, On: s.name(socket), Stream: s.name(t), Callbacks: r.Callbacks, Arguments: 2})
		}
	}
	if slices.Contains(r.Has, subject.OnWrite) {
		set.Write = func(socket async.Socket) { s.called(subject.OnWrite, r.Callbacks, socket) }
	}
	if slices.Contains(r.Has, subject.OnEvent) {
		set.Event = func(c error) {
			s.events.Report(subject.Record{Event: subject.OnEvent, Callbacks: r.Callbacks, Arguments: 1, Condition: s.condition(c)})
		}
	}
	return set
}

// called reports a callback that gets nothing but a socket.
func (s *Session) called(callback subject.Callback, tag subject.Tag, socket async.Socket) {
	s.events.Report(subject.Record{Event: callback, On: s.name(socket), Callbacks: tag, Arguments: 1})
}

// received reports data, which belongs to the callback only until it returns.
func (s *Session) received(tag subject.Tag, socket async.Socket, data []byte) {
	event := subject.Record{Event: subject.OnRead, On: s.name(socket), Callbacks: tag, Arguments: 2}
	if d := s.digests[event.On]; d != nil {
		event.Size = d.add(data)
	} else {
		event.Data = bytes.Clone(data)
	}
	s.events.Report(event)
}

func (s *Session) condition(err error) *subject.Condition {
	c := &subject.Condition{Types: async.Names(err), Message: err.Error()}
	var failure *async.EventError
	if errors.As(err, &failure) {
		c.Code = failure.Code
	}
	var info *async.TCPInfo
	if errors.As(err, &info) {
		c.Socket = s.name(info.Socket)
	}
	var alerted interface{ Alert() int }
	if errors.As(err, &alerted) {
		c.Alert = alerted.Alert()
	}
	return c
}

// translate turns an error of an operation into one of the contract.
func (s *Session) translate(err error) error {
	if err == nil || err == subject.ErrUnsupported {
		return err
	}
	return &subject.Error{Condition: *s.condition(err)}
}
