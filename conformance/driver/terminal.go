package driver

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A terminal is the one that a driver's process has, and where nobody answers. What is written there is kept, or the
// end of it.
type terminal struct {
	ours, theirs *os.File // ours is never blocked on; both are nil where no terminal could be opened
	err          error    // why not

	written tail

	mu     sync.Mutex
	hungUp bool
}

// openTerminal does without one if it cannot be had: it takes one to judge a single clause.
func openTerminal() *terminal {
	ours, theirs, err := pty.Open()
	if err == nil {
		// The library leaves it blocking, so that not even Close would end a Read.
		if err = syscall.SetNonblock(int(ours.Fd()), true); err == nil {
			return &terminal{ours: ours, theirs: theirs}
		}
		err = errors.Join(err, ours.Close(), theirs.Close())
	}
	return &terminal{err: fmt.Errorf("no terminal could be opened for the driver (%w), so what it asks for there cannot be seen: "+
		"it takes /dev/ptmx, and devpts mounted at /dev/pts", err)}
}

// watch reads what is written until the terminal is hung up, so that nobody who writes is kept waiting. On a system that
// cannot tell when there is something to be read (macOS), it is left to drain.
func (t *terminal) watch() {
	if t.err != nil {
		return
	}
	if raw, err := t.ours.SyscallConn(); err == nil {
		raw.Read(func(fd uintptr) (over bool) {
			for t.take(fd) {
			}
			return false // it is over when ours is closed
		})
	}
}

// drain reads what has been written so far, so that what a driver writes before it answers is seen when the answer is: a
// read finds what is still under way in the system before it finds nothing. A terminal holds less than 64 KiB.
func (t *terminal) drain() {
	if t.err != nil {
		return
	}
	if raw, err := t.ours.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			for n := 0; n < 64 && t.take(fd); n++ {
			}
		})
	}
}

// take reads a piece, and tells whether there was one.
func (t *terminal) take(fd uintptr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hungUp {
		return false
	}
	var buffer [1 << 10]byte
	n, err := syscall.Read(int(fd), buffer[:])
	if n <= 0 {
		return err == syscall.EINTR
	}
	t.written.Write(buffer[:n])
	return true
}

// since returns what was written since a time, and when that began.
func (t *terminal) since(begin time.Time) (text string, at time.Time, err error) {
	t.drain()
	text, at = t.written.since(begin)
	return text, at, t.err
}

// hangUp ends the watch, when all has been seen.
func (t *terminal) hangUp() {
	if t.err != nil {
		return
	}
	t.drain()
	t.mu.Lock()
	t.hungUp = true
	t.mu.Unlock()
	t.theirs.Close()
	t.ours.Close()
}

// String is what was written as a part of a sentence, and empty if that is nothing.
func (t *terminal) String() string {
	text, _, _ := t.since(time.Time{})
	if text == "" {
		return ""
	}
	return fmt.Sprintf("; on its terminal, where nobody answers, it wrote %s", subject.Quote([]byte(text)))
}
