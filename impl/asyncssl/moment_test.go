package asyncssl_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// An idle socket that is wrapped from outside a callback is interrupted in its reading; its connect callback does not
// come again.
func TestWrapIdle(t *testing.T) {
	config, options := peer(t)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		io.WriteString(c, "220 ready\r\n")
		under(config, func(conn *tls.Conn) { io.WriteString(conn, "secret") })(c)
	})
	s := run(t, address, async.Options{}, func(s *session) {
		s.plain.Write(nil, async.Callbacks{Read: func(on async.Socket, data []byte) {
			if s.wrapped != nil {
				s.add("read "+string(data), on)
				return
			}
			s.loop.Post(func() { s.wrap(options) })
		}})
	})
	s.check("connect with another socket", "read secret", "tcp-eof", "close-cb")
}

// Large output written before the wrap goes first, in plain and whole; the write callback does not come for it with the
// original.
func TestPendingOutput(t *testing.T) {
	config, options := peer(t)
	plain := bytes.Repeat([]byte("plain"), 1<<20)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		got := make([]byte, len(plain))
		if io.ReadFull(c, got); !bytes.Equal(got, plain) {
			t.Error("the plain part is not what was written")
		}
		under(config, func(conn *tls.Conn) { io.CopyN(conn, conn, int64(len("secret"))) })(c)
	})
	s := run(t, address, async.Options{}, func(s *session) {
		s.plain.Write(plain, async.Callbacks{
			Connect: func(on async.Socket) {
				s.wrap(options)
				s.wrapped.Write([]byte("secret"))
			},
			Write: func(on async.Socket) { s.add("write", on) },
		})
	})
	s.check("write", "read secret", "tcp-eof", "close-cb")
}

// lateConn brings bytes in plain at the very moment of the wrap: its first read ends when the wrap is done.
type lateConn struct {
	net.Conn
	wrapped chan struct{}
	done    bool
}

func (c *lateConn) Read(p []byte) (int, error) {
	if c.done {
		return c.Conn.Read(p)
	}
	<-c.wrapped
	c.done = true
	return copy(p, "OK"), nil
}

// Bytes that were being read when the wrap came are not lost: they are no TLS, and so a tcp-ssl-error.
func TestPlaintextInTheMomentOfTheWrap(t *testing.T) {
	config, options := peer(t)
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) { conn.Handshake() }))
	wrapped := make(chan struct{})
	s := run(t, address, async.Options{Dial: func(_ context.Context, network, address string) (net.Conn, error) {
		c, err := net.Dial(network, address)
		return &lateConn{Conn: c, wrapped: wrapped}, err
	}}, func(s *session) {
		s.plain.Write(nil, async.Callbacks{Connect: func(async.Socket) {
			s.loop.Post(func() {
				s.wrap(options)
				close(wrapped)
			})
		}})
	})
	s.check("tcp-ssl-error", "close-cb")
}

// Reading that was disabled stays so through the wrap; once enabled, every byte comes, and the end.
func TestPaused(t *testing.T) {
	config, options := peer(t)
	sent := make(chan struct{})
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) {
		io.WriteString(conn, "late")
		close(sent)
	}))
	s := run(t, address, async.Options{}, func(s *session) {
		s.plain.Write(nil, async.Callbacks{Connect: func(on async.Socket) {
			s.add("connect", on)
			go func() {
				<-sent
				s.loop.Post(func() {
					s.log = append(s.log, "enable")
					s.wrapped.Enable(true, false)
				})
			}()
		}})
		s.plain.Disable(true, false)
		s.wrap(options)
	})
	s.check("connect", "enable", "read late", "tcp-eof", "close-cb")
}

// close drops what is not encrypted yet; what is begun, and close_notify, reach even a peer that reads late.
func TestCloseWithOutputWaiting(t *testing.T) {
	config, options := peer(t)
	closed := make(chan struct{})
	ended := make(chan error, 1)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		c.SetReadBuffer(64 << 10)
		conn := tls.Server(&told{c}, config)
		conn.Handshake()
		<-closed
		_, tlsEnd := io.Copy(io.Discard, conn)
		_, tcpEnd := io.Copy(io.Discard, c)
		ended <- errors.Join(tlsEnd, tcpEnd)
	})
	s := run(t, address, async.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			c.(*net.TCPConn).SetWriteBuffer(64 << 10) // so that the kernel takes little
		}
		return c, err
	}}, func(s *session) {
		s.wrap(options)
		s.wrapped.Write(nil, async.Callbacks{Connect: func(on async.Socket) {
			on.Write(make([]byte, 32<<20))
			s.loop.Post(func() { // when the rest already waits for the kernel
				on.Close()
				close(closed)
			})
		}})
	})
	s.check("close-cb")
	if err := <-ended; err != nil {
		t.Errorf("the peer does not see close_notify and FIN, but %v", err)
	}
}

