package async

import (
	"syscall"
	"time"
)

// A direction of a socket: whether it is disabled, and its timeout. The timer is not set anew for each byte: it looks
// at its end how long it has been silent.
type direction struct {
	socket   *socket
	timeout  time.Duration // 0 for none
	disabled bool

	timer *time.Timer // nil until it is needed
	armed bool
	since time.Time // when something happened last
}

// start lets the timeout run from now on.
func (d *direction) start() {
	d.stop()
	if d.timeout == 0 || d.disabled || d.socket.closed {
		return
	}
	d.armed, d.since = true, time.Now()
	d.socket.link.loop.timerBegins()
	if d.timer == nil {
		d.timer = time.AfterFunc(d.timeout, func() { d.socket.link.loop.run(d.expire) })
	} else {
		d.timer.Reset(d.timeout)
	}
}

func (d *direction) stop() {
	if d.armed {
		d.armed = false
		d.timer.Stop()
		d.socket.link.loop.timerEnds()
	}
}

// touch notes that something happened.
func (d *direction) touch() {
	if d.armed {
		d.since = time.Now()
	}
}

// expire is called when the timer has run out: the socket has timed out, or it has not been silent all the time.
func (d *direction) expire() {
	if !d.armed {
		return
	}
	s, last := d.socket, d.since
	if w := s.link.wire; d == &s.writing && w != nil && w.lastMoved().After(last) {
		last = w.lastMoved()
	}
	if rest := d.timeout - time.Since(last); rest > 0 {
		d.timer.Reset(rest)
		return
	}
	s.fail(&TCPTimeout{*NewTCPError(s.self, syscall.ETIMEDOUT)})
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
