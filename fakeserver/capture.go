package fakeserver

import (
	"net"
	"slices"
	"sync"
	"time"
)

// A Capture is what passed on the TCP connection of a server, below everything else, with what it takes to decrypt it.
type Capture struct {
	Client, Server int // ports of 127.0.0.1
	Packets        []Packet
	Secrets        []byte // lines of a key log, as SSLKEYLOGFILE has them
}

// A Packet is what was read or written at once, or an end of TCP, or both; or the connection itself, if it is the first.
type Packet struct {
	Time time.Time
	Side Side
	Data []byte
	Lost int  // how many bytes more of the side passed, then and later, that were not kept
	End  Kind // [TCPClosed] or [TCPReset]; empty for none
}

// mostKept is how much is kept of a connection, in bytes of both sides. That is the beginning: nobody can decrypt what
// follows on a gap. A packet has its price, too, for a peer that writes byte by byte.
const (
	mostKept    = 1 << 20
	packetPrice = 64
)

// Captured has all be kept that passes on the connection, up to a MiB; see [Server.Capture]. It may stand anywhere in a
// script that [Start] follows: it holds from the connection on.
func Captured() Step {
	return Step{name: "keep what passes", run: func(*conversation) error { return nil }, captured: true}
}

// Capture is what has passed so far, if that is kept; false where nobody has connected.
func (s *Server) Capture() (Capture, bool) {
	if s.recorder == nil {
		return Capture{}, false
	}
	return s.recorder.taken()
}

// A recorder keeps what passes on a connection; nil keeps nothing.
type recorder struct {
	mu      sync.Mutex
	capture Capture
	kept    int
	lost    map[Side]int // which packet counts what is not kept of a side
}

func (r *recorder) connected(c *net.TCPConn) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = map[Side]int{}
	r.capture.Client, r.capture.Server = c.RemoteAddr().(*net.TCPAddr).Port, c.LocalAddr().(*net.TCPAddr).Port
	r.capture.Packets = []Packet{{Time: time.Now(), Side: Client}}
}

// passed is told of bytes, with the time from which on the other side may have had them.
func (r *recorder) passed(at time.Time, side Side, p []byte) {
	if r == nil || len(p) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n, cut := r.lost[side]; cut {
		r.capture.Packets[n].Lost += len(p)
		return
	}
	fits := min(len(p), max(0, mostKept-r.kept-packetPrice))
	r.kept += fits + packetPrice
	if fits < len(p) {
		r.lost[side] = len(r.capture.Packets)
	}
	r.capture.Packets = append(r.capture.Packets, Packet{Time: at, Side: side, Data: slices.Clone(p[:fits]), Lost: len(p) - fits})
}

// ended is told how a side ended TCP: by a segment of its own, or in that with the last bytes.
func (r *recorder) ended(side Side, end Kind, joined bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := &r.capture.Packets[len(r.capture.Packets)-1]
	if joined && last.Side == side && len(last.Data) > 0 && last.Lost == 0 {
		last.End = end
		return
	}
	r.capture.Packets = append(r.capture.Packets, Packet{Time: time.Now(), Side: side, End: end})
}

// secret is told of a line of a key log.
func (r *recorder) secret(line []byte) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.capture.Secrets = append(r.capture.Secrets, line...)
}

// taken returns all of it in the order of time: what a side writes is known when the other may have answered it.
func (r *recorder) taken() (Capture, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.capture
	c.Packets = slices.SortedStableFunc(slices.Values(c.Packets), func(a, b Packet) int { return a.Time.Compare(b.Time) })
	c.Secrets = slices.Clone(c.Secrets)
	return c, len(c.Packets) > 0
}
