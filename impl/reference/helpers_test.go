package reference_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/async/asynctest"
	"github.com/sslconform/sslconform/impl/reference"
)

// A client is a session of the reference with what it has reported, and where its peer is.
type client struct {
	t         *testing.T
	session   subject.Session
	port      int
	authority string // path
	last      int
	seen      []subject.Record
}

// open opens a session beside a peer; both are gone when the test ends, and nothing is left of them.
func open(t *testing.T, of subject.Subject, authority string, serve func(*net.TCPConn)) *client {
	t.Helper()
	_, port, err := net.SplitHostPort(asynctest.Listen(t, serve))
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, authority: authority, last: 1}
	if c.port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	if c.session, err = of.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.session.Close(); err != nil {
			t.Errorf("close the session: %v", err)
		}
	})
	return c
}

// ask performs an operation and returns its answer.
func (c *client) ask(r subject.Request) subject.Record {
	c.t.Helper()
	c.last++
	r.ID = c.last
	if err := c.session.Perform(r); err != nil {
		c.t.Fatal(err)
	}
	return c.await("the answer to "+r.String(), func(a subject.Record) bool { return a.Event == "" && a.ID == r.ID })
}

// do is ask for what must succeed.
func (c *client) do(r subject.Request) subject.Result {
	c.t.Helper()
	answer := c.ask(r)
	if answer.Deferred {
		return subject.Result{}
	}
	if answer.OK == nil {
		c.t.Fatalf("%s: %v", r, answer.Error)
	}
	return *answer.OK
}

// await returns the first record that fits, one that was seen already included, and forgets what came up to it.
func (c *client) await(what string, fits func(subject.Record) bool) subject.Record {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	for n := 0; ; n++ {
		for n == len(c.seen) {
			r, err := c.session.Next(ctx)
			if err != nil {
				c.t.Fatalf("%s did not come (%v) after %v", what, err, c.seen)
			}
			c.seen = append(c.seen, r)
		}
		if r := c.seen[n]; fits(r) {
			c.seen = append(c.seen[:n:n], c.seen[n+1:]...)
			return r
		}
	}
}

func (c *client) event(callback subject.Callback) subject.Record {
	c.t.Helper()
	return c.await("the "+string(callback)+" callback", func(r subject.Record) bool { return r.Event == callback })
}

// reads waits until read callbacks called with an object were handed so much.
func (c *client) reads(on subject.Handle, size int) (data []byte) {
	c.t.Helper()
	for got := 0; got < size; {
		r := c.await("data", func(r subject.Record) bool { return r.Event == subject.OnRead && r.On == on })
		data = append(data, r.Data...)
		got += len(r.Data) + r.Size
	}
	return data
}

func (c *client) connect() subject.Request {
	return subject.Request{
		Op: subject.Connect, As: "plain", Host: "127.0.0.1", Port: c.port, Callbacks: "A",
		Has: []subject.Callback{subject.OnConnect, subject.OnRead, subject.OnWrite, subject.OnEvent},
	}
}

func (c *client) wrap() subject.Request {
	return subject.Request{Op: subject.Wrap, On: "plain", As: "tls", CloseCallback: "C", Authority: c.authority, ServerName: certs.Name}
}

// underTLS opens a session beside a peer that speaks TLS, and asks for a certificate.
func underTLS(t *testing.T, serve func(*tls.Conn)) (*client, *certs.Files) {
	t.Helper()
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(path, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := authority.WriteFiles(folder, certs.Good)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{files.Issued}, ClientAuth: tls.RequestClientCert, ClientCAs: x509.NewCertPool()}
	return open(t, reference.New(), path, func(c *net.TCPConn) {
		conn := tls.Server(c, config)
		serve(conn)
		conn.CloseWrite()
		io.Copy(io.Discard, c)
	}), files
}

// echo sends back whatever comes.
func echo(c *tls.Conn) { io.Copy(c, c) }
