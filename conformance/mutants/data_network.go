package mutants

import (
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks data below TLS: between a session and the network.

// connections makes a mutant that changes connections, one at a time.
func connections(change func(below) net.Conn) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		return tamperer{conn: func(c net.Conn) net.Conn { return change(below{Conn: c, client: new(client)}) }}
	}
}

// below is a connection that notes how far the client is with TLS. What embeds it says what it does otherwise.
type below struct {
	net.Conn
	client *client
}

// client is how far a client is with its handshake.
type client struct {
	begun  atomic.Bool // it has sent a ClientHello
	secret atomic.Bool // it has sent ChangeCipherSpec, and with it the rest of its handshake
}

func (b below) Write(p []byte) (int, error) {
	for _, kind := range kinds(p) {
		switch kind {
		case handshakeRecord:
			b.client.begun.Store(true)
		case changeCipherSpec:
			b.client.secret.Store(true)
		}
	}
	return b.Conn.Write(p)
}

func (b below) CloseWrite() error { return b.Conn.(*net.TCPConn).CloseWrite() }

func (b below) SetLinger(seconds int) error { return b.Conn.(*net.TCPConn).SetLinger(seconds) }

const (
	changeCipherSpec = 20
	handshakeRecord  = 22
	applicationData  = 23
	headerSize       = 5
)

// split cuts what begins with a record into records; the last one may be a part of one.
func split(p []byte) (records [][]byte) {
	for len(p) >= headerSize {
		n := min(headerSize+int(p[3])<<8+int(p[4]), len(p))
		records = append(records, p[:n])
		p = p[n:]
	}
	return records
}

func kinds(p []byte) (kinds []byte) {
	for _, record := range split(p) {
		kinds = append(kinds, record[0])
	}
	return kinds
}

// hangUpBeforeData looks for the peer's end before it looks for data.
func hangUpBeforeData(b below) net.Conn { return hangingUp{b} }

type hangingUp struct{ below }

func (h hangingUp) Read(p []byte) (int, error) {
	n, err := h.below.Read(p)
	if h.client.secret.Load() && h.ended() {
		return 0, io.EOF
	}
	return n, err
}

// ended tells whether nothing but the peer's end is left to be read.
func (h hangingUp) ended() (ended bool) {
	raw, err := h.Conn.(*net.TCPConn).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			ended = n == 0 && err == nil
		})
	}
	return ended && err == nil
}

// early makes a mutant that changes what is written while a ClientHello is not answered.
func early(change func(subject.Request, net.Conn) []subject.Request) func(func(subject.Record)) tamperer {
	return func(func(subject.Record)) tamperer {
		var unanswered atomic.Pointer[below]
		return tamperer{
			request: onlyOn(wraps{}, func(r subject.Request) []subject.Request {
				if b := unanswered.Load(); b != nil && r.Op == subject.Write {
					return change(r, b.Conn)
				}
				return []subject.Request{r}
			}),
			conn: func(c net.Conn) net.Conn { return asking{below{c, new(client)}, &unanswered} },
		}
	}
}

// asking tells whether its ClientHello is unanswered.
type asking struct {
	below
	unanswered *atomic.Pointer[below]
}

func (a asking) Write(p []byte) (int, error) {
	if !a.client.begun.Load() && slices.Contains(kinds(p), handshakeRecord) {
		a.unanswered.Store(&a.below)
	}
	return a.below.Write(p)
}

func (a asking) Read(p []byte) (int, error) {
	n, err := a.below.Read(p)
	if a.client.begun.Load() {
		a.unanswered.Store(nil)
	}
	return n, err
}

func writeTwice(r subject.Request, _ net.Conn) []subject.Request {
	again := r
	again.ID = hidden
	return []subject.Request{r, again}
}

func writeInClear(r subject.Request, below net.Conn) []subject.Request {
	below.Write(r.Data)
	return nil
}

// stallsAfter24MiB reads no further.
func stallsAfter24MiB(b below) net.Conn { return &stalling{below: b, left: 24 << 20} }

type stalling struct {
	below
	left int
}

func (s *stalling) Read(p []byte) (int, error) {
	for {
		n, err := s.below.Read(p)
		if s.left -= n; s.left > 0 || err != nil {
			return n, err
		}
	}
}

// readsWaitForWrites does not read while something is being written.
func readsWaitForWrites(b below) net.Conn { return &alternating{below: b} }

type alternating struct {
	below
	writing sync.RWMutex
}

func (a *alternating) Write(p []byte) (int, error) {
	a.writing.RLock()
	defer a.writing.RUnlock()
	return a.below.Write(p)
}

func (a *alternating) Read(p []byte) (int, error) {
	a.wait()
	return a.below.Read(p)
}

func (a *alternating) wait() {
	a.writing.Lock()
	defer a.writing.Unlock()
}

// shortReadTakenForEnd gives up where not even the header of a record comes at once.
func shortReadTakenForEnd(b below) net.Conn { return impatient{b} }

