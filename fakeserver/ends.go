package fakeserver

import (
	"errors"
	"slices"
)

// CloseNotify sends close_notify. TCP stays open, and what the client sends can still be expected. Of two sessions the
// inner one ends first, the outer one with another CloseNotify.
func CloseNotify() Step {
	return Step{name: "send close_notify", run: func(c *conversation) error {
		_, err := c.top()
		for _, l := range slices.Backward(c.layers) {
			if !l.closed {
				return l.closeNotify()
			}
		}
		return err
	}}
}

// FIN closes the sending side of TCP, without close_notify.
func FIN() Step {
	return Step{name: "send FIN", run: func(c *conversation) error { return c.wire.fin() }}
}

// RST resets the connection, which ends the script.
func RST() Step {
	return Step{name: "send RST", run: func(c *conversation) error {
		if err := c.wire.flush(); err != nil {
			return err
		}
		if err := c.wire.tcp.SetLinger(0); err != nil {
			return err
		}
		c.wire.transcript.add(Entry{Side: Peer, Kind: TCPReset})
		c.wire.recorder.ended(Peer, TCPReset, false)
		if err := c.wire.tcp.Close(); err != nil {
			return err
		}
		return errReset
	}}
}

// errReset ends a script that has reset the connection; it is no fault.
var errReset = errors.New("the peer reset the connection")

// ExpectEnd waits for the client to end the connection, in whatever way and after whatever it still sends; the
// transcript tells. Like a polite peer it answers close_notify, for which some clients wait before they close TCP.
func ExpectEnd() Step {
	return Step{name: "expect the client's end", run: func(c *conversation) error {
		c.drainAll()
		return nil
	}}
}

// drainAll reads until the client has ended everything that stands, the innermost first.
func (c *conversation) drainAll() {
	for len(c.layers) > 0 {
		l := c.layers[len(c.layers)-1]
		c.drain(l)
		c.layers = c.layers[:len(c.layers)-1]
	}
	c.drainTCP()
}

// drain reads until there is nothing more. How it ends is in the transcript.
func (c *conversation) drain(l *layer) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := l.Read(buffer)
		c.received(l, buffer[:n])
		if errors.Is(err, errCloseNotify) && l.ended {
			l.closeNotify() // it may come too late for a client that has closed TCP, too, which is nobody's fault
		}
		if err != nil {
			return
		}
	}
}

func (c *conversation) drainTCP() {
	buffer := make([]byte, chunk)
	for {
		n, err := c.wire.Read(buffer)
		if !c.wire.in.tls {
			c.server.received.Add(int64(n))
		}
		if err != nil {
			return
		}
	}
}

// finish ends a connection after the last step: with FIN, and not with the RST that closing would send where something
// is unread.
func (c *conversation) finish() {
	if c.wire.end() == nil {
		c.wire.fin() // fails only where the client has ended, which is seen next
		c.drainTCP()
	}
}
