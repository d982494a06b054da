package fakeserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// A Config says how the peer makes a handshake.
type Config struct {
	Certificate tls.Certificate
	Version     uint16 // the only one; by default TLS 1.2 or TLS 1.3, as the client likes
	ClientAuth  tls.ClientAuthType
	ClientCAs   *x509.CertPool
	Tickets     bool // to send session tickets; unread, they turn a client's close into a reset
}

// HandshakeAs makes a TLS handshake as the server whose certificate it is given.
func HandshakeAs(certificate tls.Certificate) Step {
	return HandshakeWith(Config{Certificate: certificate})
}

// HandshakeWith makes a TLS handshake.
func HandshakeWith(config Config) Step {
	return Step{name: "make a handshake", run: func(c *conversation) error {
		if len(c.layers) > 0 {
			return errors.New("TLS stands already")
		}
		c.wire.speakTLS()
		return c.handshake(c.wire, "", config)
	}}
}

// HandshakeInside makes a TLS handshake inside the TLS session that stands; all that follows is inside, too.
func HandshakeInside(config Config) Step {
	return Step{name: "make a handshake inside TLS", run: func(c *conversation) error {
		outer, err := c.top()
		if err != nil {
			return err
		}
		return c.handshake(outer, Inside, config)
	}}
}

// OfferHandshake makes a handshake that the client may refuse, at whatever point, and sends data to one that does not.
// What became of it is in the transcript; the script goes on in any case.
func OfferHandshake(config Config, data string) Step {
	return Step{name: "offer a handshake", run: func(c *conversation) error {
		c.wire.speakTLS()
		if err := c.handshake(c.wire, "", config); err != nil {
			c.wire.transcript.add(Entry{Side: Peer, Kind: NoHandshake, Text: err.Error()})
			return nil
		}
		l, err := c.top()
		if err != nil {
			return err
		}
		c.send(l, data) // to one that has ended meanwhile it fails
		return nil
	}}
}

// RefuseClient makes a handshake that fails since the client's certificate is missing, or not trusted. TLS is gone then.
func RefuseClient(config Config) Step {
	return Step{name: "refuse the client's certificate", run: func(c *conversation) error {
		c.wire.speakTLS()
		err := c.handshake(c.wire, "", config)
		var refused *tls.CertificateVerificationError
		switch {
		case err == nil:
			return errors.New("the handshake is done")
		case errors.As(err, &refused), strings.Contains(err.Error(), "didn't provide a certificate"): // has no type
			c.wire.transcript.add(Entry{Side: Peer, Kind: Refused, Text: err.Error()})
			return nil
		}
		return err
	}}
}

func (c *conversation) handshake(below net.Conn, where string, config Config) error {
	g, keys := &gate{Conn: below}, &keyLog{secrets: map[string]secret{}, recorder: c.wire.recorder}
	t := config.tls(keys, func(info *tls.ClientHelloInfo) {
		if c.hello == nil {
			c.wire.transcript.add(Entry{Side: Client, Kind: ClientHello, Hello: helloOf(info), Where: where})
		}
	})
	l := &layer{Conn: tls.Server(g, t), gate: g, keys: keys, tickets: config.Tickets, note: c.wire.transcript.add, where: where}
	if err := l.Handshake(); err != nil {
		l.alert(err)
		return err
	}
	l.finished = g.records
	c.hello = nil // one inside has its own
	c.layers = append(c.layers, l)
	state := l.ConnectionState()
	l.note(Entry{
		Side: Peer, Kind: Handshake, Where: where, Version: state.Version, Certificates: state.PeerCertificates,
		Text: fmt.Sprintf("%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)),
	})
	return nil
}

func (config Config) tls(keys *keyLog, saw func(*tls.ClientHelloInfo)) *tls.Config {
	t := &tls.Config{
		Certificates:                []tls.Certificate{config.Certificate},
		ClientAuth:                  config.ClientAuth,
		ClientCAs:                   config.ClientCAs,
		SessionTicketsDisabled:      !config.Tickets,
		KeyLogWriter:                keys,
		DynamicRecordSizingDisabled: true, // a record is as long as it is told
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			saw(info)
			return nil, nil
		},
	}
	if config.Version != 0 {
		t.MinVersion, t.MaxVersion = config.Version, config.Version
	}
	return t
}

// A layer is a TLS session that stands, on TCP or inside another.
type layer struct {
	*tls.Conn
	note   func(Entry)
	where  string
	inside shaper // of what a session inside writes; nil for none
	ended  bool   // the client has sent close_notify
	closed bool   // the peer has
	broken bool   // the alert that ended it was noted

	gate     *gate
	keys     *keyLog
	tickets  bool    // were sent
	finished int     // how many records the peer's handshake took
	hand     *sealer // makes the records since the script has taken over; nil before
}

// errCloseNotify is what reading ends with where the client has sent close_notify. It is no io.EOF, so that crypto/tls
// can tell the end of the session that it is in from that of its own.
var errCloseNotify = errors.New("the client closed TLS")

func (l *layer) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if err != io.EOF {
		l.alert(err)
		return n, err
	}
	if !l.ended {
		l.ended = true
		l.note(Entry{Side: Client, Kind: TLSClosed, Where: l.where})
	}
	return n, errCloseNotify
}

// alert notes a fatal alert, which either side can send: crypto/tls tells of both in one way.
func (l *layer) alert(err error) {
	var alert *net.OpError
	if l.broken || !errors.As(err, &alert) || (alert.Op != "remote error" && alert.Op != "local error") {
		return
	}
	l.broken = true
	side := Client
	if alert.Op == "local error" {
		side = Peer
	}
	l.note(Entry{Side: side, Kind: Alert, Text: strings.TrimPrefix(alert.Err.Error(), "tls: "), Where: l.where})
}

// closeNotify sends close_notify, once.
func (l *layer) closeNotify() error {
	if l.closed {
		return nil
	}
	l.closed = true
	if err := l.CloseWrite(); err != nil {
		return err
	}
	l.note(Entry{Side: Peer, Kind: TLSClosed, Where: l.where})
	return nil
}
