package driver

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A tail keeps the end of what is written, and when it was.
type tail struct {
	mu     sync.Mutex
	pieces []piece
	size   int
}

// A piece is what one read found.
type piece struct {
	time time.Time
	text string
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pieces = append(t.pieces, piece{time.Now(), string(p[max(0, len(p)-tailSize):])})
	for t.size += len(t.pieces[len(t.pieces)-1].text); t.size > tailSize; t.pieces = t.pieces[1:] {
		t.size -= len(t.pieces[0].text)
	}
	return len(p), nil
}

// since returns what was written since a time, and when that began.
func (t *tail) since(begin time.Time) (text string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all strings.Builder
	for _, p := range t.pieces {
		if p.time.Before(begin) {
			continue
		}
		if all.Len() == 0 {
			at = p.time
		}
		all.WriteString(p.text)
	}
	return all.String(), at
}

// lines are those that were begun since a time, with the time of their beginning.
func (t *tail) lines(begin time.Time) (all []subject.Said) {
	t.mu.Lock()
	defer t.mu.Unlock()
	within := false
	for _, p := range t.pieces {
		for text := range strings.Lines(p.text) {
			line, ended := strings.CutSuffix(text, "\n")
			switch {
			case p.time.Before(begin):
			case within && len(all) > 0:
				all[len(all)-1].Text += line
			default:
				all = append(all, subject.Said{Time: p.time, Text: line})
			}
			within = !ended
		}
	}
	return all
}

// String is the tail as the end of a sentence.
func (t *tail) String() string {
	text, _ := t.since(time.Time{})
	if text == "" {
		return "; it wrote nothing to its standard error"
	}
	return fmt.Sprintf("; the end of its standard error:\n%s", text)
}
