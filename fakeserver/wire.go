package fakeserver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"
)

// A RecordType is the first byte of a TLS record (RFC 8446, section 5.1).
type RecordType byte

const (
	ChangeCipherSpec RecordType = 20
	AlertRecord      RecordType = 21
	HandshakeRecord  RecordType = 22
	ApplicationData  RecordType = 23
)

func (t RecordType) String() string {
	switch t {
	case ChangeCipherSpec:
		return "change_cipher_spec"
	case AlertRecord:
		return "alert"
	case HandshakeRecord:
		return "handshake"
	case ApplicationData:
		return "application_data"
	default:
		return fmt.Sprintf("type %d", byte(t))
	}
}

// headerSize is the length of a record's header: type, version, length.
const headerSize = 5

// errFIN is what reading ends with where the client's TCP ends. It is no io.EOF, so that crypto/tls returns io.EOF for
// close_notify only.
var errFIN = errors.New("the client closed TCP")

// wire is the TCP connection below everything else, noting what passes.
type wire struct {
	*net.TCPConn
	transcript *Transcript
	in, out    splitter
	ended      error // how the client ended TCP
}

func newWire(c *net.TCPConn, t *Transcript) *wire {
	return &wire{TCPConn: c, transcript: t, in: splitter{side: Client, note: t.add}, out: splitter{side: Peer, note: t.add}}
}

func (w *wire) Read(p []byte) (int, error) {
	if w.ended != nil {
		return 0, w.ended
	}
	n, err := w.TCPConn.Read(p)
	w.in.take(p[:n])
	switch {
	case err == io.EOF:
		w.end(FIN, errFIN)
	case errors.Is(err, syscall.ECONNRESET):
		w.end(RST, err)
	default:
		return n, err
	}
	return n, w.ended
}

func (w *wire) end(how Kind, err error) {
	w.transcript.add(Entry{Side: Client, Kind: how})
	w.ended = err
}

func (w *wire) Write(p []byte) (int, error) {
	w.out.take(p)
	return w.TCPConn.Write(p)
}

// speakTLS tells that what passes from now on are records.
func (w *wire) speakTLS() { w.in.tls, w.out.tls = true, true }

// A splitter notes what one side sends: bytes in plain, or the records that a stream consists of.
type splitter struct {
	side   Side
	note   func(Entry)
	tls    bool
	header []byte // of the record that is not complete yet
	left   int    // of its body
}

func (s *splitter) take(p []byte) {
	if !s.tls {
		if len(p) > 0 {
			s.note(Entry{Side: s.side, Kind: Bytes, Data: slices.Clone(p)})
		}
		return
	}
	for len(p) > 0 {
		p = s.record(p)
	}
}

// record takes what belongs to one record off p. A record is noted when its header is complete.
func (s *splitter) record(p []byte) (rest []byte) {
	if s.left > 0 {
		n := min(s.left, len(p))
		s.left -= n
		return p[n:]
	}
	n := min(headerSize-len(s.header), len(p))
	s.header = append(s.header, p[:n]...)
	if len(s.header) == headerSize {
		s.left = int(s.header[3])<<8 | int(s.header[4])
		s.note(Entry{Side: s.side, Kind: Record, Type: RecordType(s.header[0]), Length: s.left})
		s.header = nil
	}
	return p[n:]
}
