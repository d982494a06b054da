package asyncssl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/identity"
)

// Socket (ssl-socket) is a socket whose bytes travel under TLS. It has the members of a socket and no others.
type Socket struct{ async.Socket }

// A Method is the version of TLS that a wrap is to speak.
type Method uint16

const (
	// Negotiate takes the best version that both sides have, from 1.2 on.
	Negotiate Method = 0
	TLS12     Method = tls.VersionTLS12
	TLS13     Method = tls.VersionTLS13
)

var methods = map[Method]bool{Negotiate: true, TLS12: true, TLS13: true}

// Options of a wrap. The zero value verifies the peer by the system's authorities and the name that was connected to.
type Options struct {
	// Certificate and Key are paths of PEM files, presented to a peer that asks. The first one may hold a chain.
	Certificate, Key string
	// Password opens an encrypted key; without the right one the wrap returns an [identity.ErrPassword].
	Password string
	// Method is the version to speak.
	Method Method
	// CloseCallback (close-cb) is called once, when the wrapped socket is closed, however it ends. It may be nil.
	CloseCallback func()

	// Authorities are trusted to certify the peer; nil stands for the system's.
	Authorities *x509.CertPool
	// ServerName is what the peer's certificate must be good for, and what is sent as SNI unless it is an address;
	// empty for the name or address that was connected to.
	ServerName string
	// WithoutVerification accepts any certificate: whoever is on the way can read and change everything.
	WithoutVerification bool
}

// WrapInSSL (wrap-in-ssl) returns a new socket that does over TLS what s did: its callbacks and timeouts move there.
// The handshake begins by itself as soon as s is connected and what was written to it has left. An error of the
// options is returned, and leaves s as it was; so does an [*Error], where s holds data that has not been read.
func WrapInSSL(s async.Socket, options Options) (*Socket, error) {
	layer, err := layer(s, options)
	if err != nil {
		return nil, err
	}
	wrapped, err := async.Upgrade(s, layer)
	if err != nil {
		return nil, err
	}
	return wrapped.(*Socket), nil
}

// WrapStreamInSSL is WrapInSSL for a stream, whose socket is wrapped; what it returns is a stream over a [*Socket].
func WrapStreamInSSL(t *async.Stream, options Options) (*async.Stream, error) {
	layer, err := layer(t.Socket(), options)
	if err != nil {
		return nil, err
	}
	return async.UpgradeStream(t, layer)
}

func layer(s async.Socket, options Options) (async.Layer, error) {
	config, err := options.config(async.Host(s))
	if err != nil {
		return async.Layer{}, fmt.Errorf("wrap in SSL: %w", err)
	}
	return async.Layer{
		Face:      func(core async.Socket) async.Socket { return &Socket{core} },
		Handshake: func(below async.Conn) (async.Conn, error) { return handshake(below, config) },
		Condition: condition,
		Closed:    options.CloseCallback,
	}, nil
}

func (o Options) config(host string) (*tls.Config, error) {
	config := &tls.Config{
		ClientSessionCache: noSessions{},
		RootCAs:            o.Authorities,
		ServerName:         o.ServerName,
		InsecureSkipVerify: o.WithoutVerification,
		MinVersion:         uint16(o.Method),
		MaxVersion:         uint16(o.Method),
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if !methods[o.Method] {
		return nil, fmt.Errorf("the method %#x is none: use Negotiate, TLS12 or TLS13", uint16(o.Method))
	}
	own, err := identity.Load(o.Certificate, o.Key, o.Password)
	if err != nil {
		return nil, err
	}
	if own != nil {
		// Without the callback, a certificate of an authority that the peer does not name would be held back.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	return config, nil
}

// noSessions remembers no session: what one wrap was given must not bleed into another. That there is a cache has servers
// send tickets all the same, as they do to most clients.
type noSessions struct{}

func (noSessions) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (noSessions) Put(string, *tls.ClientSessionState)        {}

func handshake(below async.Conn, config *tls.Config) (async.Conn, error) {
	conn := tls.Client(&told{below}, config)
	if err := conn.HandshakeContext(context.Background()); err != nil {
		return nil, &handshakeError{err}
	}
	return conn, nil
}
