package fakeserver

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Step is one thing that the peer does, or waits for. A script is a list of them.
type Step struct {
	name string
	run  func(*conversation) error
}

// conversation is the state that the steps of a script share.
type conversation struct {
	wire *wire
	tls  *tls.Conn // nil before the handshake
}

// ExpectClientHello waits for the first record of the client's handshake, and answers nothing.
func ExpectClientHello() Step {
	return Step{"expect a ClientHello", func(c *conversation) error {
		c.wire.in.tls = true
		header := make([]byte, headerSize)
		if _, err := io.ReadFull(c.wire, header); err != nil {
			return err
		}
		if RecordType(header[0]) != HandshakeRecord {
			return fmt.Errorf("got a record of %s", RecordType(header[0]))
		}
		_, err := io.CopyN(io.Discard, c.wire, int64(header[3])<<8|int64(header[4]))
		return err
	}}
}

// SendPlain sends bytes as they are.
func SendPlain(data string) Step {
	return Step{fmt.Sprintf("send %q in plain", data), func(c *conversation) error {
		_, err := c.wire.Write([]byte(data))
		return err
	}}
}

// HandshakeAs makes a TLS handshake as the server whose certificate it is given.
func HandshakeAs(certificate tls.Certificate) Step {
	return Step{"make a handshake", func(c *conversation) error {
		c.wire.speakTLS()
		c.tls = tls.Server(c.wire, &tls.Config{
			Certificates:           []tls.Certificate{certificate},
			SessionTicketsDisabled: true, // unread tickets turn a client's close into a reset
		})
		if err := c.tls.Handshake(); err != nil {
			return err
		}
		state := c.tls.ConnectionState()
		c.wire.transcript.add(Entry{Side: Peer, Kind: Handshake,
			Text: fmt.Sprintf("the handshake is done: %s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))})
		return nil
	}}
}

// Send sends application data under TLS.
func Send(data string) Step {
	return Step{fmt.Sprintf("send %q", data), func(c *conversation) error {
		c.wire.transcript.add(Entry{Side: Peer, Kind: Data, Data: []byte(data)})
		_, err := c.tls.Write([]byte(data))
		return err
	}}
}

// Expect waits for application data under TLS.
func Expect(data string) Step {
	return Step{fmt.Sprintf("expect %q", data), func(c *conversation) error {
		got := make([]byte, len(data))
		n, err := io.ReadFull(c.tls, got)
		c.received(got[:n])
		if err != nil {
			return err
		}
		if !bytes.Equal(got, []byte(data)) {
			return fmt.Errorf("got %q", got)
		}
		return nil
	}}
}

// ExpectEnd waits for the client to end the connection, in whatever way and after whatever it still sends; the
// transcript tells. Like a polite peer it answers close_notify, for which some clients wait before they close TCP.
func ExpectEnd() Step {
	return Step{"expect the client's end", func(c *conversation) error {
		if c.tls != nil {
			c.drain(c.tls)
		}
		c.drain(c.wire)
		return nil
	}}
}

// drain reads until there is nothing more. How it ends is in the transcript, but for close_notify.
func (c *conversation) drain(r io.Reader) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := r.Read(buffer)
		if r == io.Reader(c.tls) {
			c.received(buffer[:n])
			if err == io.EOF {
				c.wire.transcript.add(Entry{Side: Client, Kind: CloseNotify})
				c.closeNotify()
			}
		}
		if err != nil {
			return
		}
	}
}

// closeNotify may come too late for a client that has closed TCP, too, which is no fault of anybody's.
func (c *conversation) closeNotify() {
	if c.tls.CloseWrite() == nil {
		c.wire.transcript.add(Entry{Side: Peer, Kind: CloseNotify})
	}
}

func (c *conversation) received(data []byte) {
	if len(data) > 0 {
		c.wire.transcript.add(Entry{Side: Client, Kind: Data, Data: slices.Clone(data)})
	}
}

// Echo sends back in plain whatever comes, until the client ends.
func Echo() Step {
	return Step{"echo", func(c *conversation) error {
		_, err := io.Copy(onlyWriter{c.wire}, onlyReader{c.wire})
		if errors.Is(err, errFIN) {
			return nil
		}
		return err
	}}
}

// io.Copy would go round the wire's own Read and Write where the connection offers a shortcut.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
