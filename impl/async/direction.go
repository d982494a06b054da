package async

import (
	"syscall"
	"time"
)

// A direction of a socket: whether it is disabled, and its timeout.
type direction struct {
	socket   *socket
	timeout  time.Duration // 0 for none
	disabled bool
	silence
}

// start lets the timeout run from now on.
func (d *direction) start() {
	d.stop()
	if d.timeout > 0 && !d.disabled && !d.socket.closed {
		d.begin(d.timeout, d.silent)
	}
}

// silent times the socket out, if it has been silent all the time: the kernel takes output without telling.
func (d *direction) silent() {
	s, moved := d.socket, time.Time{}
	if w := s.link.wire; d == &s.writing && w != nil {
		moved = w.lastMoved()
	}
	if d.lasted(d.timeout, moved) {
		s.fail(&TCPTimeout{*NewTCPError(s.self, syscall.ETIMEDOUT)})
	}
}

func (s *socket) SetTimeouts(read, write time.Duration) error {
	if err := s.check("set timeouts"); err != nil {
		return err
	}
	s.reading.timeout, s.writing.timeout = max(read, 0), max(write, 0)
	s.reading.start()
	s.writing.stop() // or else the old one would run on
	s.await()
	return nil
}

func (s *socket) stopTimeouts() {
	s.reading.stop()
	s.writing.stop()
}

// await lets the write timeout run while output waits, and only then.
func (s *socket) await() {
	switch waits := s.waiting(); {
	case !waits:
		s.writing.stop()
	case !s.writing.armed:
		s.writing.start()
	}
}

// waiting tells whether output has not left yet, what was written before an upgrade included.
func (s *socket) waiting() bool {
	for below := s.link.first; below != s; below = below.over {
		if below.waiting() {
			return true
		}
	}
	return len(s.out) > 0 || s.owed && s.link.wire != nil && s.link.wire.waiting()
}

func (s *socket) Disable(read, write bool) error {
	if err := s.check("disable"); err != nil {
		return err
	}
	if read {
		s.reading.disabled = true
		s.reading.stop()
	}
	if write {
		s.writing.disabled = true
		s.writing.stop()
	}
	return nil
}

func (s *socket) Enable(read, write bool) error {
	if err := s.check("enable"); err != nil {
		return err
	}
	s.enable(read, write)
	s.pump()
	return nil
}

func (s *socket) enable(read, write bool) {
	if read && s.reading.disabled {
		s.reading.disabled = false
		s.reading.start()
		s.link.changed.Broadcast()
	}
	if write {
		s.writing.disabled = false
	}
}
