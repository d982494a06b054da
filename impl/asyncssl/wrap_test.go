package asyncssl_test

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// Wrapped before it is connected: what was written before goes first, in plain; the connect callback comes once, when
// data can be written under TLS; the end is the peer's.
func TestWrapBeforeConnect(t *testing.T) {
	config, options := peer(t)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		plain := make([]byte, len("datawrite"))
		io.ReadFull(c, plain)
		under(config, func(conn *tls.Conn) {
			secret := make([]byte, len("hello"))
			io.ReadFull(conn, secret)
			conn.Write(slices.Concat(plain, secret))
		})(c)
	})
	s := run(t, address, async.Options{Data: []byte("data")}, func(s *session) {
		s.plain.Write([]byte("write"))
		s.wrap(options)
		s.wrapped.Write([]byte("hello"))
	})
	s.check("connect", "read datawritehello", "tcp-eof", "close-cb")
}

// A dialogue in plain, then the wrap in a callback, then the dialogue goes on.
func TestWrapInReadCallback(t *testing.T) {
	config, options := peer(t)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		io.WriteString(c, "220 ready\r\n")
		under(config, func(conn *tls.Conn) { io.WriteString(conn, "secret") })(c)
	})
	s := run(t, address, async.Options{}, func(s *session) {
		s.plain.Write(nil, async.Callbacks{Connect: func(async.Socket) {}, Read: func(on async.Socket, data []byte) {
			if s.wrapped == nil {
				s.wrap(options)
				return
			}
			s.add("read "+string(data), on)
		}})
	})
	s.check("read secret", "tcp-eof", "close-cb")
}

// The original is inert: closed? is false, its data stays, everything else is a tcp-ssl-error.
func TestOriginal(t *testing.T) {
	config, options := peer(t)
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) { io.Copy(io.Discard, conn) }))
	run(t, address, async.Options{}, func(s *session) {
		s.plain.SetData("mine")
		s.wrap(options)
		_, again := asyncssl.WrapInSSL(s.plain, options)
		for operation, err := range map[string]error{
			"write": s.plain.Write([]byte("secret")), "close": s.plain.Close(), "timeouts": s.plain.SetTimeouts(1, 1),
			"enable": s.plain.Enable(true, true), "disable": s.plain.Disable(true, true), "wrap": again,
		} {
			var refused *asyncssl.Error
			if !errors.As(err, &refused) || !errors.Is(err, async.ErrWrapped) {
				t.Errorf("%s: %v", operation, err)
			}
		}
		if s.plain.Closed() || s.plain.Data() != "mine" || s.wrapped.Data() != nil {
			t.Errorf("closed: %t, data: %v and %v", s.plain.Closed(), s.plain.Data(), s.wrapped.Data())
		}
		s.wrapped.Close()
	})
}

func TestClose(t *testing.T) {
	config, options := peer(t)
	ended := make(chan error, 1)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		conn := tls.Server(&told{c}, config)
		_, err := io.Copy(io.Discard, conn)
		ended <- err
	})
	s := run(t, address, async.Options{}, func(s *session) {
		s.wrap(options)
		s.wrapped.Write([]byte("x"), async.Callbacks{Write: func(on async.Socket) {
			s.add("write", on)
			if err := on.Close(); err != nil {
				t.Error(err)
			}
			var closed *async.SocketClosed
			if err := on.Close(); !errors.As(err, &closed) {
				t.Errorf("a second close: %v", err)
			}
		}})
	})
	s.check("connect", "write", "close-cb")
	if err := <-ended; err != nil {
		t.Errorf("the peer does not see close_notify, but %v", err)
	}
}

var errBareEnd = errors.New("the end of TCP without close_notify")

// told tells a bare FIN from close_notify, for peers.
type told struct{ net.Conn }

func (c *told) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = errBareEnd
	}
	return n, err
}

