package async

import (
	"context"
	"io"
	"net"
	"time"
)

// seeingOff bounds how long a closed connection waits for its peer: to take something of its last bytes, however long it
// takes for all of them, and then to end.
const seeingOff = 5 * time.Second

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

// connect has the link's connection made; that of one which was closed meanwhile is seen off.
func (k *link) connect(dial func() (net.Conn, error)) error {
	conn, err := dial()
	if err != nil {
		return err
	}
	k.loop.run(func() {
		k.giveUp() // nothing is left to give up, and no reason to remember how
		k.giveUp = func() {}
		k.wire = newWire(conn, k.start, func() { k.loop.run(k.drained) })
		if k.top.closed {
			k.seeOff()
			err = net.ErrClosed
		}
	})
	return err
}

// drain reads until the peer's end: a descriptor closed with bytes unread sends RST, which may cost the peer what we
// sent last. What the kernel has taken by then, it goes on to send.
func (k *link) drain() {
	if _, err := io.Copy(io.Discard, k.wire.Conn); err != nil && k.wire.unsent() {
		k.wire.reset()
	}
}

// cut ends a connection at once.
func (k *link) cut() {
	k.giveUp()
	if k.wire != nil {
		k.wire.reset()
	}
}

// bound lets a closed connection live no longer than seeing it off may take.
func (k *link) bound() { k.wire.bound(seeingOff) }

// leave is the last that is done for a link.
func (k *link) leave() {
	if k.wire != nil {
		k.wire.Close()
	}
	delete(k.loop.links, k)
}
