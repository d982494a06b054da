package fakeserver

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrOver is what waiting ends with where the script has ended without what was waited for.
var ErrOver = errors.New("the peer's script ended")

// A Transcript is what passed on a connection so far.
type Transcript struct {
	watch func(Entry) // sees each entry

	mu      sync.Mutex
	entries []Entry
	over    bool
	changed chan struct{} // closed at the next change
}

func newTranscript() *Transcript {
	return &Transcript{changed: make(chan struct{}), watch: func(Entry) {}}
}

// Watched has a function be called with every entry as it is made. It may stand anywhere in a script that [Start] follows.
func Watched(note func(Entry)) Step {
	return Step{name: "be watched", run: func(*conversation) error { return nil }, watch: note}
}

// Entries returns what passed so far.
func (t *Transcript) Entries() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.entries)
}

// Len is how many entries there are.
func (t *Transcript) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries)
}

// Await waits for an entry that matches, be it there already, and returns the first one. It ends with an error where
// the script failed before there was one (the error says how), where the script ended ([ErrOver]; it does when it was
// stopped, too), or with that of the context.
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
	t.watch(e)
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
