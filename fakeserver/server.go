package fakeserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
)

// A Server follows a script on the first connection that is made to it, or on every one.
type Server struct {
	port           int
	transcript     *Transcript
	received, sent atomic.Int64
	running        sync.WaitGroup
	stopping       chan struct{}
	behind         *net.TCPListener // where the relay connects to; nil if there is none
	recorder       *recorder        // of the connection; nil if nothing is kept

	mu          sync.Mutex
	stopped     bool
	open        map[io.Closer]bool // what Stop closes
	resumptions map[string]chan struct{}
}

func newServer() *Server {
	return &Server{
		transcript: newTranscript(), stopping: make(chan struct{}),
		open: map[io.Closer]bool{}, resumptions: map[string]chan struct{}{},
	}
}

// Start listens on a free port of 127.0.0.1, and follows the script on the first connection.
func Start(script ...Step) (*Server, error) {
	s, l, err := listen(script)
	if err != nil {
		return nil, fmt.Errorf("start a fake server: %w", err)
	}
	for _, step := range script {
		if step.captured {
			s.recorder = &recorder{}
		}
		if step.watch != nil {
			s.transcript.watch = step.watch
		}
	}
	s.running.Go(func() {
		defer s.transcript.end()
		if conn, err := s.accept(l); err == nil { // or stopped before a client came
			s.serve(conn, s.transcript, script)
		}
	})
	return s, nil
}

// Serve listens on a free port of 127.0.0.1, and follows the script on every connection, many at a time. Each has a
// number, from 1; note is called with every entry as it is made, maybe at the same time for different connections. The
// server's own transcript stays empty.
func Serve(note func(connection int, e Entry), script ...Step) (*Server, error) {
	s, l, err := listen(script)
	if err != nil {
		return nil, fmt.Errorf("start a fake server: %w", err)
	}
	s.running.Go(func() {
		for number := 1; ; number++ {
			conn, err := s.accept(l)
			if err != nil {
				return
			}
			t := newTranscript()
			t.watch = func(e Entry) { note(number, e) }
			s.running.Go(func() { s.serve(conn, t, script) })
		}
	})
	return s, nil
}

// listen makes a server that does nothing yet.
func listen(script []Step) (*Server, *net.TCPListener, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			for _, step := range script {
				for _, prepare := range step.listen {
					failed = errors.Join(failed, prepare(fd))
				}
			}
		})
		return errors.Join(err, failed)
	}}
	config.SetMultipathTCP(false) // its sockets are others than those that the options are meant for
	s := newServer()
	l, err := s.listenBy(config)
	if err == nil && slices.ContainsFunc(script, func(step Step) bool { return step.relayed }) {
		s.behind = l
		l, err = s.listenBy(config)
	}
	if err != nil {
		s.Stop()
		return nil, nil, err
	}
	return s, l, nil
}

// listenBy listens; where the server does so last is its port.
func (s *Server) listenBy(config net.ListenConfig) (*net.TCPListener, error) {
	l, err := config.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	s.adopt(l)
	return l.(*net.TCPListener), nil
}

// Port is where the server listens on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// Transcript is what passes on the connection.
func (s *Server) Transcript() *Transcript { return s.transcript }

// Received is how many bytes of application data have come so far, in plain before a handshake and under TLS after it.
func (s *Server) Received() int64 { return s.received.Load() }

// Sent is how many bytes of application data were sent so far; what the kernel has not taken yet does not count.
func (s *Server) Sent() int64 { return s.sent.Load() }

// Stop ends the script wherever it is, closes the connection, and waits until nothing of the server is left.
func (s *Server) Stop() {
	s.mu.Lock()
	if !s.stopped {
		s.stopped = true
		close(s.stopping)
	}
	for c := range s.open {
		c.Close()
	}
	clear(s.open)
	s.mu.Unlock()
	s.running.Wait()
	s.transcript.end()
}

// adopt makes something be closed by Stop.
func (s *Server) adopt(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.open[c] = true
	}
	return !s.stopped
}

func (s *Server) release(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

var errStopped = errors.New("the server was stopped")

func (s *Server) accept(l *net.TCPListener) (*net.TCPConn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	if !s.adopt(conn) {
		conn.Close()
		return nil, errStopped
	}
	if s.behind != nil {
		return s.relay(conn)
	}
	return conn, nil
}

// serve follows the script on a connection.
func (s *Server) serve(conn *net.TCPConn, t *Transcript, script []Step) {
	defer s.release(conn)
	defer conn.Close()
	t.add(Entry{Side: Client, Kind: Connected})
	s.recorder.connected(conn)
	c := &conversation{server: s, wire: newWire(conn, t, s.recorder)}
	for _, step := range script {
		err := step.run(c)
		if errors.Is(err, errReset) || err != nil && !s.failed(t, step, err) {
			return
		}
		if err != nil {
			break // by FIN: a client that writes just now has to be able to read the alert that was sent
		}
	}
	c.finish()
	conn.Close()
	c.wire.closed()
	t.add(Entry{Side: Peer, Kind: Closed})
}

// failed notes that a step could not be done; false if that is because the server was stopped.
func (s *Server) failed(t *Transcript, step Step, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		t.add(Entry{Side: Peer, Kind: Failed, Text: fmt.Sprintf("the peer could not %s: %v", step.name, err)})
	}
	return !s.stopped
}
