package drivertest

import (
	"bytes"
	"io"
	"sync"
)

// What a line of a transcript begins with.
const (
	to   = "→ "
	from = "← "
)

// A Tap writes down what passes between the suite and one process of a driver.
type Tap struct {
	mu         sync.Mutex
	transcript io.Writer
}

// NewTap makes a tap that writes a transcript for [Schema.Check].
func NewTap(transcript io.Writer) *Tap { return &Tap{transcript: transcript} }

// ToDriver takes what the suite writes; the driver must not get it sooner.
func (t *Tap) ToDriver() io.Writer { return &lines{tap: t, prefix: to} }

// FromDriver takes what the driver writes; the suite must not get it sooner.
func (t *Tap) FromDriver() io.Writer { return &lines{tap: t, prefix: from} }

// lines writes down one direction, each line in one go.
type lines struct {
	tap    *Tap
	prefix string
	begun  []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.begun = append(l.begun, p...)
	end := bytes.LastIndexByte(l.begun, '\n') + 1
	l.tap.mu.Lock()
	defer l.tap.mu.Unlock()
	for line := range bytes.Lines(l.begun[:end]) {
		if _, err := l.tap.transcript.Write(append([]byte(l.prefix), line...)); err != nil {
			return 0, err
		}
	}
	l.begun = append([]byte(nil), l.begun[end:]...)
	return len(p), nil
}
