package fakeserver

import (
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// A Crafted record is one that crypto/tls would never write. The zero value of each field is what a good one has.
type Crafted struct {
	What    string     // it is, for the transcript
	Type    RecordType // of the content; under TLS 1.3 that is inside, and encrypted
	Content string     // may be empty, or more than a record may hold
	Padding int        // zeros behind the content; under TLS 1.3 alone
	Outer   RecordType // in the header; by default application_data under TLS 1.3, and under TLS 1.2 Type in any case
	Skip    int        // how many sequence numbers are left out before it
	Broken  bool       // it fails authentication: the last bit of its tag is flipped
	Rekeys  bool       // the keys change behind it; under TLS 1.3 alone
}

func (r Crafted) outer() RecordType { return cmp.Or(r.Outer, ApplicationData) }

// ByHand sends a record that is made by hand, under the keys of the session. From then on the script makes all records
// of that session so, those of the other steps too.
func ByHand(r Crafted) Step {
	return Step{name: "send by hand " + r.What, run: func(c *conversation) error {
		l, err := c.top()
		if err != nil {
			return err
		}
		l.note(Entry{Side: Peer, Kind: Made, Text: r.What, Where: l.where})
		return l.craft(r)
	}}
}

// Flood sends n of them, in as few writes as can be.
func Flood(n int, r Crafted) Step {
	return Step{name: fmt.Sprintf("send by hand %d times %s", n, r.What), run: func(c *conversation) error {
		l, err := c.top()
		if err != nil {
			return err
		}
		l.note(Entry{Side: Peer, Kind: Made, Text: r.What, Count: n, Where: l.where})
		return c.wire.batch(func() error {
			for range n {
				if err := l.craft(r); err != nil {
					return err
				}
				if err := c.wire.flushBeyond(4 * chunk); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

// CraftedData is application data.
func CraftedData(data string) Crafted {
	return Crafted{What: fmt.Sprintf("%d bytes: %s", len(data), quote(data, len(data))), Type: ApplicationData, Content: data}
}

// EmptyRecord is application data that is none.
var EmptyRecord = Crafted{What: "an empty record", Type: ApplicationData}

// The levels of alerts (RFC 5246, section 7.2). Under TLS 1.3 the level says nothing.
const (
	Warning = 1
	Fatal   = 2
)

// CraftedAlert is an alert.
func CraftedAlert(level, description byte) Crafted {
	name := map[byte]string{Warning: "warning", Fatal: "fatal"}[level]
	return Crafted{
		What: fmt.Sprintf("an alert: %s, %d", cmp.Or(name, fmt.Sprint("level ", level)), description),
		Type: AlertRecord, Content: string([]byte{level, description}),
	}
}

// The handshake messages that come behind a handshake, or that nobody may send there (RFC 8446, section 4).
const (
	typeHelloRequest       = 0
	typeNewSessionTicket   = 4
	typeCertificateRequest = 13
	typeFinished           = 20
	typeKeyUpdate          = 24
)

// CraftedMessage is a handshake message in a record of its own.
func CraftedMessage(what string, kind byte, body func(*cryptobyte.Builder)) Crafted {
	var b cryptobyte.Builder
	b.AddUint8(kind)
	b.AddUint24LengthPrefixed(body)
	return Crafted{What: what, Type: HandshakeRecord, Content: string(b.BytesOrPanic())}
}

// KeyUpdate tells the client of TLS 1.3 that the peer's keys change (RFC 8446, section 4.6.3), and may want it to do the
// same.
func KeyUpdate(requested bool) Crafted {
	what, request := "KeyUpdate", uint8(0)
	if requested {
		what, request = "KeyUpdate that wants one in return", 1
	}
	r := CraftedMessage(what, typeKeyUpdate, func(b *cryptobyte.Builder) { b.AddUint8(request) })
	r.Rekeys = true
	return r
}

// HelloRequest asks the client of TLS 1.2 for a handshake anew (RFC 5246, section 7.4.1.1).
var HelloRequest = CraftedMessage("HelloRequest", typeHelloRequest, func(*cryptobyte.Builder) {})

// NewSessionTicket is one of TLS 1.3 (RFC 8446, section 4.6.1), that opens no session.
var NewSessionTicket = CraftedMessage("NewSessionTicket", typeNewSessionTicket, func(b *cryptobyte.Builder) {
	b.AddUint32(7200) // seconds
	b.AddUint32(0)    // what is added to its age
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("nonce")) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(strings.Repeat("ticket ", 5))) })
	b.AddUint16(0) // extensions
})

// CertificateRequest is one of TLS 1.3 behind the handshake (RFC 8446, section 4.6.2), which only a client may be sent
// that has offered to take it.
var CertificateRequest = CraftedMessage("CertificateRequest", typeCertificateRequest, func(b *cryptobyte.Builder) {
	const signatureAlgorithms, ecdsaWithP256AndSHA256 = 13, 0x0403
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("again")) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(signatureAlgorithms)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(ecdsaWithP256AndSHA256) })
		})
	})
})

// StrayFinished is a Finished that nobody waits for.
var StrayFinished = CraftedMessage("Finished", typeFinished, func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, 12)) })

// StrayChangeCipherSpec is one that nobody waits for.
var StrayChangeCipherSpec = Crafted{What: "change_cipher_spec", Type: ChangeCipherSpec, Content: "\x01"}
