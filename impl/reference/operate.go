package reference

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

func (s *session) Perform(r subject.Request) (subject.Result, error) {
	result, err := s.perform(r)
	return result, s.translate(err)
}

func (s *session) perform(r subject.Request) (subject.Result, error) {
	switch r.Op {
	case subject.Connect:
		return subject.Result{}, s.connect(r)
	case subject.Measure:
		return measure()
	}
	operation, offered := operations[r.Op]
	if !offered {
		return subject.Result{}, subject.ErrUnsupported
	}
	o, known := s.objects[r.On]
	if !known {
		return subject.Result{}, fmt.Errorf("nothing has the name %q", r.On)
	}
	return operation(s, o, r)
}

// operations are those on a socket or stream.
var operations = map[subject.Operation]func(*session, object, subject.Request) (subject.Result, error){
	subject.Wrap:        (*session).wrap,
	subject.Write:       silent((*session).write),
	subject.Read:        (*session).read,
	subject.MakeStream:  (*session).makeStream,
	subject.Close:       silent((*session).close),
	subject.Closed:      (*session).closed,
	subject.SetTimeouts: silent((*session).setTimeouts),
	subject.Enable:      silent((*session).enable),
	subject.Disable:     silent((*session).disable),
	subject.SetData:     silent((*session).setData),
	subject.GetData:     (*session).getData,
	subject.Describe:    (*session).describe,
	subject.Digest:      (*session).digest,
}

// silent makes an operation of one that gives nothing back.
func silent(f func(*session, object, subject.Request) error) func(*session, object, subject.Request) (subject.Result, error) {
	return func(s *session, o object, r subject.Request) (subject.Result, error) {
		return subject.Result{}, f(s, o, r)
	}
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func (s *session) connect(r subject.Request) error {
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
		s.add(r.As, object{socket: socket})
	}
	s.setDigest(on, r.Digest)
	return nil
}

// write writes bytes in any case: there is no other way to write text here. A stream is written to as one, unless
// callbacks come with it, which only the write of its socket takes.
func (s *session) write(o object, r subject.Request) error {
	data := r.Data
	if r.Size > 0 {
		data = subject.Payload(r.Size, r.Seed)
	}
	switch {
	case len(r.Has) > 0:
		return o.socket.Write(data, s.callbacks(r))
	case o.stream != nil:
		_, err := o.stream.Write(data)
		return err
	default:
		return o.socket.Write(data)
	}
}

var errNoStream = errors.New("this is no stream: only one can be read")

// read reads until nothing is there.
func (s *session) read(o object, _ subject.Request) (subject.Result, error) {
	if o.stream == nil {
		return subject.Result{}, errNoStream
	}
	var all bytes.Buffer
	_, err := all.ReadFrom(o.stream) // which takes io.EOF for success
	if errors.Is(err, async.ErrNoData) {
		err = nil
	}
	return subject.Result{Data: all.Bytes()}, err
}

func (s *session) makeStream(o object, r subject.Request) (subject.Result, error) {
	t, err := async.NewStream(o.socket)
	if err != nil {
		return subject.Result{}, err
	}
	s.addStream(r.As, t)
	return subject.Result{}, nil
}

func (s *session) close(o object, _ subject.Request) error {
	return o.itself().(io.Closer).Close()
}

func (s *session) closed(o object, _ subject.Request) (subject.Result, error) {
	closed := o.socket.Closed()
	return subject.Result{Closed: &closed}, nil
}

func (s *session) setTimeouts(o object, r subject.Request) error {
	return o.socket.SetTimeouts(milliseconds(r.ReadTimeout), milliseconds(r.WriteTimeout))
}

func (s *session) enable(o object, r subject.Request) error {
	return o.socket.Enable(r.ToRead, r.ToWrite)
}

func (s *session) disable(o object, r subject.Request) error {
	return o.socket.Disable(r.ToRead, r.ToWrite)
}

func (s *session) setData(o object, r subject.Request) error { return o.socket.SetData(r.Data) }

func (s *session) getData(o object, _ subject.Request) (subject.Result, error) {
	data, _ := o.socket.Data().([]byte) // nil as long as nothing was stored
	return subject.Result{Data: data}, nil
}
