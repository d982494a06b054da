package fakeserver

import (
	"fmt"
	"syscall"
)

// Hold has the script wait, neither reading nor writing, until [Server.Resume] is called with the name; it may have
// been called before.
func Hold(name string) Step {
	return Step{name: fmt.Sprintf("hold (%s)", name), run: func(c *conversation) error { return c.hold(name) }}
}

// HoldAfter has the script hold in the midst of steps: when the first n bytes are out that they write.
func HoldAfter(n int, name string, steps ...Step) Step {
	return group(fmt.Sprintf("hold (%s) after %d bytes", name, n), steps, func(c *conversation) error {
		c.wire.holdAfter(n, func() error { return c.hold(name) })
		return c.follow(steps)
	})
}

func (c *conversation) hold(name string) error {
	c.wire.transcript.add(Entry{Side: Peer, Kind: Held, Text: name})
	select {
	case <-c.server.resumption(name):
		c.wire.transcript.add(Entry{Side: Peer, Kind: Resumed, Text: name})
		return nil
	case <-c.server.stopping:
		return errStopped
	}
}

// Resume lets a script go on that holds under the name, or will come to it.
func (s *Server) Resume(name string) {
	resumed := s.resumption(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-resumed:
	default:
		close(resumed)
	}
}

// resumption is closed when the name is resumed.
func (s *Server) resumption(name string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resumptions[name] == nil {
		s.resumptions[name] = make(chan struct{})
	}
	return s.resumptions[name]
}

// SmallWindow has the peer take little before it reads, so that a client is soon kept from writing. It may stand
// anywhere in a script: what it does is done before the client connects.
func SmallWindow() Step {
	const (
		size = 4096 // set before listen, so that accepted connections have it from the first segment on
		// Some segments fit into it. Otherwise a sender may find, behind data that came in small pieces, a window which
		// never has room for the segment that it has to send: it sends by its timer only, 2 KB five times a second.
		segment = size / 4
	)
	return Step{
		name: "have a small window",
		run:  func(*conversation) error { return nil },
		listen: []func(uintptr) error{func(fd uintptr) error {
			if err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size); err != nil {
				return fmt.Errorf("set SO_RCVBUF: %w", err)
			}
			if err := syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, segment); err != nil {
				return fmt.Errorf("set TCP_MAXSEG: %w", err)
			}
			return nil
		}},
	}
}
