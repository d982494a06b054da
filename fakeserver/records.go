package fakeserver

import "fmt"

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

const (
	// HeaderSize is the length of a record's header: type, version, length.
	HeaderSize = 5
	maxPlain   = 1 << 14 // the most that a record holds (RFC 8446, section 5.1)
)

// A walker tells header from body in a stream of records, however it is cut.
type walker struct {
	header []byte // of the record that is not complete yet
	kind   RecordType
	length int // of its body
	left   int // of its body
}

// next takes off p what belongs to one header, or to one body. The header is complete if it says so.
func (w *walker) next(p []byte) (piece, rest []byte, complete bool) {
	if w.left > 0 {
		n := min(w.left, len(p))
		w.left -= n
		return p[:n], p[n:], false
	}
	n := min(HeaderSize-len(w.header), len(p))
	w.header = append(w.header, p[:n]...)
	if complete = len(w.header) == HeaderSize; complete {
		w.kind = RecordType(w.header[0])
		w.length = int(w.header[3])<<8 | int(w.header[4])
		w.left = w.length
		w.header = w.header[:0]
	}
	return p[:n], p[n:], complete
}

// A splitter notes what one side sends: bytes in plain, or the records that a stream consists of.
type splitter struct {
	side    Side
	note    func(Entry)
	tls     bool
	walker  walker
	merging bool  // records that are alike are noted together
	run     Entry // those that are not noted yet
}

func (s *splitter) take(p []byte) {
	if !s.tls {
		s.plain(p)
		return
	}
	for len(p) > 0 {
		var complete bool
		if _, p, complete = s.walker.next(p); complete {
			s.record(Entry{Side: s.side, Kind: Record, Type: s.walker.kind, Length: s.walker.length})
		}
	}
}

func (s *splitter) plain(p []byte) {
	if len(p) > 0 {
		s.note(Entry{Side: s.side, Kind: Bytes, Data: prefix(p), Length: len(p)})
	}
}

// record notes a record; its header is complete.
func (s *splitter) record(e Entry) {
	if !s.merging {
		s.note(e)
		return
	}
	if s.run.Count > 0 && s.run.Type == e.Type && s.run.Length == e.Length {
		s.run.Count++
		return
	}
	s.emitRun()
	e.Count = 1
	s.run = e
}

func (s *splitter) emitRun() {
	if s.run.Count == 1 {
		s.run.Count = 0 // one by itself, as any
	} else if s.run.Count == 0 {
		return
	}
	s.note(s.run)
	s.run = Entry{}
}
