package fakeserver

import (
	"fmt"
	"net"
	"sync"
)

// A Server follows a script on the first connection that is made to it.
type Server struct {
	listener   *net.TCPListener
	transcript *Transcript
	running    sync.WaitGroup

	mu      sync.Mutex
	conn    *net.TCPConn
	stopped bool
}

// Start listens on a free port of 127.0.0.1.
func Start(script ...Step) (*Server, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("start a fake server: %w", err)
	}
	s := &Server{listener: l, transcript: newTranscript()}
	s.running.Go(func() { s.serve(script) })
	return s, nil
}

// Port is where the server listens on 127.0.0.1.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Transcript is what passes on the connection.
func (s *Server) Transcript() *Transcript { return s.transcript }

// Stop ends the script wherever it is, closes the connection, and waits until nothing of the server is left.
func (s *Server) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.listener.Close()
	if s.conn != nil {
		s.conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) serve(script []Step) {
	defer s.transcript.end()
	conn, err := s.listener.AcceptTCP()
	if err != nil {
		return // stopped before a client came
	}
	defer conn.Close()
	if !s.adopt(conn) {
		return
	}
	s.transcript.add(Entry{Side: Client, Kind: Connected})
	c := &conversation{wire: newWire(conn, s.transcript)}
	for _, step := range script {
		if err := step.run(c); err != nil {
			s.failed(step, err)
			return
		}
	}
	conn.Close()
	s.transcript.add(Entry{Side: Peer, Kind: Closed})
}

// adopt makes the connection one that Stop closes.
func (s *Server) adopt(conn *net.TCPConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	return !s.stopped
}

func (s *Server) failed(step Step, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.transcript.add(Entry{Side: Peer, Kind: Failed, Text: fmt.Sprintf("the peer could not %s: %v", step.name, err)})
	}
}
