package main

import (
	"crypto/tls"
	"io"
	"sync"
)

// raw is crypto/tls with a goroutine for each connection.
type raw struct {
	address string
	config  *tls.Config
}

func newRaw(p peer) *raw {
	return &raw{p.address, &tls.Config{RootCAs: p.roots, ServerName: p.name}}
}

func (r *raw) dial() (*tls.Conn, error) { return tls.Dial("tcp", r.address, r.config) }

func (r *raw) handshakes(k *clock, count, atOnce int) error {
	k.start()
	defer k.stop()
	return share(count, atOnce, func(int) error {
		c, err := r.dial()
		if err == nil {
			err = c.Close()
		}
		return err
	})
}

// share has goroutines call f for each number below count, and returns the first error of each.
func share(count, goroutines int, f func(n int) error) error {
	var (
		all     sync.WaitGroup
		once    sync.Once
		failure error
	)
	next := make(chan int)
	for range min(count, goroutines) {
		all.Go(func() {
			for n := range next {
				if err := f(n); err != nil {
					once.Do(func() { failure = err })
				}
			}
		})
	}
	for n := range count {
		next <- n
	}
	close(next)
	all.Wait()
	return failure
}

// with runs f on a connection that has sent a command.
func (r *raw) with(request []byte, k *clock, f func(*tls.Conn) error) error {
	c, err := r.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	k.start()
	defer k.stop()
	if _, err := c.Write(request); err != nil {
		return err
	}
	return f(c)
}

func (r *raw) down(k *clock, size int) error {
	return r.with(command(opDown, size), k, func(c *tls.Conn) error {
		_, err := io.CopyN(io.Discard, c, int64(size))
		return err
	})
}

func (r *raw) up(k *clock, size int) error {
	return r.with(command(opUp, size), k, func(c *tls.Conn) error {
		for chunk := make([]byte, piece); size > 0; size -= len(chunk) {
			if _, err := c.Write(chunk[:min(size, len(chunk))]); err != nil {
				return err
			}
		}
		_, err := io.ReadFull(c, make([]byte, 1))
		return err
	})
}

func (r *raw) echo(k *clock, size, times int) error {
	return r.with(command(opEcho, size), k, func(c *tls.Conn) error {
		data := make([]byte, size)
		k.lap()
		for range times {
			if _, err := c.Write(data); err != nil {
				return err
			}
			if _, err := io.ReadFull(c, data); err != nil {
				return err
			}
			k.lap()
		}
		return nil
	})
}

// sockets has a goroutine on each, which waits with a buffer of 4 KiB for what comes.
func (r *raw) sockets(k *clock, count int) error {
	conns := make([]*tls.Conn, count)
	var reading sync.WaitGroup
	failed := make(chan error, count)
	o := k.open(count)
	err := share(count, many, func(n int) (err error) {
		if conns[n], err = r.dial(); err != nil {
			return err
		}
		reading.Go(func() {
			buffer := make([]byte, 4<<10)
			for got := 0; got < message; {
				n, err := conns[n].Read(buffer)
				if got += n; err != nil {
					failed <- err
					return
				}
			}
		})
		return nil
	})
	o.wrapped()
	send := append(command(opEcho, message), make([]byte, message)...)
	for _, c := range conns {
		if c == nil {
			continue
		}
		defer c.Close()
		if _, e := c.Write(send); err == nil {
			err = e
		}
	}
	if err != nil {
		return err // the goroutines end with the connections
	}
	reading.Wait()
	o.exchanged()
	select {
	case err = <-failed:
	default:
	}
	return err
}