func TestCloseBeforeConnect(t *testing.T) {
	_, options := peer(t)
	got := make(chan int, 1)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		n, _ := io.Copy(io.Discard, c)
		got <- int(n)
	})
	s := run(t, address, async.Options{Data: []byte("never")}, func(s *session) {
		s.wrap(options)
		s.wrapped.Close()
	})
	s.check("close-cb")
	select {
	case n := <-got:
		if n > 0 {
			t.Errorf("the peer got %d bytes", n)
		}
	default: // it was not even connected
	}
}

func TestMethods(t *testing.T) {
	config, options := peer(t)
	versions := make(chan uint16, 1)
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) {
		conn.Handshake()
		versions <- conn.ConnectionState().Version
	}))
	for method, want := range map[asyncssl.Method]uint16{
		asyncssl.Negotiate: tls.VersionTLS13, asyncssl.TLS12: tls.VersionTLS12, asyncssl.TLS13: tls.VersionTLS13,
	} {
		options.Method = method
		run(t, address, async.Options{}, func(s *session) { s.wrap(options) })
		if got := <-versions; got != want {
			t.Errorf("method %#x: version %#x, want %#x", method, got, want)
		}
	}
	options.Method = 7
	run(t, address, async.Options{}, func(s *session) {
		if _, err := asyncssl.WrapInSSL(s.plain, options); err == nil {
			t.Error("an unknown method is accepted")
		}
		if err := s.plain.Close(); err != nil { // the original is as it was
			t.Error(err)
		}
	})
}

func TestWithoutVerification(t *testing.T) {
	config, _ := peer(t)
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) { conn.Handshake() }))
	run(t, address, async.Options{}, func(s *session) { s.wrap(asyncssl.Options{WithoutVerification: true}) }).
		check("connect", "tcp-eof", "close-cb")
	run(t, address, async.Options{}, func(s *session) { s.wrap(asyncssl.Options{}) }).
		check("tcp-ssl-error", "close-cb")
}

// Large data goes both ways at once, and closing in the write callback loses none of it.
func TestLarge(t *testing.T) {
	config, options := peer(t)
	data := make([]byte, 8<<20)
	for n := range data {
		data[n] = byte(n >> 8 * n)
	}
	sum := make(chan [32]byte, 1)
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) {
		written := make(chan struct{})
		go func() {
			defer close(written)
			conn.Write(data)
		}()
		all := sha256.New()
		io.CopyN(all, conn, int64(len(data)))
		<-written
		sum <- [32]byte(all.Sum(nil))
	}))
	received, flushed := sha256.New(), false
	run(t, address, async.Options{}, func(s *session) {
		s.wrap(options)
		s.wrapped.Write(data, async.Callbacks{
			Write: func(async.Socket) { flushed = true },
			Read:  func(_ async.Socket, data []byte) { received.Write(data) },
		})
	}).check("connect", "tcp-eof", "close-cb")
	want := sha256.Sum256(data)
	if got := <-sum; got != want || !flushed {
		t.Errorf("what was sent arrived: %t, write callback: %t", got == want, flushed)
	}
	if got := [32]byte(received.Sum(nil)); got != want {
		t.Error("what was received is not what the peer sent")
	}
}

// The original's write timeout holds for what was written to it before, too.
func TestWriteTimeoutBeforeHandshake(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	_, options := peer(t)
	address := asynctest.Listen(t, func(*net.TCPConn) { <-stop })
	run(t, address, async.Options{WriteTimeout: 50 * time.Millisecond}, func(s *session) {
		s.plain.Write(make([]byte, 32<<20))
		s.wrap(options)
	}).check("tcp-timeout", "close-cb")
}

