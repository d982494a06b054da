package mutants

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A closeConn is a connection that can be broken record by record, from the ClientHello on, and at its end.
type closeConn struct {
	net.Conn
	arrives func(c *closeConn, record []byte) bool // whether a record is let through; nil for always
	leaves  func(c *closeConn, record []byte) bool
	shuts   func(*closeConn) bool // whether the peer is told of the end; nil for always
	closes  func(*closeConn)      // is called before the descriptor is closed; may be nil
	begins  func()                // TLS is spoken from now on; may be nil
	over    func()                // nothing more will arrive; may be nil

	hello, finished atomic.Bool // what the client has sent of the handshake

	in, ready, held []byte // what was read: not cut yet; let through; kept until the end
	failed          error

	writing sync.Mutex
	out     []byte
}

func (c *closeConn) Read(p []byte) (int, error) {
	for len(c.ready) == 0 && c.failed == nil {
		n, err := c.Conn.Read(p)
		c.took(p[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if len(c.ready) == 0 {
				return 0, err
			}
		} else if err != nil {
			c.ready = append(append(c.ready, c.held...), c.in...)
			c.failed = err
			if c.over != nil && c.hello.Load() {
				c.over()
			}
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	if n > 0 {
		return n, nil
	}
	return 0, c.failed
}

func (c *closeConn) took(data []byte) {
	if !c.hello.Load() {
		c.ready = append(c.ready, data...)
		return
	}
	var records [][]byte
	records, c.in = cutRecords(append(c.in, data...))
	for _, r := range records {
		if c.arrives == nil || c.arrives(c, r) {
			c.ready = append(c.ready, r...)
		}
	}
}

func (c *closeConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if !c.hello.Load() && len(p) > 0 && p[0] == 22 {
		c.hello.Store(true)
		if c.begins != nil {
			c.begins()
		}
	}
	if !c.hello.Load() {
		return c.Conn.Write(p)
	}
	var records [][]byte
	records, c.out = cutRecords(append(c.out, p...))
	var through []byte
	for _, r := range records {
		if r[0] == 20 {
			c.finished.Store(true)
		}
		if c.leaves == nil || c.leaves(c, r) {
			through = append(through, r...)
		}
	}
	if _, err := c.Conn.Write(through); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *closeConn) CloseWrite() error {
	if c.shuts != nil && c.hello.Load() && !c.shuts(c) {
		return nil
	}
	return c.Conn.(*net.TCPConn).CloseWrite()
}

func (c *closeConn) Close() error {
	if c.closes != nil && c.hello.Load() {
		c.closes(c)
	}
	return c.Conn.Close()
}

// cutRecords cuts a stream into TLS records, and what is left of it. What is none goes through in one piece.
func cutRecords(stream []byte) (records [][]byte, rest []byte) {
	for len(stream) >= 5 {
		n := 5 + int(stream[3])<<8 + int(stream[4])
		if stream[0] < 20 || stream[0] > 23 {
			n = len(stream)
		}
		if n > len(stream) {
			break
		}
		records, stream = append(records, stream[:n:n]), stream[n:]
	}
	return records, append([]byte(nil), stream...)
}

// isAlert tells whether an encrypted record is as long as one that holds an alert.
func isAlert(record []byte) bool {
	const tls13 = 5 + 2 + 1 + 16
	return record[0] == 21 || record[0] == 23 && len(record) == tls13
}

// closeNetwork makes a mutant that breaks connections.
func closeNetwork(breaks func(c *closeConn)) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer { return tamperer{conn: broken(breaks)} }
}

func broken(breaks func(c *closeConn)) func(net.Conn) net.Conn {
	return func(c net.Conn) net.Conn {
		conn := &closeConn{Conn: c}
		breaks(conn)
		return conn
	}
}

// leaks keeps a connection open beyond the close of its descriptor.
func leaks(c *closeConn) {
	if f, err := c.Conn.(*net.TCPConn).File(); err == nil {
		leaked.Store(f, true)
	}
}

var leaked sync.Map // files that would be closed with the garbage

var closeInHandshakeLeaves = closeNetwork(func(c *closeConn) {
	c.shuts = func(c *closeConn) bool { return c.finished.Load() }
	c.closes = func(c *closeConn) {
		if !c.finished.Load() {
			leaks(c)
		}
	}
})

var closeNotifyLeftOut = closeNetwork(func(c *closeConn) {
	c.leaves = func(c *closeConn, record []byte) bool { return !c.finished.Load() || !isAlert(record) }
})

var outputDropped = closeNetwork(func(c *closeConn) {
	var heard atomic.Bool
	c.arrives = func(_ *closeConn, record []byte) bool {
		if c.finished.Load() && isAlert(record) {
			heard.Store(true)
		}
		return true
	}
	c.leaves = func(_ *closeConn, record []byte) bool { return !heard.Load() || isAlert(record) }
})

var descriptorLeaked = closeNetwork(func(c *closeConn) {
	c.closes = func(c *closeConn) {
		c.CloseWrite() // the peer notices nothing
		leaks(c)
	}
})

// closeNotifyOverheard does not notice a close_notify, always or while reading is disabled, before TCP ends, too.
func closeNotifyOverheard(whilePaused bool) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		var deaf atomic.Bool
		deaf.Store(!whilePaused)
		return tamperer{
			request: func(r subject.Request) []subject.Request {
				if whilePaused && r.ToRead {
					deaf.Store(r.Op == subject.Disable)
				}
				return []subject.Request{r}
			},
			conn: broken(func(c *closeConn) {
				c.arrives = func(c *closeConn, record []byte) bool {
					if !deaf.Load() || !c.finished.Load() || !isAlert(record) {
						return true
					}
					c.held = append(c.held, record...)
					return false
				}
			}),
		}
	}
}

