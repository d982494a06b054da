package plain

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// poller makes rounds of the network's poller visible: through a pipe that only the poller can report readable.
type poller struct {
	mu          sync.Mutex // one round at a time
	read, write *os.File
	raw         syscall.RawConn
}

func newPoller() (*poller, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open a pipe: %w", err)
	}
	raw, err := r.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reach the pipe's descriptor: %w", err), r.Close(), w.Close())
	}
	return &poller{read: r, write: w, raw: raw}, nil
}

// round returns when the poller has been asked once. The byte is written only after the wait for it has begun, so
// that reading it cannot succeed without the poller.
func (p *poller) round() {
	p.mu.Lock()
	defer p.mu.Unlock()
	waited := false
	p.raw.Read(func(uintptr) bool {
		defer func() { waited = true }()
		if !waited {
			p.write.Write([]byte{0})
		}
		return waited
	})
	p.read.Read(make([]byte, 1))
}

func (p *poller) close() error {
	err := errors.Join(p.read.Close(), p.write.Close())
	if errors.Is(err, os.ErrClosed) {
		return nil // End may be called twice
	}
	return err
}
