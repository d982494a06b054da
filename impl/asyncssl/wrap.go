package asyncssl

import (
	"context"
	"crypto/tls"
	"crypto/x509"

	"github.com/sslconform/sslconform/impl/async"
)

// Socket (ssl-socket) is a socket whose bytes travel under TLS. It has the members of a socket and no others.
type Socket struct{ async.Socket }

// Options of a wrap.
type Options struct {
	// Authorities are trusted to certify the peer; nil stands for the system's.
	Authorities *x509.CertPool
	// ServerName is the name that the peer's certificate must carry.
	ServerName string
	// CloseCallback is called once, when the wrapped socket is closed, however it ends. It may be nil.
	CloseCallback func()
}

// WrapInSSL (wrap-in-ssl) returns a new socket that does over TLS what s did. The handshake begins by itself as soon
// as s is connected and what was written to it has left.
func WrapInSSL(s async.Socket, options Options) (*Socket, error) {
	config := &tls.Config{RootCAs: options.Authorities, ServerName: options.ServerName}
	wrapped, err := async.Upgrade(s, async.Layer{
		Face: func(core async.Socket) async.Socket { return &Socket{core} },
		Handshake: func(below async.Conn) (async.Conn, error) {
			conn := tls.Client(&told{below}, config)
			return conn, conn.HandshakeContext(context.Background())
		},
		Condition: condition,
		Closed:    options.CloseCallback,
	})
	if err != nil {
		return nil, err
	}
	return wrapped.(*Socket), nil
}
