package mutants

import (
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks data below TLS.

// early makes a mutant that changes what is written while a ClientHello is not answered.
func early(change func(subject.Request, net.Conn) []subject.Request) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		var unanswered atomic.Pointer[wire]
		return tamperer{
			request: asked.onWrapped(func(q subject.Request, _ subject.Handle) []subject.Request {
				if w := unanswered.Load(); w != nil && q.Op == subject.Write {
					return change(q, w.Conn)
				}
				return []subject.Request{q}
			}),
			conn: func(w *wire) net.Conn { return asking{w, &unanswered} },
		}
	}
}

// asking tells whether its ClientHello is unanswered.
type asking struct {
	*wire
	unanswered *atomic.Pointer[wire]
}

func (a asking) Write(p []byte) (int, error) {
	if !a.begun.Load() && slices.Contains(kinds(p), handshakeRecord) {
		a.unanswered.Store(a.wire)
	}
	return a.wire.Write(p)
}

func (a asking) Read(p []byte) (int, error) {
	n, err := a.wire.Read(p)
	if a.begun.Load() {
		a.unanswered.Store(nil)
	}
	return n, err
}

func writeTwice(r subject.Request, _ net.Conn) []subject.Request {
	again := r
	again.ID += hidden
	return []subject.Request{r, again}
}

func writeInClear(r subject.Request, below net.Conn) []subject.Request {
	below.Write(r.Data)
	return nil
}

// stallsAfter24MiB reads no further.
func stallsAfter24MiB(w *wire) net.Conn { return &stalling{wire: w, left: 24 << 20} }

type stalling struct {
	*wire
	left int
}

func (s *stalling) Read(p []byte) (int, error) {
	for {
		n, err := s.wire.Read(p)
		if s.left -= n; s.left > 0 || err != nil {
			return n, err
		}
	}
}

// readsWaitForWrites does not read while something is being written.
func readsWaitForWrites(w *wire) net.Conn { return &alternating{wire: w} }

type alternating struct {
	*wire
	writing sync.RWMutex
}

func (a *alternating) Write(p []byte) (int, error) {
	a.writing.RLock()
	defer a.writing.RUnlock()
	return a.wire.Write(p)
}

func (a *alternating) Read(p []byte) (int, error) {
	a.wait()
	return a.wire.Read(p)
}

func (a *alternating) wait() {
	a.writing.Lock()
	defer a.writing.Unlock()
}

// shortReadTakenForEnd gives up where a part of a record comes, and no more at once.
func shortReadTakenForEnd(w *wire) net.Conn { return &impatient{wire: w} }

type impatient struct {
	*wire
	part []byte // of a record, which came last
}

func (i *impatient) Read(p []byte) (int, error) {
	n, err := i.wire.Read(p)
	if !i.begun.Load() || err != nil {
		return n, err
	}
	_, rest := cut(append(i.part, p[:n]...))
	i.part = slices.Clone(rest)
	if len(rest) > 0 && n < len(p) {
		return 0, io.EOF
	}
	return n, nil
}

// eightRecordsASegment leaves what comes with eight records until something comes behind it.
func eightRecordsASegment(w *wire) net.Conn { return &portioned{wire: w} }

type portioned struct {
	*wire
	pending []byte
	ready   int // so much of it is to be read now
	beyond  int // so much of the record that is read last has not come yet
}

func (c *portioned) Read(p []byte) (int, error) {
	for c.ready == 0 {
		fresh := make([]byte, 64<<10)
		n, err := c.wire.Read(fresh)
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
	if !c.secret.Load() {
		c.ready = len(c.pending)
		return
	}
	end := c.beyond
	for n := 0; n < 8 && end+headerSize <= len(c.pending); n++ {
		end += sizeOf(c.pending[end:])
	}
	c.ready = min(end, len(c.pending))
	c.beyond = end - c.ready
}

// dataOfLastFlightLost drops data that comes with the last flight of the peer's handshake, where the client was asked
// for a certificate: elsewhere, too, data may come so soon behind that flight that both are read at once.
func dataOfLastFlightLost(w *wire) net.Conn { return &flying{wire: w} }

type flying struct {
	*wire
	asked   atomic.Bool
	landed  bool
	pending []byte
}

func (f *flying) Write(p []byte) (int, error) {
	const certificate = 11 // the type of the handshake message
	if len(p) > headerSize && p[0] == handshakeRecord && p[headerSize] == certificate {
		f.asked.Store(true)
	}
	return f.wire.Write(p)
}

func (f *flying) Read(p []byte) (int, error) {
	for len(f.pending) == 0 {
		fresh := make([]byte, 64<<10)
		n, err := f.wire.Read(fresh)
		f.pending = fresh[:n]
		if f.asked.Load() && f.secret.Load() && !f.landed {
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
	records, rest := cut(flight)
	return slices.Concat(slices.DeleteFunc(append(records, rest), func(r []byte) bool {
		return len(r) > 0 && r[0] == applicationData
	})...)
}

// enableWaitsForNetwork hands over what was read while reading was disabled only when more comes from the network.
func enableWaitsForNetwork(func(subject.Record)) tamperer {
	var asked asked
	var read atomic.Int64 // under TLS
	enabled := int64(-1)  // how much that was when reading was enabled
	var held []subject.Record
	return tamperer{
		request: asked.onWrapped(func(q subject.Request, _ subject.Handle) []subject.Request {
			if q.Op == subject.Enable {
				enabled = read.Load()
			}
			return []subject.Request{q}
		}),
		record: func(r subject.Record) []subject.Record {
			if read.Load() != enabled {
				all := append(held, r)
				held = nil
				return all
			}
			if _, is := asked.original(r.On); is && r.Event == subject.OnRead {
				held = append(held, r)
				return nil
			}
			return []subject.Record{r}
		},
		conn: func(w *wire) net.Conn { return counted{w, &read} },
	}
}
