package fakeserver

import "errors"

// A Step is one thing that the peer does, or waits for. A script is a list of them.
type Step struct {
	name   string
	run    func(*conversation) error
	listen []func(fd uintptr) error // what has to be done to the socket before it listens

	relayed  bool // the client is to go through a relay
	captured bool // what passes is to be kept
	watch    func(Entry)
}

// conversation is the state that the steps of a script share.
type conversation struct {
	server *Server
	wire   *wire
	hello  *Hello   // the one that was expected, until a handshake has used it
	layers []*layer // the TLS sessions that stand, the innermost last
}

// top is the innermost TLS session.
func (c *conversation) top() (*layer, error) {
	if len(c.layers) == 0 {
		return nil, errors.New("there was no handshake")
	}
	return c.layers[len(c.layers)-1], nil
}