// closeBeforeConnectForgotten runs close-cb for what is closed in the turn in which it was connected, and goes on.
func closeBeforeConnectForgotten(inject func(subject.Record)) tamperer {
	k := newCloseNotes()
	stands := false
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			if tag := k.tags[r.On]; r.Op == subject.Close && !r.Deferred() && tag != "" && !stands {
				inject(subject.Record{Event: subject.OnClose, Callbacks: tag})
				return nil
			}
			return k.note(r)
		},
		record: func(r subject.Record) []subject.Record {
			stands = stands || r.Event != ""
			return []subject.Record{r}
		},
	}
}

// closeCallbackWaits runs close-cb when the peer has ended, too.
func closeCallbackWaits(inject func(subject.Record)) tamperer {
	var mu sync.Mutex
	open := 0
	var waiting []subject.Record
	count := func(more int) {
		mu.Lock()
		defer mu.Unlock()
		if open += more; open > 0 {
			return
		}
		for _, r := range waiting {
			inject(r)
		}
		waiting = nil
	}
	return tamperer{
		record: func(r subject.Record) []subject.Record {
			mu.Lock()
			defer mu.Unlock()
			if r.Event != subject.OnClose || open == 0 {
				return []subject.Record{r}
			}
			waiting = append(waiting, r)
			return nil
		},
		conn: broken(func(c *closeConn) {
			c.begins = func() { count(+1) }
			c.over = func() { count(-1) }
		}),
	}
}

// exitLeavesConnections ends a session and leaves its connections as they are.
func exitLeavesConnections(func(subject.Record)) tamperer {
	var leaving atomic.Bool
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			if r.Op == subject.End {
				leaving.Store(true)
			}
			return []subject.Request{r}
		},
		conn: broken(func(c *closeConn) {
			shut := false
			c.shuts = func(*closeConn) bool {
				shut = !leaving.Load()
				return shut
			}
			c.closes = func(c *closeConn) {
				if leaving.Load() && !shut {
					leaks(c)
				}
			}
		}),
	}
}

// dataBehindCloseIsError reports what still arrives behind a close.
func dataBehindCloseIsError(inject func(subject.Record)) tamperer {
	var closed subject.Handle
	var once sync.Once
	var mu sync.Mutex
	return tamperer{
		request: func(r subject.Request) []subject.Request {
			mu.Lock()
			defer mu.Unlock()
			if r.Op == subject.Close && !r.Deferred() {
				closed = r.On
			}
			return []subject.Request{r}
		},
		conn: broken(func(c *closeConn) {
			c.arrives = func(c *closeConn, record []byte) bool {
				mu.Lock()
				defer mu.Unlock()
				if closed != "" && c.finished.Load() && !isAlert(record) {
					once.Do(func() { inject(sslErrorOf(closed)) })
				}
				return true
			}
		}),
	}
}
