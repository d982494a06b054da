package async

import (
	"io"
	"sync"
)

const (
	smallBuffer = 1 << 10
	largeBuffer = 16 << 10 // a TLS record
)

// A readBuffer is small while a connection brings little, so that an idle one costs little.
type readBuffer struct {
	small [smallBuffer]byte
	large *[largeBuffer]byte // nil while little comes
	last  int                // how much came last
}

var largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// read reads once. The data is the buffer's, until the next time.
func (b *readBuffer) read(r io.Reader) ([]byte, error) {
	switch {
	case b.last < smallBuffer:
		b.release()
	case b.large == nil:
		b.large = largeBuffers.Get().(*[largeBuffer]byte)
	}
	buffer := b.small[:]
	if b.large != nil {
		buffer = b.large[:]
	}
	n, err := r.Read(buffer)
	b.last = n
	return buffer[:n], err
}

func (b *readBuffer) release() {
	if b.large != nil {
		largeBuffers.Put(b.large)
		b.large = nil
	}
}