// An ssl-socket is a socket: it can be wrapped again.
func TestTLSInTLS(t *testing.T) {
	config, options := peer(t)
	address := asynctest.Listen(t, under(config, func(outer *tls.Conn) {
		inner := tls.Server(outer, config)
		got := make([]byte, len("hello"))
		io.ReadFull(inner, got)
		inner.Write(got)
		inner.CloseWrite()
	}))
	outerClosed := 0
	s := run(t, address, async.Options{}, func(s *session) {
		outer := options
		outer.CloseCallback = func() { outerClosed++ }
		wrapped, err := asyncssl.WrapInSSL(s.plain, outer)
		if err != nil {
			t.Fatal(err)
		}
		s.plain = wrapped
		s.wrap(options)
		s.wrapped.Write([]byte("hello"))
	})
	s.check("connect", "read hello", "tcp-eof", "close-cb")
	if outerClosed > 1 {
		t.Errorf("the outer close-cb was called %d times", outerClosed)
	}
}

// A stream comes back for a stream, and its callback gets it and the ssl-socket.
func TestStream(t *testing.T) {
	config, options := peer(t)
	address := asynctest.Listen(t, under(config, func(conn *tls.Conn) { io.Copy(conn, io.LimitReader(conn, 5)) }))
	closed, got := 0, ""
	options.CloseCallback = func() { closed++ }
	loop := async.NewLoop()
	err := loop.Run(func() {
		var plain, wrapped *async.Stream
		plain, err := loop.ConnectStream(address, async.Callbacks{ReadStream: func(s async.Socket, stream *async.Stream) {
			if _, ok := s.(*asyncssl.Socket); !ok || stream != wrapped || stream.Socket() != s {
				t.Errorf("the callback got %T and another stream than the wrap returned", s)
			}
			buffer := make([]byte, 10)
			n, err := stream.Read(buffer)
			if got += string(buffer[:n]); err != nil {
				t.Error(err)
			}
			if got == "hello" {
				stream.Close()
			}
		}}, async.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if wrapped, err = asyncssl.WrapStreamInSSL(plain, options); err != nil || wrapped == plain {
			t.Fatal("no new stream", err)
		}
		io.WriteString(wrapped, "hello")
		var refused *asyncssl.Error
		if n, err := plain.Read(make([]byte, 10)); n > 0 || !errors.As(err, &refused) {
			t.Errorf("reading the original stream: %d bytes, %v", n, err)
		}
		if _, err := io.WriteString(plain, "secret"); !errors.As(err, &refused) {
			t.Errorf("writing to the original stream: %v", err)
		}
	})
	loop.Wait()
	if err != nil || got != "hello" || closed != 1 {
		t.Errorf("%v, read %q, close-cb %d times", err, got, closed)
	}
}

// Plaintext that was read and kept is refused by the wrap, which leaves the original as it was.
func TestEarlyData(t *testing.T) {
	_, options := peer(t)
	address := asynctest.Listen(t, func(c *net.TCPConn) {
		io.WriteString(c, "INJECTED")
		io.Copy(io.Discard, c)
	})
	loop := async.NewLoop()
	read := ""
	err := loop.Run(func() {
		loop.ConnectStream(address, async.Callbacks{ReadStream: func(_ async.Socket, stream *async.Stream) {
			var refused *asyncssl.Error
			if _, err := asyncssl.WrapStreamInSSL(stream, options); !errors.As(err, &refused) || !errors.Is(err, async.ErrEarlyData) {
				t.Errorf("the wrap: %v", err)
			}
			buffer := make([]byte, 100)
			n, _ := stream.Read(buffer)
			read = string(buffer[:n])
			stream.Close()
		}}, async.Options{})
	})
	loop.Wait()
	if err != nil || read != "INJECTED" {
		t.Errorf("%v, read %q", err, read)
	}
}

func TestNames(t *testing.T) {
	err := &asyncssl.Error{TCPError: *async.NewTCPError(nil, io.EOF)}
	want := []string{"tcp-ssl-error", "tcp-error", "event-error", "tcp-info", "event-info"}
	if got := async.Names(err); !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
}
