package async

const (
	// burst is how much is handed to the connection before it is asked whether it still takes more.
	burst = 64 << 10
	// turn is how much a socket may pass on before others get their turn.
	turn = 1 << 20
)

func (s *socket) Write(data []byte, replace ...Callbacks) error {
	if err := s.check("write"); err != nil {
		return err
	}
	for _, callbacks := range replace {
		s.callbacks.replace(callbacks)
	}
	s.enable(true, true)
	s.owed = true
	if len(s.out) == 0 { // nothing is before it
		data = data[s.pass(data):]
	}
	s.out = append(s.out, data...)
	s.pump()
	return nil
}

// free tells whether the connection can take output of this face now. What it cannot take waits here in plain.
func (s *socket) free() bool {
	return s.conn != nil && !s.writing.disabled && !s.link.wire.waiting()
}

// pass hands data to the connection, as far as it takes it in one turn, and returns how much of it.
func (s *socket) pass(data []byte) (sent int) {
	for sent < min(len(data), turn) && s.free() {
		sent += s.send(data[sent:])
	}
	return sent
}

// send hands a burst to the connection. What keeps it from being written, the reader reports.
func (s *socket) send(data []byte) int {
	n := min(len(data), burst)
	s.conn.Write(data[:n])
	return n
}

// pump passes on what is queued, as far as the kernel takes it, and has the write callback called when all has left.
func (s *socket) pump() {
	s.out = s.out[s.pass(s.out):]
	switch {
	case len(s.out) == 0:
		s.out = nil
	case s.free():
		s.link.start(func() { s.link.loop.run(s.pump) })
	}
	if s.lingers && len(s.out) == 0 {
		s.link.seeOff()
	}
	s.link.changed.Broadcast() // the carrier may wait for this to climb
	s.link.top.await()         // whose write timeout it is
	if s.owed && s.conn != nil && !s.waiting() {
		s.owed = false
		s.link.loop.soon = append(s.link.loop.soon, s.written)
	}
}

// written calls the write callback, unless something was written meanwhile.
func (s *socket) written() {
	if !s.owed && s.callbacks.Write != nil {
		s.link.loop.call(s, func() { s.callbacks.Write(s.self) })
	}
}
