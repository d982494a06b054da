package fakeserver

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
)

// A gate is what crypto/tls writes the records of a session through, until a script takes over: from then on nothing
// that it writes reaches the client, since its records have numbers that others have had.
type gate struct {
	net.Conn
	shut    atomic.Bool
	walker  walker
	records int    // that went through
	hello   []byte // the beginning of the first one
}

// helloSize is how much of a ServerHello's record it takes to have its random.
const helloSize = HeaderSize + 4 + 2 + 32

func (g *gate) Write(p []byte) (int, error) {
	if g.shut.Load() {
		return len(p), nil
	}
	g.hello = append(g.hello, p[:min(len(p), helloSize-len(g.hello))]...)
	for rest := p; len(rest) > 0; {
		var complete bool
		if _, rest, complete = g.walker.next(rest); complete {
			g.records++
		}
	}
	return g.Conn.Write(p)
}

// serverRandom is that of the ServerHello.
func (g *gate) serverRandom() ([]byte, error) {
	if len(g.hello) < helloSize || RecordType(g.hello[0]) != HandshakeRecord || g.hello[HeaderSize] != typeServerHello {
		return nil, errors.New("the ServerHello was not seen")
	}
	return g.hello[helloSize-32:], nil
}

// A keyLog keeps the secrets of a session, as crypto/tls tells them.
type keyLog struct {
	secrets  map[string]secret // by their label
	recorder *recorder
}

type secret struct{ clientRandom, value []byte }

// Write takes a line of the key log: a label, the client's random, and the secret.
func (l *keyLog) Write(line []byte) (int, error) {
	l.recorder.secret(line)
	words := bytes.Fields(line)
	if len(words) != 3 {
		return 0, fmt.Errorf("a line of the key log has %d words", len(words))
	}
	random, err := hex.DecodeString(string(words[1]))
	if err != nil {
		return 0, fmt.Errorf("read the random of a key log: %w", err)
	}
	value, err := hex.DecodeString(string(words[2]))
	if err != nil {
		return 0, fmt.Errorf("read the secret of a key log: %w", err)
	}
	l.secrets[string(words[0])] = secret{random, value}
	return len(line), nil
}

// takeOver lets the script write the records of the session by itself, once.
func (l *layer) takeOver() error {
	if l.hand != nil {
		return nil
	}
	if l.tickets {
		return errors.New("cannot make records by hand where session tickets were sent: their number is not known")
	}
	state := l.ConnectionState()
	s, known := suites[state.CipherSuite]
	if !known {
		return fmt.Errorf("cannot make records by hand for %s", tls.CipherSuiteName(state.CipherSuite))
	}
	hand, err := l.sealer(s, state.Version)
	if err != nil {
		return fmt.Errorf("take over the record layer: %w", err)
	}
	hand.sequence += uint64(l.gate.records - l.finished)
	l.gate.shut.Store(true)
	l.hand = hand
	return nil
}

func (l *layer) sealer(s suite, version uint16) (*sealer, error) {
	if version == tls.VersionTLS13 {
		return sealer13(s, l.keys.secrets["SERVER_TRAFFIC_SECRET_0"].value)
	}
	random, err := l.gate.serverRandom()
	if err != nil {
		return nil, err
	}
	master := l.keys.secrets["CLIENT_RANDOM"]
	return sealer12(s, master.value, master.clientRandom, random)
}

// craft writes a record made by hand.
func (l *layer) craft(r Crafted) error {
	if err := l.takeOver(); err != nil {
		return err
	}
	if r.Rekeys && l.hand.secret == nil {
		return errors.New("TLS 1.2 has no KeyUpdate")
	}
	if _, err := l.gate.Conn.Write(l.hand.seal(r)); err != nil {
		return err
	}
	if r.Rekeys {
		return l.hand.update()
	}
	return nil
}

// Write writes application data: as crypto/tls does it or, since the script has taken over, by hand.
func (l *layer) Write(p []byte) (n int, err error) {
	if l.inside != nil {
		p = l.inside(p)
	}
	if l.hand == nil {
		return l.Conn.Write(p)
	}
	for n < len(p) {
		piece := p[n:min(n+maxPlain, len(p))]
		if err := l.craft(CraftedData(string(piece))); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}

// CloseWrite sends close_notify, likewise.
func (l *layer) CloseWrite() error {
	if l.hand == nil {
		return l.Conn.CloseWrite()
	}
	return l.craft(CraftedAlert(Warning, 0))
}
