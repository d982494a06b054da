package fakeserver

import (
	"fmt"
)

// SendPlain sends bytes as they are, past TLS if that stands.
func SendPlain(data string) Step {
	return Step{name: "send " + quote(data, len(data)) + " in plain", run: func(c *conversation) error {
		if err := c.wire.writePlain([]byte(data)); err != nil {
			return err
		}
		c.server.sent.Add(int64(len(data)))
		return nil
	}}
}

// ExpectPlain waits for exactly these bytes, and reads no more.
func ExpectPlain(data string) Step {
	return Step{name: "expect " + quote(data, len(data)) + " in plain", run: func(c *conversation) error {
		_, err := c.compare(c.wire, data)
		return err
	}}
}

// ExpectClientHello waits for the client's ClientHello and answers nothing. It is left there for a handshake.
func ExpectClientHello() Step {
	return Step{name: "expect a ClientHello", run: func(c *conversation) error {
		c.wire.in.tls = true
		hello, err := c.wire.readHello()
		if err != nil {
			return err
		}
		c.hello = hello
		c.wire.transcript.add(Entry{Side: Client, Kind: ClientHello, Hello: hello})
		return nil
	}}
}

// SendAlert sends a fatal alert in plain.
func SendAlert(description byte) Step {
	return Step{name: fmt.Sprintf("send alert %d", description), run: func(c *conversation) error {
		return c.sendRecord([]byte{byte(AlertRecord), 3, 3, 0, 2, 2, description})
	}}
}

// ServerHelloVersion answers the ClientHello, which has to be expected before, with a version that was not offered:
// SSL 3.0.
func ServerHelloVersion() Step {
	return Step{name: "choose a version that was not offered", run: func(c *conversation) error {
		if c.hello == nil {
			return errNoHello
		}
		record, err := c.hello.serverHello(0x0300, c.hello.cipherFor(true), false)
		if err != nil {
			return fmt.Errorf("make a ServerHello: %w", err)
		}
		return c.sendRecord(record)
	}}
}

// ServerHelloCipher answers the ClientHello, which has to be expected before, with a cipher suite of TLS 1.2 that was
// not offered.
func ServerHelloCipher() Step {
	return Step{name: "choose a cipher suite that was not offered", run: func(c *conversation) error {
		if c.hello == nil {
			return errNoHello
		}
		record, err := c.hello.serverHello(0x0303, c.hello.cipherFor(false), true)
		if err != nil {
			return fmt.Errorf("make a ServerHello: %w", err)
		}
		return c.sendRecord(record)
	}}
}

var errNoHello = fmt.Errorf("there is no ClientHello to answer")

// sendRecord sends a record in plain.
func (c *conversation) sendRecord(record []byte) error {
	c.wire.speakTLS()
	_, err := c.wire.Write(record)
	return err
}
