package fakeserver

import (
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"
)

// Relayed puts a relay between the client and the script, that does to what passes as a network may: it is late, cut,
// and joined anew. FIN and RST pass as they are, each way for itself. It may stand anywhere in a script: it is there
// before the client connects.
func Relayed() Step {
	return Step{name: "go through a relay", run: func(*conversation) error { return nil }, relayed: true}
}

// lateness is by how much the relay is late with a piece that it hands on: mostly by nothing.
func lateness() time.Duration {
	switch rand.N(30) {
	case 0:
		return rand.N(20 * time.Millisecond)
	case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
		return rand.N(2 * time.Millisecond)
	default:
		return 0
	}
}

// relay takes a client's connection, and returns the one that it makes in its place.
func (s *Server) relay(client *net.TCPConn) (*net.TCPConn, error) {
	conn, err := net.Dial("tcp4", s.behind.Addr().String())
	if err != nil {
		return nil, err
	}
	front := conn.(*net.TCPConn)
	accepted, err := s.behind.AcceptTCP()
	if err != nil {
		front.Close()
		return nil, err
	}
	if !s.adopt(front) || !s.adopt(accepted) {
		front.Close()
		accepted.Close()
		return nil, errStopped
	}
	s.running.Go(func() {
		defer s.release(client)
		defer s.release(front)
		s.carry(newEnd(client), newEnd(front))
	})
	return accepted, nil
}

// carry hands on what two ends send to each other, until both have ended, or one was reset.
func (s *Server) carry(ends ...*end) {
	var ways, open sync.WaitGroup
	open.Add(len(ends))
	for n, from := range ends {
		to := ends[1-n]
		ways.Go(func() {
			over := sync.OnceFunc(open.Done)
			defer over()
			wasReset := false
			switch s.handOn(from, to) {
			case errFIN:
				to.conn.CloseWrite()
				over()
				wasReset = from.awaitReset()
			case syscall.ECONNRESET:
				wasReset = true
			}
			if wasReset {
				to.conn.SetLinger(0)
				to.conn.Close()
				from.conn.Close()
			}
		})
	}
	open.Wait()
	for _, e := range ends {
		e.conn.Close()
	}
	ways.Wait()
}

// handOn hands on what one end sends, and returns how that ended; nil if the other one takes no more. That it was reset
// is told the way back, behind what it had sent before.
func (s *Server) handOn(from, to *end) error {
	buffer := make([]byte, chunk)
	for {
		n, err := from.read(buffer)
		if err != nil {
			return err
		}
		for piece := buffer[:n]; len(piece) > 0; {
			size := len(piece)
			if rand.N(2) == 0 {
				size = 1 + rand.N(min(size, 1<<rand.N(16)))
			}
			s.pause(lateness())
			if to.write(piece[:size]) != nil {
				return nil
			}
			piece = piece[size:]
		}
	}
}

// pause lets a time pass, unless the server is stopped.
func (s *Server) pause(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-s.stopping:
	}
}

// An end is one of the two connections of a relay. The kernel tells of a reset once, be it to who reads or to who
// writes, and from then on of an end like any other: so whoever asks notes it.
type end struct {
	conn *net.TCPConn
	raw  syscall.RawConn

	mu    sync.Mutex
	reset bool
}

func newEnd(conn *net.TCPConn) *end {
	raw, _ := conn.SyscallConn() // fails for no connection that there is
	return &end{conn: conn, raw: raw}
}

// ask makes a system call that does not block, and returns ECONNRESET if the connection was reset and there is nothing
// more to be had.
func (e *end) ask(call func() (int, error)) (n int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for err = syscall.EINTR; err == syscall.EINTR; {
		n, err = call()
	}
	if err == syscall.ECONNRESET || err == syscall.EPIPE {
		e.reset = true
	}
	if e.reset && n <= 0 {
		err = syscall.ECONNRESET
	}
	return max(n, 0), err
}

func (e *end) read(p []byte) (n int, err error) {
	if closed := e.raw.Read(func(fd uintptr) (done bool) {
		n, err = e.ask(func() (int, error) { return syscall.Read(int(fd), p) })
		return err != syscall.EAGAIN
	}); closed != nil {
		return 0, closed
	}
	if n == 0 && err == nil {
		err = errFIN
	}
	return n, err
}

func (e *end) write(p []byte) (err error) {
	if closed := e.raw.Write(func(fd uintptr) (done bool) {
		var n int
		for len(p) > 0 && err == nil {
			n, err = e.ask(func() (int, error) { return syscall.Write(int(fd), p) })
			p = p[n:]
		}
		if err == syscall.EAGAIN {
			err = nil
			return false
		}
		return true
	}); closed != nil {
		return closed
	}
	return err
}

// awaitReset waits, when the connection has ended one way, for a reset; false if it is closed without one.
func (e *end) awaitReset() bool {
	return e.raw.Read(func(fd uintptr) (done bool) {
		_, err := e.ask(func() (int, error) {
			pending, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
			if pending != 0 {
				err = syscall.Errno(pending)
			}
			return 0, err
		})
		return err != nil
	}) == nil
}
