package fakeserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Side is one end of the connection: where an entry of the transcript comes from.
type Side string

const (
	Client Side = "client"
	Peer   Side = "peer"
)

// A Kind is what an entry of the transcript is about.
type Kind string

const (
	Connected   Kind = "connected"    // the TCP connection stands
	Bytes       Kind = "bytes"        // Data passed in plain
	Record      Kind = "record"       // a TLS record of Type and Length passed
	Handshake   Kind = "handshake"    // the handshake is done, as Text says
	Data        Kind = "data"         // application Data passed under TLS
	CloseNotify Kind = "close_notify" // the side closed TLS
	FIN         Kind = "FIN"          // the side closed TCP
	RST         Kind = "RST"          // the side reset TCP
	Failed      Kind = "failed"       // the script cannot go on, as Text says
	Closed      Kind = "closed"       // the script is done, and the connection closed
)

// An Entry is something that passed, or happened, at a time.
type Entry struct {
	Time   time.Time
	Side   Side
	Kind   Kind
	Type   RecordType
	Length int
	Data   []byte
	Text   string
}

// String is the entry as the peer would tell it.
func (e Entry) String() string {
	did := "sent"
	if e.Side == Client {
		did = "got"
	}
	switch e.Kind {
	case Connected:
		return "the client connected"
	case Closed:
		return "closed the connection"
	case Record:
		return fmt.Sprintf("%s a record: %s, %d bytes", did, e.Type, e.Length)
	case Bytes:
		return fmt.Sprintf("%s %d bytes in plain: %s", did, len(e.Data), quote(e.Data))
	case Data:
		return fmt.Sprintf("%s %d bytes under TLS: %s", did, len(e.Data), quote(e.Data))
	case Handshake, Failed:
		return e.Text
	default:
		return fmt.Sprintf("%s %s", did, e.Kind)
	}
}

func quote(data []byte) string {
	const most = 60
	if len(data) > most {
		return fmt.Sprintf("%q…", data[:most])
	}
	return fmt.Sprintf("%q", data)
}

// A Transcript is what passed on a connection so far.
type Transcript struct {
	mu      sync.Mutex
	entries []Entry
	over    bool
	changed chan struct{} // closed at the next change
}

func newTranscript() *Transcript { return &Transcript{changed: make(chan struct{})} }

// Entries returns what passed so far.
func (t *Transcript) Entries() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.entries)
}

// ErrOver is what waiting ends with where the script has ended without what was waited for.
var ErrOver = errors.New("the peer's script ended")

// Await waits for an entry that matches, be it there already. Where the script failed, that is the error.
func (t *Transcript) Await(ctx context.Context, match func(Entry) bool) (Entry, error) {
	for seen := 0; ; {
		fresh, over, changed := t.after(seen)
		for _, e := range fresh {
			if match(e) {
				return e, nil
			}
			if e.Kind == Failed {
				return Entry{}, errors.New(e.Text)
			}
		}
		seen += len(fresh)
		if over {
			return Entry{}, ErrOver
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}

func (t *Transcript) after(seen int) (fresh []Entry, over bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries[seen:len(t.entries):len(t.entries)], t.over, t.changed
}

func (t *Transcript) add(e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	e.Time = time.Now()
	t.entries = append(t.entries, e)
	t.stir()
}

func (t *Transcript) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.stir()
}

func (t *Transcript) stir() {
	close(t.changed)
	t.changed = make(chan struct{})
}
