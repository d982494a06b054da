package asyncssl_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// Each way to fail is one event, and one call of close-cb.
func TestFailures(t *testing.T) {
	config, options := peer(t)
	untrusted := options
	untrusted.Authorities = x509.NewCertPool()
	other := options
	other.ServerName = "other.sslconform.test"
	only12 := config.Clone()
	only12.MaxVersion = tls.VersionTLS12
	with13 := options
	with13.Method = asyncssl.TLS13
	demanding := config.Clone()
	demanding.ClientAuth = tls.RequireAnyClientCert
	for name, test := range map[string]struct {
		options asyncssl.Options
		serve   func(*net.TCPConn)
		want    []string
	}{
		"a plain answer": {options, func(c *net.TCPConn) {
			c.Write([]byte("500 no TLS to be had here\r\n"))
			io.Copy(io.Discard, c)
		}, []string{"tcp-ssl-error"}},
		"plaintext that came before": {options, func(c *net.TCPConn) {
			c.Write([]byte("OK"))
			under(config, func(conn *tls.Conn) { conn.Handshake() })(c)
		}, []string{"tcp-ssl-error"}},
		"an unknown authority": {untrusted, func(c *net.TCPConn) { tls.Server(c, config).Handshake() }, []string{"tcp-ssl-error"}},
		"another name":         {other, func(c *net.TCPConn) { tls.Server(c, config).Handshake() }, []string{"tcp-ssl-error"}},
		"no common version":    {with13, func(c *net.TCPConn) { tls.Server(c, only12).Handshake() }, []string{"tcp-ssl-error"}},
		"the end in the handshake": {options, func(c *net.TCPConn) {
			c.Read(make([]byte, 16<<10))
		}, []string{"tcp-ssl-error"}},
		"a reset in the handshake": {options, func(c *net.TCPConn) {
			c.Read(make([]byte, 16<<10))
			c.SetLinger(0)
		}, []string{"tcp-error"}},
		"no certificate where one is required": {options, func(c *net.TCPConn) {
			tls.Server(c, demanding).Handshake()
			io.Copy(io.Discard, c)
		}, []string{"connect", "tcp-ssl-error"}},
		"a bare end": {options, func(c *net.TCPConn) {
			conn := tls.Server(c, config)
			io.ReadFull(conn, make([]byte, 2))
			io.WriteString(conn, "part")
		}, []string{"connect", "read part", "tcp-ssl-error"}},
		"a reset": {options, func(c *net.TCPConn) {
			conn := tls.Server(c, config)
			io.ReadFull(conn, make([]byte, 2))
			c.SetLinger(0)
		}, []string{"connect", "tcp-error"}},
		"garbage": {options, func(c *net.TCPConn) {
			conn := tls.Server(c, config)
			io.ReadFull(conn, make([]byte, 2))
			c.Write(make([]byte, 16))
			io.Copy(io.Discard, c)
		}, []string{"connect", "tcp-ssl-error"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := run(t, asynctest.Listen(t, test.serve), async.Options{}, func(s *session) {
				s.wrap(test.options)
				s.wrapped.Write([]byte("up"))
			})
			s.check(append(test.want, "close-cb")...)
		})
	}
}

