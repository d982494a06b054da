package fakeserver

import (
	"errors"
	"fmt"
	"slices"
)

// Joined has what the steps write go out in one write, hence in one segment if it fits: what they write is kept until
// they wait for the client, or are done. A FIN among them is in the segment, too (on Linux only).
//
// Of a handshake it joins the server's last flight with what follows: under TLS 1.2 ChangeCipherSpec and Finished; under
// TLS 1.3 the session tickets, which crypto/tls sends last if there is a client certificate to wait for.
func Joined(steps ...Step) Step {
	return group("join", steps, func(c *conversation) error {
		return c.wire.join(func() error { return c.follow(steps) })
	})
}

// Dribbled has every byte that the steps write go out in a write, hence in a segment, of its own.
func Dribbled(steps ...Step) Step {
	return group("dribble", steps, func(c *conversation) error {
		c.wire.dribble(+1)
		defer c.wire.dribble(-1)
		return c.follow(steps)
	})
}

// Corrupted has one bit flipped in the middle of every application_data record that the steps write; of two sessions it
// is the inner one's records that are corrupt.
func Corrupted(steps ...Step) Step {
	return group("corrupt", steps, func(c *conversation) error {
		shape := (&corrupter{}).shape
		if len(c.layers) < 2 {
			return c.shaped(shape, steps)
		}
		outer := c.layers[len(c.layers)-2]
		outer.inside = shape
		defer func() { outer.inside = nil }()
		return c.follow(steps)
	})
}

// Cut lets only the first n bytes go out that the steps write. When they are out and the steps wait for the client,
// which cannot answer, the rest of the steps is left out and the script goes on.
func Cut(n int, steps ...Step) Step {
	return group(fmt.Sprintf("cut after %d bytes", n), steps, func(c *conversation) error {
		c.wire.cut.Store(n == 0)
		defer c.wire.cut.Store(false)
		left := n
		err := c.shaped(func(p []byte) []byte {
			p = p[:min(left, len(p))]
			left -= len(p)
			c.wire.cut.Store(left == 0)
			return p
		}, steps)
		if errors.Is(err, errCut) {
			return nil
		}
		return err
	})
}

// Edited has the records changed that the steps write: those of each write, which is a flight where it is of a handshake.
func Edited(how string, edit func(records [][]byte) [][]byte, steps ...Step) Step {
	return group(how, steps, func(c *conversation) error {
		return c.shaped(func(p []byte) []byte { return slices.Concat(edit(recordsOf(p))...) }, steps)
	})
}

// recordsOf cuts a stream into its records; the last one may not be whole.
func recordsOf(stream []byte) [][]byte {
	var w walker
	var records [][]byte
	for len(stream) > 0 {
		var piece []byte
		if w.left == 0 && len(w.header) == 0 {
			records = append(records, nil)
		}
		piece, stream, _ = w.next(stream)
		last := &records[len(records)-1]
		*last = append(*last, piece...)
	}
	return records
}

// Swapped has the last two records of each flight change places.
func Swapped(steps ...Step) Step {
	return Edited("swap the last two records", func(records [][]byte) [][]byte {
		if n := len(records); n > 1 {
			records[n-1], records[n-2] = records[n-2], records[n-1]
		}
		return records
	}, steps...)
}

// MoreChangeCipherSpec has a change_cipher_spec added behind the first record of each flight. Within a handshake of TLS
// 1.3 a client drops it (RFC 8446, section 5).
func MoreChangeCipherSpec(steps ...Step) Step {
	return Edited("add a change_cipher_spec", func(records [][]byte) [][]byte {
		return slices.Insert(records, 1, append(headerOf(ChangeCipherSpec, 1), 1))
	}, steps...)
}

// errCut is what those read who wait for an answer to what was cut.
var errCut = errors.New("the connection was cut")

// group is a step made of others, which tells of the one that failed.
func group(name string, steps []Step, run func(*conversation) error) Step {
	s := Step{name: name, run: run}
	for _, inner := range steps {
		s.listen = append(s.listen, inner.listen...)
	}
	return s
}

func (c *conversation) follow(steps []Step) error {
	for _, step := range steps {
		if err := step.run(c); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (c *conversation) shaped(s shaper, steps []Step) error {
	c.wire.shape(s)
	defer c.wire.unshape()
	return c.follow(steps)
}

// join keeps what is written meanwhile, unless somebody keeps it anyway.
func (w *wire) join(write func() error) error {
	w.joining.Add(1)
	err := write()
	if w.joining.Add(-1) > 0 {
		return err
	}
	return errors.Join(err, w.flush())
}

// batch joins what is written meanwhile, and has records noted together that are alike.
func (w *wire) batch(write func() error) error {
	w.merge(true)
	defer w.merge(false)
	return w.join(write)
}

func (w *wire) merge(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.emitRun()
	w.out.merging = on
}

func (w *wire) shape(s shaper) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shapers = append(w.shapers, s)
}

func (w *wire) unshape() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shapers = w.shapers[:len(w.shapers)-1]
}

func (w *wire) dribble(more int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dribbling += more
}

func (w *wire) holdAfter(n int, hold func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold, w.unheld = hold, n
}

type corrupter struct{ walker walker }

func (k *corrupter) shape(p []byte) []byte {
	p = slices.Clone(p) // it is the caller's
	for rest := p; len(rest) > 0; {
		at := k.walker.length - k.walker.left // in the body, if this is one
		body := k.walker.left > 0
		var piece []byte
		piece, rest, _ = k.walker.next(rest)
		middle := k.walker.length/2 - at
		if body && k.walker.kind == ApplicationData && middle >= 0 && middle < len(piece) {
			piece[middle] ^= 1
		}
	}
	return p
}
