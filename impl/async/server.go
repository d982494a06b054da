package async

import (
	"errors"
	"net"
	"time"
)

// A Server accepts connections; each becomes a socket with the server's callbacks.
type Server struct {
	loop      *Loop
	listener  net.Listener
	callbacks Callbacks
	options   Options
	closed    bool
	done      chan struct{} // closed with the server
}

// Listen accepts connections to an address of the form host:port; without a host, to the loopback interface. An
// accepted socket is told to the connect callback.
func (l *Loop) Listen(address string, callbacks Callbacks, options Options) (*Server, error) {
	if !l.running {
		return nil, ErrNotRunning
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	s := &Server{loop: l, listener: listener, callbacks: callbacks, options: options, done: make(chan struct{})}
	l.servers[s] = struct{}{}
	l.Hold()
	l.carriers.Go(s.serve)
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops accepting; connections live on. Closing twice does no harm.
func (s *Server) Close() {
	if s.closed {
		return
	}
	s.closed = true
	close(s.done)
	s.listener.Close()
	delete(s.loop.servers, s)
	s.loop.Release()
}

func (s *Server) serve() {
	for pause := time.Millisecond; ; {
		conn, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of descriptors, say: it may get better
			s.loop.run(func() { s.failed(err) })
			select {
			case <-s.done:
			case <-time.After(pause):
			}
			pause = min(2*pause, time.Second)
		default:
			pause = time.Millisecond
			s.loop.run(func() { s.accept(conn) })
		}
	}
}

func (s *Server) failed(err error) {
	if s.callbacks.Event != nil && !s.closed {
		s.loop.call(nil, func() { s.callbacks.Event(&TCPAcceptError{*NewTCPError(nil, err)}) })
	}
}

func (s *Server) accept(conn net.Conn) {
	if s.closed {
		conn.Close()
		return
	}
	o := s.options
	k := s.loop.newLink(s.callbacks, o)
	k.first.reading.start()
	if s.callbacks.ReadStream != nil {
		k.first.keep = true
		k.first.stream = &Stream{k.first}
	}
	k.start(func() { k.carry(func() (net.Conn, error) { return conn, nil }) })
}
