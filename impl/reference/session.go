package reference

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// session runs a loop in a goroutine of its own. The map belongs to the loop.
type session struct {
	loop    *async.Loop
	events  subject.Reporter
	sockets map[subject.Handle]async.Socket
	poller  *poller
	running sync.WaitGroup
	failed  error // what left the loop
}

func newSession(events subject.Reporter) (subject.Implementation, error) {
	poller, err := newPoller()
	if err != nil {
		return nil, fmt.Errorf("open a session: %w", err)
	}
	s := &session{
		loop:    async.NewLoop(),
		events:  events,
		sockets: make(map[subject.Handle]async.Socket),
		poller:  poller,
	}
	s.running.Go(func() {
		s.failed = s.loop.Run(s.loop.Hold)
		s.loop.Close()
	})
	return s, nil
}

func (s *session) Turn(f func()) { s.loop.Post(f) }

func (s *session) Sync(f func()) {
	s.running.Go(func() {
		for range 2 {
			s.poller.round()
		}
		s.loop.Post(f)
	})
}

func (s *session) End() error {
	s.loop.Post(s.loop.Exit)
	s.running.Wait()
	return errors.Join(s.failed, s.poller.close())
}

func (s *session) Perform(r subject.Request) (subject.Result, error) {
	result, err := s.perform(r)
	return result, s.translate(err)
}

func (s *session) perform(r subject.Request) (subject.Result, error) {
	switch r.Op {
	case subject.Connect:
		address := net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
		socket, err := s.loop.Connect(address, s.callbacks(r), async.Options{})
		if err == nil {
			s.sockets[r.As] = socket
		}
		return subject.Result{}, err
	case subject.Wrap, subject.Write, subject.Close, subject.Closed:
		socket, known := s.sockets[r.On]
		if !known {
			return subject.Result{}, fmt.Errorf("no socket has the name %q", r.On)
		}
		return s.operate(socket, r)
	default:
		return subject.Result{}, subject.ErrUnsupported
	}
}

func (s *session) operate(socket async.Socket, r subject.Request) (subject.Result, error) {
	switch r.Op {
	case subject.Wrap:
		return s.wrap(socket, r)
	case subject.Write:
		return subject.Result{}, socket.Write(r.Data)
	case subject.Close:
		return subject.Result{}, socket.Close()
	default:
		closed := socket.Closed()
		return subject.Result{Closed: &closed}, nil
	}
}

func (s *session) wrap(socket async.Socket, r subject.Request) (subject.Result, error) {
	options := asyncssl.Options{ServerName: r.ServerName}
	if r.Authority != "" {
		pool, err := authority(r.Authority)
		if err != nil {
			return subject.Result{}, err
		}
		options.Authorities = pool
	}
	if r.CloseCallback != "" {
		options.CloseCallback = func() {
			s.events.Report(subject.Record{Event: subject.OnClose, Callbacks: r.CloseCallback})
		}
	}
	wrapped, err := asyncssl.WrapInSSL(socket, options)
	if err != nil {
		return subject.Result{}, err
	}
	result := subject.Result{Kind: "socket"}
	if name := s.name(wrapped); name != subject.Unknown {
		result.SameAs = name
	}
	s.sockets[r.As] = wrapped
	return result, nil
}

func authority(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("read the authority: %s holds no certificate", path)
	}
	return pool, nil
}

// callbacks makes the set of callbacks that a request asks for.
func (s *session) callbacks(r subject.Request) async.Callbacks {
	var set async.Callbacks
	if slices.Contains(r.Has, subject.OnConnect) {
		set.Connect = func(socket async.Socket) {
			s.events.Report(subject.Record{Event: subject.OnConnect, On: s.name(socket), Callbacks: r.Callbacks, Arguments: 1})
		}
	}
	if slices.Contains(r.Has, subject.OnRead) {
		set.Read = func(socket async.Socket, data []byte) {
			s.events.Report(subject.Record{Event: subject.OnRead, On: s.name(socket), Callbacks: r.Callbacks, Arguments: 2, Data: bytes.Clone(data)})
		}
	}
	if slices.Contains(r.Has, subject.OnEvent) {
		set.Event = func(c error) {
			s.events.Report(subject.Record{Event: subject.OnEvent, Callbacks: r.Callbacks, Arguments: 1, Condition: s.condition(c)})
		}
	}
	return set
}

// name finds what the suite calls an object.
func (s *session) name(socket async.Socket) subject.Handle {
	for name, known := range s.sockets {
		if known == socket {
			return name
		}
	}
	return subject.Unknown
}

func (s *session) condition(err error) *subject.Condition {
	c := &subject.Condition{Types: async.Names(err), Message: err.Error()}
	var failure *async.EventError
	if errors.As(err, &failure) {
		c.Code = failure.Code
	}
	var info *async.TCPInfo
	if errors.As(err, &info) {
		c.Socket = s.name(info.Socket)
	}
	return c
}

// translate turns an error of an operation into one of the contract.
func (s *session) translate(err error) error {
	if err == nil || err == subject.ErrUnsupported {
		return err
	}
	return &subject.Error{Condition: *s.condition(err)}
}