// Closing in the event callback is allowed; close-cb runs once all the same.
func TestCloseInEventCallback(t *testing.T) {
	_, options := peer(t)
	address := asynctest.Listen(t, func(c *net.TCPConn) { io.WriteString(c, "500 no TLS to be had here\r\n") })
	s := run(t, address, async.Options{}, func(s *session) {
		s.wrap(options)
		s.wrapped.Write(nil, async.Callbacks{Event: func(error) {
			if err := s.wrapped.Close(); err != nil {
				t.Error(err)
			}
		}})
	})
	s.check("close-cb")
}

// The write timeout moves to the wrapped socket, too.
func TestWriteTimeout(t *testing.T) {
	config, options := peer(t)
	stop := make(chan struct{})
	defer close(stop)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		tls.Server(c, config).Handshake()
		<-stop
	})
	s := run(t, address, async.Options{WriteTimeout: 100 * time.Millisecond}, func(s *session) {
		s.wrap(options)
		s.wrapped.Write(make([]byte, 32<<20))
	})
	s.check("connect", "tcp-timeout", "close-cb")
}

// Without a server name, the peer's certificate must be good for what was connected to.
func TestDefaultServerName(t *testing.T) {
	config, options := peer(t)
	options.ServerName = ""
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) { conn.Handshake() }))
	run(t, address, async.Options{}, func(s *session) { s.wrap(options) }).check("connect", "tcp-eof", "close-cb")
}

// A panic in close-cb leaves the loop like any other.
func TestPanicInCloseCallback(t *testing.T) {
	_, options := peer(t)
	address := asynctest.Listen(t, asynctest.Echo)
	loop := async.NewLoop()
	mine := errors.New("mine")
	err := loop.Run(func() {
		plain, err := loop.Connect(address, async.Callbacks{}, async.Options{})
		if err != nil {
			t.Fatal(err)
		}
		options.CloseCallback = func() { panic(mine) }
		wrapped, err := asyncssl.WrapInSSL(plain, options)
		if err != nil {
			t.Fatal(err)
		}
		wrapped.Close()
	})
	loop.Wait()
	if !errors.Is(err, mine) {
		t.Errorf("run returned %v", err)
	}
}

// The name is sent as SNI, an address is not.
func TestSNI(t *testing.T) {
	config, options := peer(t)
	names := make(chan string, 1)
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) { conn.Handshake() }))
	for name, want := range map[string]string{options.ServerName: options.ServerName, "": ""} {
		options.ServerName = name
		run(t, address, async.Options{}, func(s *session) { s.wrap(options) }).check("connect", "tcp-eof", "close-cb")
		if got := <-names; got != want {
			t.Errorf("told %q, it sends %q", name, got)
		}
	}
}

// A tally counts what was read; crypto/tls tells an end at a record's boundary from close_notify to nobody.
type tally struct {
	net.Conn
	read int
}

func (c *tally) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read += n
	return n, err
}

// Where the peer is done with the handshake, and the loop has not learned yet that this side is, a close is told the peer
// by close_notify all the same: the session stands.
func TestCloseInTheMomentOfTheHandshakesEnd(t *testing.T) {
	config, options := peer(t)
	hello, shaken, alert := make(chan struct{}), make(chan struct{}), make(chan int, 1)
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		close(hello)
		return nil, nil
	}
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		counted := &tally{Conn: c}
		conn := tls.Server(counted, config)
		conn.Handshake()
		before := counted.read
		close(shaken)
		conn.Read(make([]byte, 1))
		alert <- counted.read - before
	})
	run(t, address, async.Options{}, func(s *session) {
		s.wrap(options)
		go func() {
			<-hello
			s.loop.Post(func() {
				<-shaken
				s.wrapped.Close()
			})
		}()
	})
	if got := <-alert; got == 0 {
		t.Error("the peer met a bare FIN, want close_notify before it")
	}
}