type impatient struct{ below }

func (i impatient) Read(p []byte) (int, error) {
	n, err := i.below.Read(p)
	if i.client.begun.Load() && n < headerSize && err == nil {
		return 0, io.EOF
	}
	return n, err
}

// eightRecordsASegment leaves what comes with eight records until something comes behind it.
func eightRecordsASegment(b below) net.Conn { return &portioned{below: b} }

type portioned struct {
	below
	pending []byte
	ready   int // so much of it is to be read now
	beyond  int // so much of the record that is read last has not come yet
}

func (c *portioned) Read(p []byte) (int, error) {
	for c.ready == 0 {
		fresh := make([]byte, 64<<10)
		n, err := c.below.Read(fresh)
		c.pending = append(c.pending, fresh[:n]...)
		c.portion()
		if c.ready == 0 && err != nil {
			return 0, err
		}
	}
	n := copy(p, c.pending[:c.ready])
	c.pending, c.ready = c.pending[n:], c.ready-n
	return n, nil
}

func (c *portioned) portion() {
	if !c.client.secret.Load() {
		c.ready = len(c.pending)
		return
	}
	end := c.beyond
	for n := 0; n < 8 && end+headerSize <= len(c.pending); n++ {
		end += headerSize + int(c.pending[end+3])<<8 + int(c.pending[end+4])
	}
	c.ready = min(end, len(c.pending))
	c.beyond = end - c.ready
}

// dataOfLastFlightLost drops data that comes with the last flight of the peer's handshake, where the client was asked
// for a certificate: elsewhere, too, data may come so soon behind that flight that both are read at once.
func dataOfLastFlightLost(b below) net.Conn { return &flying{below: b} }

type flying struct {
	below
	asked   atomic.Bool
	landed  bool
	pending []byte
}

func (f *flying) Write(p []byte) (int, error) {
	const certificate = 11 // the type of the handshake message
	if len(p) > headerSize && p[0] == handshakeRecord && p[headerSize] == certificate {
		f.asked.Store(true)
	}
	return f.below.Write(p)
}

func (f *flying) Read(p []byte) (int, error) {
	for len(f.pending) == 0 {
		fresh := make([]byte, 64<<10)
		n, err := f.below.Read(fresh)
		f.pending = fresh[:n]
		if f.asked.Load() && f.client.secret.Load() && !f.landed {
			f.landed = true
			f.pending = withoutData(f.pending)
		}
		if err != nil && len(f.pending) == 0 {
			return 0, err
		}
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// withoutData is a flight of TLS 1.2 without the data behind it.
func withoutData(flight []byte) []byte {
	if !slices.Contains(kinds(flight), handshakeRecord) {
		return flight
	}
	return slices.Concat(slices.DeleteFunc(split(flight), func(r []byte) bool { return r[0] == applicationData })...)
}

// closedWithBytesBelow tells that bytes have left which wait a little longer, and forgets them when it is closed.
func closedWithBytesBelow(b below) net.Conn { return &lagging{below: b} }

type lagging struct {
	below
	mu   sync.Mutex
	held []byte
}

const (
	lag     = 50 * time.Millisecond
	mostLag = 64 << 10
)

func (l *lagging) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 {
		time.AfterFunc(lag, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.flush()
		})
	}
	if l.held = append(l.held, p...); len(l.held) > mostLag {
		return len(p), l.flush()
	}
	return len(p), nil
}

func (l *lagging) flush() error {
	held := l.held
	l.held = nil
	_, err := l.below.Write(held)
	return err
}

func (l *lagging) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = nil
}

func (l *lagging) CloseWrite() error {
	l.forget()
	return l.below.CloseWrite()
}

func (l *lagging) Close() error {
	l.forget()
	return l.below.Close()
}

// enableWaitsForNetwork hands over what was read while reading was disabled only when more comes from the network.
func enableWaitsForNetwork(func(subject.Record)) tamperer {
	var reads atomic.Int64 // of connections that speak TLS
	enabled := int64(-1)   // how many there had been when reading was enabled
	originals := wraps{}
	var held []subject.Record
	return tamperer{
		request: onlyOn(originals, func(r subject.Request) []subject.Request {
			if r.Op == subject.Enable {
				enabled = reads.Load()
			}
			return []subject.Request{r}
		}),
		record: func(r subject.Record) []subject.Record {
			if reads.Load() != enabled {
				all := append(held, r)
				held = nil
				return all
			}
			if _, is := originals[r.On]; is && r.Event == subject.OnRead {
				held = append(held, r)
				return nil
			}
			return []subject.Record{r}
		},
		conn: func(c net.Conn) net.Conn { return counted{below{c, new(client)}, &reads} },
	}
}

type counted struct {
	below
	reads *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.below.Read(p)
	if c.client.begun.Load() && n > 0 {
		c.reads.Add(1)
	}
	return n, err
}
