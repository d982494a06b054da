package plain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/async"
)

// An Operation is one on a socket or stream.
type Operation func(*Session, Object, subject.Request) (subject.Result, error)

// Operations are what a session offers that takes a socket or stream.
type Operations map[subject.Operation]Operation

// Perform implements [subject.Implementation].
func (s *Session) Perform(r subject.Request) (subject.Result, error) {
	result, err := s.perform(r)
	return result, s.translate(err)
}

func (s *Session) perform(r subject.Request) (subject.Result, error) {
	switch r.Op {
	case subject.Connect:
		return subject.Result{}, s.connect(r)
	case subject.Measure:
		return measure()
	case subject.Throw:
		return subject.Result{}, nil
	}
	operation, offered := s.operations[r.Op]
	if !offered {
		return subject.Result{}, subject.ErrUnsupported
	}
	o, known := s.objects[r.On]
	if !known {
		return subject.Result{}, fmt.Errorf("nothing has the name %q", r.On)
	}
	return operation(s, o, r)
}

// operations are those of a plain socket.
var operations = Operations{
	subject.Write:       silent((*Session).write),
	subject.Read:        (*Session).read,
	subject.MakeStream:  (*Session).makeStream,
	subject.Close:       silent((*Session).close),
	subject.Closed:      (*Session).closed,
	subject.SetTimeouts: silent((*Session).setTimeouts),
	subject.Enable:      silent((*Session).enable),
	subject.Disable:     silent((*Session).disable),
	subject.SetData:     silent((*Session).setData),
	subject.GetData:     (*Session).getData,
	subject.Describe:    (*Session).Describe,
	subject.Digest:      (*Session).digest,
}

// silent makes an operation of one that gives nothing back.
func silent(f func(*Session, Object, subject.Request) error) Operation {
	return func(s *Session, o Object, r subject.Request) (subject.Result, error) {
		return subject.Result{}, f(s, o, r)
	}
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func (s *Session) connect(r subject.Request) error {
	address := net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
	options := async.Options{
		Data:         r.Data,
		ReadTimeout:  milliseconds(r.ReadTimeout),
		WriteTimeout: milliseconds(r.WriteTimeout),
		Keep:         r.Keep,
		Dial:         s.dial,
	}
	on := r.As
	if r.Stream {
		on = subject.SocketOf(r.As)
		t, err := s.loop.ConnectStream(address, s.callbacks(r), options)
		if err != nil {
			return err
		}
		s.addStream(r.As, t)
	} else {
		socket, err := s.loop.Connect(address, s.callbacks(r), options)
		if err != nil {
			return err
		}
		s.add(r.As, Object{Socket: socket})
	}
	s.setDigest(on, r.Digest)
	return nil
}

// write writes bytes in any case: there is no other way to write text here. A stream is written to as one, unless
// callbacks come with it, which only the write of its socket takes.
func (s *Session) write(o Object, r subject.Request) error {
	data := r.Data
	if r.Size > 0 {
		data = subject.Payload(r.Size, r.Seed)
	}
	switch {
	case len(r.Has) > 0:
		return o.Socket.Write(data, s.callbacks(r))
	case o.Stream != nil:
		_, err := o.Stream.Write(data)
		return err
	default:
		return o.Socket.Write(data)
	}
}

var errNoStream = errors.New("this is no stream: only one can be read")

// read reads until nothing is there.
func (s *Session) read(o Object, _ subject.Request) (subject.Result, error) {
	if o.Stream == nil {
		return subject.Result{}, errNoStream
	}
	var all bytes.Buffer
	_, err := all.ReadFrom(o.Stream) // which takes io.EOF for success
	if errors.Is(err, async.ErrNoData) {
		err = nil
	}
	return subject.Result{Data: all.Bytes()}, err
}

func (s *Session) makeStream(o Object, r subject.Request) (subject.Result, error) {
	t, err := async.NewStream(o.Socket)
	if err != nil {
		return subject.Result{}, err
	}
	s.addStream(r.As, t)
	return subject.Result{}, nil
}

func (s *Session) close(o Object, _ subject.Request) error {
	return o.itself().(io.Closer).Close()
}

func (s *Session) closed(o Object, _ subject.Request) (subject.Result, error) {
	closed := o.Socket.Closed()
	return subject.Result{Closed: &closed}, nil
}

func (s *Session) setTimeouts(o Object, r subject.Request) error {
	return o.Socket.SetTimeouts(milliseconds(r.ReadTimeout), milliseconds(r.WriteTimeout))
}

func (s *Session) enable(o Object, r subject.Request) error {
	return o.Socket.Enable(r.ToRead, r.ToWrite)
}

func (s *Session) disable(o Object, r subject.Request) error {
	return o.Socket.Disable(r.ToRead, r.ToWrite)
}

func (s *Session) setData(o Object, r subject.Request) error { return o.Socket.SetData(r.Data) }

func (s *Session) getData(o Object, _ subject.Request) (subject.Result, error) {
	data, _ := o.Socket.Data().([]byte) // nil as long as nothing was stored
	return subject.Result{Data: data}, nil
}
