package mutants

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks a session from below: between TLS and the network.

// connections makes a mutant that changes connections, one at a time.
func connections(change func(*wire) net.Conn) tampering {
	return func(func(subject.Record)) tamperer {
		return tamperer{conn: change}
	}
}

// A wire is a connection that notes how far the client is with TLS. What embeds it says what it does otherwise; nothing
// goes round it to the descriptor, as a *net.TCPConn would let it.
type wire struct {
	net.Conn
	begun  atomic.Bool // the client has sent a ClientHello
	secret atomic.Bool // it has sent ChangeCipherSpec, and with it the rest of its handshake
}

func (w *wire) Write(p []byte) (int, error) {
	w.note(p)
	return w.Conn.Write(p)
}

// note looks at what leaves, and tells whether TLS begins with it.
func (w *wire) note(p []byte) (begins bool) {
	for _, kind := range kinds(p) {
		switch kind {
		case handshakeRecord:
			begins = !w.begun.Swap(true)
		case changeCipherSpec:
			w.secret.Store(true)
		}
	}
	return begins
}

func (w *wire) CloseWrite() error { return w.Conn.(*net.TCPConn).CloseWrite() }

func (w *wire) SetLinger(seconds int) error { return w.Conn.(*net.TCPConn).SetLinger(seconds) }

// leak keeps the connection open beyond the close of its descriptor.
func (w *wire) leak() {
	if f, err := w.Conn.(*net.TCPConn).File(); err == nil {
		leaked.Store(f, true)
	}
}

var leaked sync.Map // files that would be closed with the garbage

// counted is a connection that counts what is read under TLS.
type counted struct {
	*wire
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.wire.Read(p)
	if c.begun.Load() {
		c.read.Add(int64(n))
	}
	return n, err
}

// The types of records, and the length of their header.
const (
	changeCipherSpec = 20
	alertRecord      = 21
	handshakeRecord  = 22
	applicationData  = 23
	headerSize       = 5
)

// isTLS tells whether bytes begin with the header of a record.
func isTLS(p []byte) bool {
	return len(p) > 1 && p[0] >= changeCipherSpec && p[0] <= applicationData && p[1] == 3
}

// sizeOf is how long the record is that bytes begin with, by its header.
func sizeOf(p []byte) int { return headerSize + int(p[3])<<8 + int(p[4]) }

// cut cuts a stream into records, and what is left of it: a part of one. What is none stays in one piece.
func cut(stream []byte) (records [][]byte, rest []byte) {
	for len(stream) >= headerSize {
		n := len(stream)
		if isTLS(stream) {
			n = sizeOf(stream)
		}
		if n > len(stream) {
			break
		}
		records, stream = append(records, stream[:n:n]), stream[n:]
	}
	return records, stream
}

// kinds are the types of the records that begin in a stream.
func kinds(stream []byte) (kinds []byte) {
	records, rest := cut(stream)
	for _, p := range append(records, rest) {
		if isTLS(p) {
			kinds = append(kinds, p[0])
		}
	}
	return kinds
}

// isAlert tells whether an encrypted record is as long as one that holds an alert.
func isAlert(record []byte) bool {
	const tls13 = headerSize + 2 + 1 + 16
	return record[0] == alertRecord || record[0] == applicationData && len(record) == tls13
}
