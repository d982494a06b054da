package asyncssl_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// peer is a TLS server's side, and what a client has to trust.
func peer(t testing.TB) (server *tls.Config, client asyncssl.Options) {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{leaf}, SessionTicketsDisabled: true},
		asyncssl.Options{Authorities: authority.Pool(), ServerName: certs.Name}
}

// under serves TLS; the end is a clean one.
func under(config *tls.Config, serve func(*tls.Conn)) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		conn := tls.Server(c, config)
		serve(conn)
		conn.CloseWrite()
		c.CloseWrite()
		io.Copy(io.Discard, conn)
	}
}

// A session is a loop with one connection that is wrapped, and a log of what callbacks were called with.
type session struct {
	t       *testing.T
	loop    *async.Loop
	plain   async.Socket
	wrapped *asyncssl.Socket
	log     []string
}

func (s *session) add(what string, on async.Socket) {
	if on != async.Socket(s.wrapped) {
		what += " with another socket"
	}
	s.log = append(s.log, what)
}

// run connects, hands the session over in the loop, and runs it to its end.
func run(t *testing.T, address string, options async.Options, start func(*session)) *session {
	t.Helper()
	s := &session{t: t, loop: async.NewLoop()}
	err := s.loop.Run(func() {
		var err error
		s.plain, err = s.loop.Connect(address, async.Callbacks{
			Connect: func(on async.Socket) { s.add("connect", on) },
			Read:    func(on async.Socket, data []byte) { s.add(fmt.Sprintf("read %s", data), on) },
			Event: func(err error) {
				var c async.Condition
				var info *async.TCPInfo
				if !errors.As(err, &c) || !errors.As(err, &info) {
					t.Errorf("an event that is no condition of a socket: %v", err)
					return
				}
				s.add(c.Name(), info.Socket)
			},
		}, options)
		if err != nil {
			t.Fatal(err)
		}
		start(s)
	})
	if err != nil {
		t.Errorf("the loop was left: %v", err)
	}
	s.loop.Wait()
	if n := s.loop.Timers(); n != 0 {
		t.Errorf("%d timers are armed", n)
	}
	return s
}

// wrap wraps the plain socket.
func (s *session) wrap(options asyncssl.Options) {
	s.t.Helper()
	options.CloseCallback = func() {
		if !s.wrapped.Closed() {
			s.t.Error("close-cb is called before the socket is closed")
		}
		s.add("close-cb", s.wrapped)
	}
	var err error
	if s.wrapped, err = asyncssl.WrapInSSL(s.plain, options); err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) check(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.log); diff != "" {
		s.t.Errorf("callbacks (-want +got):\n%s", diff)
	}
}
