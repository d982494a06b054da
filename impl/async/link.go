package async

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// seeingOff bounds how long a closed connection may take to flush its last bytes and to hear the peer's end.
const seeingOff = 2 * time.Second

// Conn is what a face's bytes pass through: the TCP connection, or a layer's.
type Conn interface {
	net.Conn
	// CloseWrite tells the peer that nothing more will come.
	CloseWrite() error
}

// A link is a TCP connection, or one in the making, and the goroutine that carries it. Its fields belong to the loop.
type link struct {
	loop      *Loop
	first     *socket
	top       *socket
	giveUp    context.CancelFunc // ends the dialing
	tcp       *net.TCPConn       // nil until connected
	users     int                // goroutines at work on tcp
	connected bool               // the connect callback had its occasion
}

// start runs f in a goroutine that the loop waits for. The last one out closes the descriptor.
func (k *link) start(f func()) {
	k.users++
	k.loop.carriers.Go(func() {
		f()
		k.loop.run(k.leave)
	})
}

func (k *link) leave() {
	k.users--
	if k.users > 0 {
		return
	}
	if k.tcp != nil {
		k.tcp.Close()
	}
	delete(k.loop.links, k)
}

// carry opens the connection and reads from it, face by face, until it ends.
func (k *link) carry(ctx context.Context, address string) {
	err := k.dial(ctx, address)
	for err == nil {
		err = k.read()
	}
	k.loop.run(func() { k.top.fail(err) })
	if k.tcp != nil {
		// A descriptor closed with bytes unread sends RST, which may cost the peer what we sent last.
		io.Copy(io.Discard, k.tcp)
	}
}

func (k *link) dial(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	k.loop.run(func() {
		k.tcp = conn.(*net.TCPConn)
		if k.top.closed {
			k.seeOff()
			err = net.ErrClosed
		}
	})
	return err
}

// read opens the lowest face that is not open yet, and hands it what arrives until another is put on top of it.
func (k *link) read() error {
	face, below := k.climb()
	conn := below
	if face.layer != nil {
		var err error
		if conn, err = face.layer.Handshake(&resumed{below, face.early}); err != nil {
			return err
		}
	}
	k.loop.run(func() { k.open(face, conn) })

	buffer := make([]byte, 16<<10)
	for !k.covered(face) {
		n, err := conn.Read(buffer)
		k.loop.run(func() { face.deliver(append([]byte(nil), buffer[:n]...)) })
		if err != nil && !(errors.Is(err, os.ErrDeadlineExceeded) && k.covered(face)) {
			return err
		}
	}
	return nil
}

func (k *link) covered(face *socket) (covered bool) {
	k.loop.run(func() { covered = face.over != nil })
	return covered
}

// climb finds the lowest face that is not open, and the connection to open it on, once all that was written to the
// face below has left.
func (k *link) climb() (face *socket, below Conn) {
	var drained chan struct{}
	k.loop.run(func() {
		face, below = k.first, k.tcp
		for face.conn != nil {
			face, below, drained = face.over, face.conn, face.drained
		}
		if !k.top.closed {
			k.tcp.SetReadDeadline(time.Time{}) // which a wrap set to interrupt the reading
		}
	})
	if drained != nil {
		<-drained
	}
	return face, below
}

// open lets bytes pass through a face. A face that was covered meanwhile leaves the connect callback to the one above.
func (k *link) open(face *socket, conn Conn) {
	face.conn = conn
	if face == k.top && !k.connected {
		k.connected = true
		if face.callbacks.Connect != nil {
			face.callbacks.Connect(face.self)
		}
	}
	face.flush()
}

// deliver hands over data that was read for the face: to the one above if a wrap has come first.
func (s *socket) deliver(data []byte) {
	switch {
	case len(data) == 0:
	case s.over != nil:
		s.over.early = append(s.over.early, data...)
	case s.callbacks.Read != nil:
		s.callbacks.Read(s.self, data)
	}
}

// interrupt lets the carrier look up from its reading.
func (k *link) interrupt() { k.tcp.SetReadDeadline(time.Unix(1, 0)) }

// seeOff ends a connection in the background: what is begun is sent, then the end, and what still comes is read until
// the peer's end.
func (k *link) seeOff() {
	k.giveUp()
	if k.tcp == nil {
		return
	}
	k.tcp.SetDeadline(time.Now().Add(seeingOff))
	if k.top.conn == nil {
		k.tcp.CloseWrite()
		return
	}
	k.top.flush()
}

// cut ends a connection at once.
func (k *link) cut() {
	k.giveUp()
	if k.tcp != nil {
		k.tcp.SetLinger(0)
		k.tcp.Close()
	}
}

// resumed is a connection whose first bytes were read before.
type resumed struct {
	Conn
	early []byte
}

func (r *resumed) Read(p []byte) (int, error) {
	if len(r.early) > 0 {
		n := copy(p, r.early)
		r.early = r.early[n:]
		return n, nil
	}
	return r.Conn.Read(p)
}
