package fakeserver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// StartRefusing takes a port of 127.0.0.1 and refuses every connection to it: it is bound, so that nobody else gets it,
// and does not listen. The transcript stays empty.
func StartRefusing() (*Server, error) {
	s := newServer()
	if _, err := s.bind(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start a server that refuses: %w", err)
	}
	return s, nil
}

// StartHanging takes a port of 127.0.0.1 where a connect is never completed: it listens, nobody accepts, and the
// queue is full (on Linux only). The transcript stays empty.
func StartHanging() (*Server, error) {
	s := newServer()
	fd, err := s.bind()
	if err == nil {
		err = s.fill(int(fd))
	}
	if err != nil {
		s.Stop()
		return nil, fmt.Errorf("start a server that hangs: %w", err)
	}
	return s, nil
}

// A socket is a descriptor that the runtime does not know of.
type socket int

func (s socket) Close() error { return syscall.Close(int(s)) }

// bind takes a free port.
func (s *Server) bind() (socket, error) {
	syscall.ForkLock.RLock() // darwin cannot make a socket that children do not inherit in one go
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, fmt.Errorf("make a socket: %w", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		syscall.Close(fd)
		return -1, fmt.Errorf("bind it: %w", err)
	}
	s.adopt(socket(fd))
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return -1, fmt.Errorf("learn its port: %w", err)
	}
	s.port = name.(*syscall.SockaddrInet4).Port
	return socket(fd), nil
}

// fill listens and connects until the kernel says that the queue is full. That a connect takes long would say nothing:
// it does on a busy machine, too.
func (s *Server) fill(fd int) error {
	if err := syscall.Listen(fd, 0); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for range 20 {
		conn, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", s.port), 100*time.Millisecond)
		if err == nil {
			s.adopt(io.Closer(conn))
		}
		if full, err := queueFull(fd); full || err != nil {
			return err
		}
	}
	return errors.New("its queue does not fill")
}
