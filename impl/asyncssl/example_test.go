package asyncssl_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// The example of the documentation: connect with no data and a read timeout, wrap at once, write a request on the
// wrapped socket. The answer comes even though the peer closes right behind it.
func ExampleWrapInSSL() {
	address, authorities := exampleServer("HTTP/0.9 has no headers\n")

	loop := async.NewLoop()
	err := loop.Run(func() {
		socket, err := loop.Connect(address, async.Callbacks{
			Read:  func(_ async.Socket, data []byte) { fmt.Printf("GOT: %s", data) },
			Event: func(event error) { fmt.Printf("event: %v\n", event) },
		}, async.Options{ReadTimeout: 3 * time.Second})
		if err != nil {
			panic(err)
		}
		// now wrap the normal socket in SSL, use the new socket
		secure, err := asyncssl.WrapInSSL(socket, asyncssl.Options{Authorities: authorities, ServerName: certs.Name})
		if err != nil {
			panic(err)
		}
		secure.Write([]byte("GET /\r\n"))
	})
	if err != nil {
		panic(err)
	}
	// Output:
	// GOT: HTTP/0.9 has no headers
	// event: the peer closed the connection
}

// exampleServer answers one request and closes, all in one segment: answer, close_notify and FIN.
func exampleServer(answer string) (address string, authorities *x509.CertPool) {
	authority, err := certs.NewAuthority()
	if err != nil {
		panic(err)
	}
	leaf, err := authority.Leaf()
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		defer listener.Close()
		c, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		joined := &joinedConn{Conn: c}
		conn := tls.Server(joined, &tls.Config{Certificates: []tls.Certificate{leaf}})
		io.ReadFull(conn, make([]byte, len("GET /\r\n")))
		joined.hold = true
		io.WriteString(conn, answer)
		conn.CloseWrite()
		c.SetWriteDeadline(time.Time{}) // close_notify has set one
		io.WriteString(c, joined.held.String())
	}()
	return listener.Addr().String(), authority.Pool()
}

// joinedConn holds back what is written, to send it in one go.
type joinedConn struct {
	net.Conn
	hold bool
	held strings.Builder
}

func (c *joinedConn) Write(p []byte) (int, error) {
	if c.hold {
		return c.held.Write(p)
	}
	return c.Conn.Write(p)
}
