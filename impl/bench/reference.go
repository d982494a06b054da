package main

import (
	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// reference is package asyncssl, one loop for each thing to do.
type reference struct{ peer }

// A session is a loop, and the error that ended it.
type session struct {
	*reference
	*async.Loop
	failure error
}

// run runs a loop to its end.
func (r *reference) run(start func(*session)) error {
	s := &session{r, async.NewLoop(), nil}
	err := s.Run(func() { start(s) })
	s.Loop.Close()
	if s.failure != nil {
		return s.failure
	}
	return err
}

func (s *session) fail(err error) {
	if s.failure == nil {
		s.failure = err
	}
	s.Exit()
}

// connect opens a connection and wraps it; what becomes of it that is not in callbacks ends the loop.
func (s *session) connect(callbacks async.Callbacks) {
	callbacks.Event = s.fail
	plain, err := s.Connect(s.address, callbacks, async.Options{})
	if err == nil {
		_, err = asyncssl.WrapInSSL(plain, asyncssl.Options{Authorities: s.roots, ServerName: s.name})
	}
	if err != nil {
		s.fail(err)
	}
}

func (r *reference) handshakes(k *clock, count, atOnce int) error {
	k.start()
	defer k.stop()
	return r.run(func(s *session) {
		left := count
		var next func()
		next = func() {
			if left--; left >= 0 {
				s.connect(async.Callbacks{Connect: func(on async.Socket) {
					on.Close()
					next()
				}})
			}
		}
		for range atOnce {
			next()
		}
	})
}

func (r *reference) down(k *clock, size int) error {
	return r.run(func(s *session) {
		got := 0
		s.connect(async.Callbacks{
			Connect: func(on async.Socket) {
				k.start()
				on.Write(command(opDown, size))
			},
			Read: func(on async.Socket, data []byte) {
				if got += len(data); got == size {
					k.stop()
					on.Close()
				}
			},
		})
	})
}

func (r *reference) up(k *clock, size int) error {
	chunk := make([]byte, piece)
	return r.run(func(s *session) {
		left := size
		s.connect(async.Callbacks{
			Connect: func(on async.Socket) {
				k.start()
				on.Write(command(opUp, size))
			},
			Write: func(on async.Socket) {
				if n := min(left, piece); n > 0 {
					left -= n
					on.Write(chunk[:n])
				}
			},
			Read: func(on async.Socket, _ []byte) {
				k.stop()
				on.Close()
			},
		})
	})
}

func (r *reference) echo(k *clock, size, times int) error {
	sent := make([]byte, size)
	return r.run(func(s *session) {
		left, got := times, 0
		s.connect(async.Callbacks{
			Connect: func(on async.Socket) {
				k.start()
				on.Write(command(opEcho, size))
				k.lap()
				on.Write(sent)
			},
			Read: func(on async.Socket, data []byte) {
				if got += len(data); got < size {
					return
				}
				got = 0
				k.lap()
				if left--; left > 0 {
					on.Write(sent)
				} else {
					k.stop()
					on.Close()
				}
			},
		})
	})
}

func (r *reference) sockets(k *clock, count int) error {
	send := append(command(opEcho, message), make([]byte, message)...)
	return r.run(func(s *session) {
		o := k.open(count)
		begun, open, got := 0, make([]async.Socket, 0, count), 0
		var next func()
		next = func() {
			begun++
			s.connect(async.Callbacks{
				Connect: func(on async.Socket) {
					open = append(open, on)
					switch {
					case len(open) == count:
						s.Post(func() {
							o.wrapped()
							for _, each := range open {
								each.Write(send)
							}
						})
					case begun < count:
						next()
					}
				},
				Read: func(_ async.Socket, data []byte) {
					if got += len(data); got == count*message {
						o.exchanged()
						s.Exit()
					}
				},
			})
		}
		for range min(count, many) {
			next()
		}
	})
}