// What led to an error can be read by a program.
func TestErrorTells(t *testing.T) {
	config, options := peer(t)
	untrusted := options
	untrusted.Authorities = x509.NewCertPool()
	demanding := config.Clone()
	demanding.ClientAuth = tls.RequireAnyClientCert
	last := func(t *testing.T, config *tls.Config, options asyncssl.Options) (failure *asyncssl.Error) {
		address := asynctest.Listen(t, func(c *net.TCPConn) {
			tls.Server(c, config).Handshake()
			io.Copy(io.Discard, c)
		})
		run(t, address, async.Options{}, func(s *session) {
			s.wrap(options)
			s.wrapped.Write(nil, async.Callbacks{Event: func(err error) { errors.As(err, &failure) }})
		})
		if failure == nil || failure.Code == 0 || failure.Message == "" {
			t.Fatalf("the error is %v", failure)
		}
		return failure
	}
	var verification *tls.CertificateVerificationError
	if e := last(t, config, untrusted); !errors.As(e, &verification) || e.Alert() != 0 || !e.Handshake {
		t.Errorf("an unknown authority: %v, alert %d, handshake %t", e, e.Alert(), e.Handshake)
	}
	const certificateRequired = 116
	if e := last(t, demanding, options); errors.As(e, &verification) || e.Alert() != certificateRequired || e.Handshake {
		t.Errorf("no certificate: %v, alert %d, handshake %t", e, e.Alert(), e.Handshake)
	}
	demanding.MaxVersion = tls.VersionTLS12
	if e := last(t, demanding, options); e.Alert() == 0 || !e.Handshake {
		t.Errorf("no certificate under TLS 1.2: alert %d, handshake %t", e.Alert(), e.Handshake)
	}
}

func TestTimeouts(t *testing.T) {
	config, options := peer(t)
	silent := asynctest.Listen(t, func(c *net.TCPConn) { io.Copy(io.Discard, c) })
	open := asynctest.Listen(t, under(config, func(conn *tls.Conn) { io.Copy(io.Discard, conn) }))
	timeout := async.Options{ReadTimeout: 100 * time.Millisecond}
	run(t, silent, timeout, func(s *session) { s.wrap(options) }).check("tcp-timeout", "close-cb")
	run(t, open, timeout, func(s *session) { s.wrap(options) }).check("connect", "tcp-timeout", "close-cb")
	// Cleared on the wrapped socket, the original's does not come back; set there, it holds.
	run(t, open, timeout, func(s *session) {
		s.wrap(options)
		s.wrapped.SetTimeouts(0, 0)
		other, err := s.loop.Connect(silent, async.Callbacks{Event: func(error) {
			s.add("later", s.wrapped)
			s.wrapped.Close()
		}}, async.Options{ReadTimeout: 300 * time.Millisecond})
		if err != nil {
			t.Error(err, other)
		}
	}).check("connect", "later", "close-cb")
}

// An error of the options is the call's; the original is as it was, and works.
func TestOptionErrors(t *testing.T) {
	address := asynctest.Listen(t, asynctest.Echo)
	read := ""
	run(t, address, async.Options{}, func(s *session) {
		for _, options := range []asyncssl.Options{
			{Certificate: "no.pem", Key: "no.key"}, {Certificate: "alone.pem"}, {Key: "alone.key"}, {Method: 7},
		} {
			_, err := asyncssl.WrapInSSL(s.plain, options)
			var condition async.Condition
			if err == nil || errors.As(err, &condition) {
				t.Errorf("%+v: %v", options, err)
			}
		}
		s.plain.Write([]byte("plain"), async.Callbacks{Connect: func(async.Socket) {}, Read: func(on async.Socket, data []byte) {
			read = string(data)
			on.Close()
		}})
	})
	if read != "plain" {
		t.Errorf("the original read %q", read)
	}
}

// A closed socket cannot be wrapped, nor can one that has failed, in its event callback.
func TestWrapOfClosed(t *testing.T) {
	_, options := peer(t)
	address := asynctest.Listen(t, func(*net.TCPConn) {})
	refused := func(plain async.Socket) {
		t.Helper()
		var closed *async.SocketClosed
		if _, err := asyncssl.WrapInSSL(plain, options); !errors.As(err, &closed) {
			t.Errorf("wrapping a closed socket: %v", err)
		}
	}
	run(t, address, async.Options{}, func(s *session) {
		s.plain.Close()
		refused(s.plain)
	})
	failed := false
	run(t, address, async.Options{}, func(s *session) {
		s.plain.Write(nil, async.Callbacks{Connect: func(async.Socket) {}, Event: func(error) {
			failed = true
			refused(s.plain)
		}})
	})
	if !failed {
		t.Error("the event callback was not called")
	}
}
