package async

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A link is a TCP connection, or one in the making, and the goroutine that carries it. But for users, its fields
// belong to the loop.
type link struct {
	loop      *Loop
	host      string // that was connected to
	first     *socket
	top       *socket
	giveUp    context.CancelFunc // ends the dialing
	wire      *wire              // nil until connected
	connected bool               // the connect callback had its occasion
	shaking   bool               // a handshake is under way
	changed   sync.Cond          // what the carrier may wait for, with the loop's baton
	users     atomic.Int32       // goroutines at work on the wire
}

// newLink makes a link and its first socket.
func (l *Loop) newLink(callbacks Callbacks, o Options) *link {
	k := &link{loop: l, giveUp: func() {}}
	k.changed.L = &l.baton
	s := newSocket(k, callbacks)
	s.self, s.keep = s, o.Keep
	s.reading.timeout, s.writing.timeout = max(o.ReadTimeout, 0), max(o.WriteTimeout, 0)
	k.first, k.top = s, s
	l.links[k] = struct{}{}
	l.Hold()
	return k
}

func newSocket(k *link, callbacks Callbacks) *socket {
	s := &socket{link: k, callbacks: callbacks}
	s.reading.socket, s.writing.socket = s, s
	s.reading.loop, s.writing.loop = k.loop, k.loop
	return s
}

// start runs f in a goroutine that the loop waits for. The last one out closes the descriptor.
func (k *link) start(f func()) {
	k.users.Add(1)
	k.loop.carriers.Go(func() {
		f()
		if k.users.Add(-1) == 0 {
			k.loop.run(k.leave)
		}
	})
}

// carry opens the connection and reads from it, face by face, until it ends.
func (k *link) carry(dial func() (net.Conn, error)) {
	err := k.connect(dial)
	for err == nil {
		err = k.read()
	}
	k.loop.run(func() { k.top.fail(k.top.condition(err)) })
	if k.wire != nil {
		k.drain()
	}
}

// drained goes on with what was held back while the kernel took no more.
func (k *link) drained() {
	for face := k.first; face != nil; face = face.over {
		face.pump()
	}
}

// read opens the lowest face that is not open yet, and hands it what arrives until another is put on top of it.
func (k *link) read() error {
	face, conn := k.climb()
	if face.layer != nil {
		var err error
		conn, err = face.layer.Handshake(&resumed{conn, face.early})
		k.loop.run(func() { k.shaken(face, conn) })
		if err != nil {
			return err
		}
	}
	k.loop.run(func() { k.open(face, conn) })
	return k.feed(face, conn)
}

// shaken goes on with a close that came in the handshake. For the peer that may have been over already: then it is owed
// the end of the session.
func (k *link) shaken(face *socket, conn Conn) {
	k.shaking = false
	if k.top.closed {
		face.conn = conn
		k.seeOff()
	}
}

// climb finds the lowest face that is not open, and the connection to open it on, once everything that was written to
// the face below has been passed on.
func (k *link) climb() (face *socket, conn Conn) {
	k.loop.run(func() {
		face, conn = k.first, k.wire
		for face.conn != nil {
			for len(face.out) > 0 && !k.top.closed {
				k.changed.Wait()
			}
			face, conn = face.over, face.conn
		}
		if !k.top.closed {
			k.wire.SetReadDeadline(time.Time{}) // which a wrap has set to interrupt the reading
			k.shaking = face.layer != nil
		}
	})
	return face, conn
}

// open lets bytes pass through a face. A face that was covered meanwhile leaves the connect callback to the one above.
func (k *link) open(face *socket, conn Conn) {
	face.conn = conn
	k.top.reading.touch()
	if face == k.top && !face.closed && !k.connected {
		k.connected = true
		if connect := face.callbacks.Connect; connect != nil {
			k.loop.call(face, func() { connect(face.self) })
		}
	}
	face.pump()
}

// feed hands a face what arrives until another is put on top of it.
func (k *link) feed(face *socket, conn Conn) error {
	var buffer readBuffer
	defer buffer.release()
	for covered := k.hand(face, nil); !covered; {
		data, err := buffer.read(conn)
		if covered = k.hand(face, data); !covered && err != nil { // else the handshake meets what has failed
			return err
		}
	}
	return nil
}

// hand hands a face what was read for it, once its reading is not disabled. It tells whether another face covers it:
// then the data is that one's.
func (k *link) hand(face *socket, data []byte) (covered bool) {
	k.loop.baton.Lock()
	defer k.loop.baton.Unlock()
	face.inHand = len(data)
	for face.reading.disabled && face.over == nil && !face.closed {
		k.changed.Wait()
	}
	face.inHand = 0
	if face.over == nil {
		face.deliver(data)
		k.loop.settle()
	} else {
		face.over.early = append(face.over.early, data...)
	}
	return face.over != nil
}

// deliver hands over data that was read, or keeps it.
func (s *socket) deliver(data []byte) {
	if len(data) == 0 || s.closed {
		return
	}
	s.reading.touch()
	if s.keep {
		s.buffer = append(s.buffer, data...)
		data = nil
	}
	switch {
	case s.stream != nil && s.callbacks.ReadStream != nil:
		s.link.loop.call(s, func() { s.callbacks.ReadStream(s.self, s.stream) })
	case s.callbacks.Read != nil:
		s.link.loop.call(s, func() { s.callbacks.Read(s.self, data) })
	}
}

// interrupt lets the carrier look up from its reading.
func (k *link) interrupt() {
	k.wire.SetReadDeadline(time.Unix(1, 0))
	k.changed.Broadcast()
}

// seeOff ends a connection in the background: what is begun is sent, then the end of each layer and of TCP, and what
// still comes is read until the peer's end.
func (k *link) seeOff() {
	k.giveUp()
	switch {
	case k.wire == nil:
	case k.shaking:
		k.interrupt() // and it goes on in shaken
	default:
		k.seeOffFaces(k.first)
		k.wire.CloseWrite()
		k.bound()
		k.changed.Broadcast()
	}
}

// seeOffFaces ends the layers, the topmost first.
func (k *link) seeOffFaces(face *socket) {
	if face == nil {
		return
	}
	k.seeOffFaces(face.over)
	if face.layer != nil && face.conn != nil {
		face.conn.CloseWrite()
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
