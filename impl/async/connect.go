package async

import (
	"context"
	"net"
	"time"
)

// Options of a connection.
type Options struct {
	// Data is sent, in plain, once connected.
	Data []byte
	// ReadTimeout and WriteTimeout are as for SetTimeouts; the first one bounds the connecting, too.
	ReadTimeout, WriteTimeout time.Duration
	// Keep leaves what is read in the socket's buffer, for a [Stream].
	Keep bool
	// Dial makes the connection; left out, it is that of a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Connect opens a TCP connection and returns its socket at once. The address has the form host:port; a name is looked
// up in the background.
func (l *Loop) Connect(address string, callbacks Callbacks, options Options) (Socket, error) {
	k, err := l.connect(address, callbacks, options)
	if err != nil {
		return nil, err
	}
	return k.first, nil
}

// ConnectStream is Connect for a stream that wraps the socket.
func (l *Loop) ConnectStream(address string, callbacks Callbacks, options Options) (*Stream, error) {
	options.Keep = true
	k, err := l.connect(address, callbacks, options)
	if err != nil {
		return nil, err
	}
	return NewStream(k.first)
}

func (l *Loop) connect(address string, callbacks Callbacks, o Options) (*link, error) {
	if !l.running {
		return nil, ErrNotRunning
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dial := o.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := l.newLink(callbacks, o)
	k.host, k.giveUp = host, cancel
	k.first.reading.start()
	if len(o.Data) > 0 {
		k.first.Write(o.Data)
	}
	k.start(func() { k.carry(func() (net.Conn, error) { return dial(ctx, "tcp", address) }) })
	return k, nil
}

// Host is the name or address that a socket was connected to; empty for an accepted one.
func Host(s Socket) string { return s.core().link.host }
