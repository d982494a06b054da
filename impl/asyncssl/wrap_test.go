package asyncssl_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// listen serves one connection; serve and all goroutines of the test are over when it ends.
func listen(t *testing.T, serve func(*net.TCPConn)) (address string) {
	t.Helper()
	before := gleak.Goroutines()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		gomega.NewWithT(t).Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before))
	})
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		serve(c.(*net.TCPConn))
	}()
	return l.Addr().String()
}

// peer is a TLS server's side, and what a client has to trust.
func peer(t *testing.T) (server *tls.Config, client asyncssl.Options) {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority.PEM())
	return &tls.Config{Certificates: []tls.Certificate{leaf}, SessionTicketsDisabled: true},
		asyncssl.Options{Authorities: pool, ServerName: certs.Name}
}

// session connects, writes in plain, wraps, writes under TLS, and returns what callbacks were called with.
func session(t *testing.T, address, before, after string, options asyncssl.Options) (log []string) {
	t.Helper()
	var wrapped *asyncssl.Socket
	note := func(what string, s async.Socket) {
		if s != wrapped {
			what += " with another socket"
		}
		log = append(log, what)
	}
	options.CloseCallback = func() { log = append(log, "close-cb") }
	l := async.NewLoop()
	l.Run(func() {
		plain := l.Connect(address, async.Callbacks{
			Connect: func(s async.Socket) { note("connect", s) },
			Read:    func(s async.Socket, data []byte) { note("read "+string(data), s) },
			Event: func(c async.Condition) {
				var info *async.TCPInfo
				errors.As(c, &info)
				note(c.Name(), info.Socket)
			},
		})
		if before != "" {
			plain.Write([]byte(before))
		}
		var err error
		if wrapped, err = asyncssl.WrapInSSL(plain, options); err != nil {
			t.Fatal(err)
		}
		wrapped.Write([]byte(after))
		var refused *asyncssl.Error
		if err := plain.Write([]byte("secret")); !errors.As(err, &refused) {
			t.Errorf("a write to the original: %v", err)
		}
		if _, err := asyncssl.WrapInSSL(plain, options); !errors.As(err, &refused) {
			t.Errorf("a second wrap of the original: %v", err)
		}
	})
	l.Close()
	return log
}

func check(t *testing.T, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("callbacks (-want +got):\n%s", diff)
	}
}

// What was written before the wrap goes first, in plain; the callbacks go to the wrapped socket.
func TestWrapBeforeConnect(t *testing.T) {
	config, options := peer(t)
	address := listen(t, func(c *net.TCPConn) {
		plain := make([]byte, len("STARTTLS\r\n"))
		io.ReadFull(c, plain)
		conn := tls.Server(c, config)
		secret := make([]byte, len("hello"))
		io.ReadFull(conn, secret)
		conn.Write([]byte(string(plain) + string(secret)))
		conn.CloseWrite()
	})
	got := session(t, address, "STARTTLS\r\n", "hello", options)
	check(t, []string{"connect", "read STARTTLS\r\nhello", "tcp-eof", "close-cb"}, got)
}

func TestFailures(t *testing.T) {
	config, options := peer(t)
	untrusted := options
	untrusted.Authorities = x509.NewCertPool()
	for name, test := range map[string]struct {
		options asyncssl.Options
		serve   func(*net.TCPConn)
		want    []string
	}{
		"a plain answer": {options, func(c *net.TCPConn) {
			c.Write([]byte("500 no TLS to be had here\r\n"))
			io.Copy(io.Discard, c)
		}, []string{"tcp-ssl-error", "close-cb"}},
		"an unknown authority": {untrusted, func(c *net.TCPConn) {
			tls.Server(c, config).Handshake()
		}, []string{"tcp-ssl-error", "close-cb"}},
		"a bare end": {options, func(c *net.TCPConn) {
			conn := tls.Server(c, config)
			io.ReadFull(conn, make([]byte, 2))
		}, []string{"connect", "tcp-ssl-error", "close-cb"}},
		"a reset": {options, func(c *net.TCPConn) {
			conn := tls.Server(c, config)
			io.ReadFull(conn, make([]byte, 2))
			c.SetLinger(0)
		}, []string{"connect", "tcp-error", "close-cb"}},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, test.want, session(t, listen(t, test.serve), "", "up", test.options))
		})
	}
}

func TestNames(t *testing.T) {
	err := &asyncssl.Error{TCPError: *async.NewTCPError(nil, io.EOF)}
	want := []string{"tcp-ssl-error", "tcp-error", "event-error", "tcp-info", "event-info"}
	if diff := cmp.Diff(want, async.Names(err)); diff != "" {
		t.Error(diff)
	}
}
