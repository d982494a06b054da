package fakeserver

import (
	"errors"
	"fmt"
	"io"
)

// chunk is how much is sent, or read, at a time.
const chunk = 64 << 10

// Send sends application data under TLS.
func Send(data string) Step {
	return Step{name: "send " + quote(data, len(data)), run: func(c *conversation) error {
		l, err := c.top()
		if err != nil {
			return err
		}
		return c.send(l, data)
	}}
}

// Expect waits for exactly this application data under TLS.
func Expect(data string) Step {
	return Step{name: "expect " + quote(data, len(data)), run: func(c *conversation) error {
		l, err := c.top()
		if err != nil {
			return err
		}
		return c.expect(l, data)
	}}
}

// Duplex sends and expects application data under TLS, both at the same time.
func Duplex(out, in string) Step {
	name := fmt.Sprintf("send %s and expect %s", quote(out, len(out)), quote(in, len(in)))
	return Step{name: name, run: func(c *conversation) error {
		l, err := c.top()
		if err != nil {
			return err
		}
		sent := make(chan error)
		go func() {
			err := c.send(l, out)
			if err != nil {
				c.wire.abort()
			}
			sent <- err
		}()
		err = c.expect(l, in)
		if err != nil {
			c.wire.abort()
		}
		return errors.Join(err, <-sent)
	}}
}

// SendRecords sends n application_data records that hold the same, in as few writes as can be.
func SendRecords(n int, data string) Step {
	return Step{name: fmt.Sprintf("send %d records of %s", n, quote(data, len(data))), run: func(c *conversation) error {
		l, err := c.top()
		if err != nil {
			return err
		}
		if len(data) == 0 || len(data) > maxPlain {
			return fmt.Errorf("a record holds 1 to %d bytes", maxPlain)
		}
		l.note(Entry{Side: Peer, Kind: Data, Data: prefix(data), Length: n * len(data), Where: l.where})
		return c.wire.batch(func() error {
			for range n {
				if _, err := l.Write([]byte(data)); err != nil {
					return err
				}
				c.server.sent.Add(int64(len(data)))
				if err := c.wire.flushBeyond(4 * chunk); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

// Echo sends back whatever comes, in plain or under TLS, until the client ends.
func Echo() Step {
	return Step{name: "echo", run: func(c *conversation) error {
		if len(c.layers) > 0 {
			return c.echoTLS()
		}
		buffer := make([]byte, chunk)
		for {
			n, err := c.wire.Read(buffer)
			c.server.received.Add(int64(n))
			if errors.Is(err, errFIN) {
				return nil
			} else if err != nil {
				return err
			}
			if err := c.wire.writePlain(buffer[:n]); err != nil {
				return err
			}
			c.server.sent.Add(int64(n))
		}
	}}
}

func (c *conversation) echoTLS() error {
	l, err := c.top()
	if err != nil {
		return err
	}
	buffer := make([]byte, chunk)
	for {
		n, err := l.Read(buffer)
		c.received(l, buffer[:n])
		if err == nil {
			err = c.send(l, string(buffer[:n]))
		}
		if err != nil {
			c.drainAll() // it tells how the client ended
			return nil
		}
	}
}

// send sends in pieces, so that the progress can be watched.
func (c *conversation) send(l *layer, data string) error {
	l.note(Entry{Side: Peer, Kind: Data, Data: prefix(data), Length: len(data), Where: l.where})
	for len(data) > 0 {
		n, err := l.Write([]byte(data[:min(chunk, len(data))]))
		c.server.sent.Add(int64(n))
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

func (c *conversation) expect(l *layer, data string) error {
	got, err := c.compare(l, data)
	if got > 0 {
		l.note(Entry{Side: Client, Kind: Data, Data: prefix(data[:got]), Length: got, Where: l.where})
	}
	var other *mismatch
	if errors.As(err, &other) && len(other.got) > 0 {
		c.noteReceived(l, other.got)
	}
	return err
}

// A mismatch is what came in the place of what was expected.
type mismatch struct {
	at  int
	got []byte
}

func (m *mismatch) Error() string {
	if m.at > 0 {
		return fmt.Sprintf("got %s after %d bytes", quote(m.got, len(m.got)), m.at)
	}
	return "got " + quote(m.got, len(m.got))
}

// compare reads what should be the data, and tells how much of it was.
func (c *conversation) compare(r io.Reader, data string) (same int, err error) {
	buffer := make([]byte, min(chunk, len(data)))
	for same < len(data) {
		n, err := r.Read(buffer[:min(len(buffer), len(data)-same)])
		c.server.received.Add(int64(n))
		if string(buffer[:n]) != data[same:same+n] {
			return same, &mismatch{same, buffer[:n]}
		}
		same += n
		if err != nil && same < len(data) {
			return same, err
		}
	}
	return same, nil
}

// received counts, and notes, what came under TLS.
func (c *conversation) received(l *layer, data []byte) {
	c.server.received.Add(int64(len(data)))
	c.noteReceived(l, data)
}

func (c *conversation) noteReceived(l *layer, data []byte) {
	if len(data) > 0 {
		l.note(Entry{Side: Client, Kind: Data, Data: prefix(data), Length: len(data), Where: l.where})
	}
}
