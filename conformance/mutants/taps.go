package mutants

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A tap is a connection that a mutant works on, with what was asked of the socket above it.
type tap struct {
	mu     sync.Mutex // hooks of requests and of the connection come from different goroutines
	wire   *wire      // nil until it is made
	stream bool
	first  subject.Handle   // the original
	top    subject.Handle   // what it was wrapped into; empty until the wrap is asked for
	early  bool             // that was, or will be, before there is a connection
	inside subject.Callback // in which the wrap is deferred to be made

	end    end
	part   []byte // of a record, which came last
	plain  []byte // kept back, or noted
	hello  []byte
	once   bool
	shut   bool // by this side
	burden [][]byte
}

// An end is how a connection was ended by its peer; without how if it was not, or this side was first.
type end struct {
	how   error
	early bool // before the client was done with its handshake
	cut   bool // inside a record
}

// noteRead notes how far the peer is, and whether it has ended.
func (t *tap) noteRead(p []byte, err error) {
	var rest []byte
	if t.secure() {
		_, rest = cut(append(t.part, p...))
		t.part = slices.Clone(rest)
	}
	if err != nil && t.end.how == nil && !t.shut && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.end = end{how: err, early: !t.wire.secret.Load(), cut: len(rest) > 0}
	}
}

// secure tells whether TLS was written.
func (t *tap) secure() bool { return t.wire != nil && t.wire.begun.Load() }

// taps makes a mutant of what becomes of requests for a connection's sockets, and of what passes on it.
type taps struct {
	request func(t *tap, r subject.Request) []subject.Request
	write   func(t *tap, p []byte) (instead []byte)
	read    func(t *tap, p []byte) (instead []byte)
	record  func(t *tap, r subject.Record) []subject.Record
}

func (m taps) tamper(func(subject.Record)) tamperer {
	s := &switchboard{
		taps: m, ports: map[int]*tap{}, handles: map[subject.Handle]*tap{},
		asked: map[int]*tap{}, ahead: map[subject.Handle]subject.Request{},
	}
	t := tamperer{request: s.request, conn: s.conn}
	if m.record != nil {
		t.record = s.record
	}
	return t
}

type switchboard struct {
	taps
	mu      sync.Mutex
	ports   map[int]*tap
	handles map[subject.Handle]*tap
	asked   map[int]*tap                       // by the id of a request
	ahead   map[subject.Handle]subject.Request // wraps, deferred, of what is not there yet
}

func (s *switchboard) request(r subject.Request) []subject.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Op == subject.Connect {
		t := &tap{first: r.As, stream: r.Stream}
		s.ports[r.Port], s.handles[r.As] = t, t
		if wrap, is := s.ahead[r.As]; is {
			s.wrapped(t, wrap)
		}
		return []subject.Request{r}
	}
	t := s.handles[r.On]
	if t == nil {
		if r.Op == subject.Wrap {
			s.ahead[r.On] = r
		}
		return []subject.Request{r}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.asked[r.ID] = t
	if r.Op == subject.Wrap && t.top == "" {
		s.wrapped(t, r)
	}
	if s.taps.request == nil {
		return []subject.Request{r}
	}
	return s.taps.request(t, r)
}

func (s *switchboard) wrapped(t *tap, r subject.Request) {
	own := r.WhenOn == t.first || r.WhenOn == subject.SocketOf(t.first)
	t.top, t.inside, t.early = r.As, r.WhenCallback, t.wire == nil && !own
	s.handles[r.As], s.handles[subject.SocketOf(r.As)] = t, t
}

func (s *switchboard) record(r subject.Record) []subject.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.handles[about(r)]
	if t == nil {
		t = s.asked[r.ID]
	}
	if t == nil {
		return []subject.Record{r}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.taps.record(t, r)
}

func (s *switchboard) conn(w *wire) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.ports[w.RemoteAddr().(*net.TCPAddr).Port]
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wire = w
	return &tapped{w, t, s.taps}
}

// tapped is the connection that the implementation sees.
type tapped struct {
	*wire
	tap *tap
	taps
}

func (c *tapped) Write(p []byte) (int, error) {
	instead := c.instead(p)
	if _, err := c.Conn.Write(instead); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *tapped) instead(p []byte) []byte {
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	instead := p
	if c.write != nil {
		instead = c.write(c.tap, p)
	}
	c.note(p)
	return instead
}

// Read returns what is to be read in place of what came; where that is nothing, it reads on.
func (c *tapped) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		c.tap.mu.Lock()
		c.tap.noteRead(p[:n], err)
		if came := n; c.read != nil && came > 0 {
			n = copy(p, c.read(c.tap, p[:came]))
		}
		c.tap.mu.Unlock()
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

func (c *tapped) CloseWrite() error {
	c.shuts()
	return c.wire.CloseWrite()
}

func (c *tapped) Close() error {
	c.shuts()
	return c.wire.Close()
}

func (c *tapped) shuts() {
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	c.tap.shut = true
}
