package fakeserver

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// A Hello is what a client offers in its ClientHello.
type Hello struct {
	ServerName string   // empty if it names none
	Versions   []uint16 // those of supported_versions, or else the legacy version
	Ciphers    []uint16
	Signatures []uint16 // the algorithms that it can verify, of signature_algorithms

	renegotiation bool // it knows of secure renegotiation (RFC 5746)
}

// The extensions that are looked at, and the cipher suite that stands for one.
const (
	extensionServerName    = 0
	extensionSignatures    = 13
	extensionVersions      = 43
	extensionRenegotiation = 0xff01
	signalRenegotiation    = 0x00ff // TLS_EMPTY_RENEGOTIATION_INFO_SCSV
)

const (
	typeClientHello = 1
	typeServerHello = 2
	maxHello        = 1 << 16 // more than this no ClientHello needs
)

var errHello = errors.New("the ClientHello is malformed")

// readHello reads the records of a ClientHello, and pushes them back.
func (w *wire) readHello() (*Hello, error) {
	var raw, message []byte
	for need := 4; len(message) < need; {
		record, err := w.readRecord()
		if err != nil {
			return nil, err
		}
		raw, message = append(raw, record...), append(message, record[HeaderSize:]...)
		if len(message) >= 4 {
			need = 4 + int(message[1])<<16 + int(message[2])<<8 + int(message[3])
		}
		if need > maxHello || len(record) == HeaderSize {
			return nil, errHello
		}
	}
	w.push(raw)
	return parseHello(message)
}

func (w *wire) readRecord() ([]byte, error) {
	record := make([]byte, HeaderSize)
	if _, err := io.ReadFull(w, record); err != nil {
		return nil, err
	}
	if RecordType(record[0]) != HandshakeRecord {
		return nil, fmt.Errorf("got a record of %s", RecordType(record[0]))
	}
	record = append(record, make([]byte, int(record[3])<<8|int(record[4]))...)
	_, err := io.ReadFull(w, record[HeaderSize:])
	return record, err
}

// parseHello reads a handshake message that is a ClientHello (RFC 8446, section 4.1.2).
func parseHello(message []byte) (*Hello, error) {
	var kind uint8
	var version uint16
	var body, session, ciphers, compression cryptobyte.String
	s := cryptobyte.String(message)
	if !s.ReadUint8(&kind) || kind != typeClientHello || !s.ReadUint24LengthPrefixed(&body) ||
		!body.ReadUint16(&version) || !body.Skip(32) || !body.ReadUint8LengthPrefixed(&session) ||
		!body.ReadUint16LengthPrefixed(&ciphers) || !body.ReadUint8LengthPrefixed(&compression) {
		return nil, errHello
	}
	h := &Hello{Versions: []uint16{version}}
	if !readAll(ciphers, &h.Ciphers) {
		return nil, errHello
	}
	h.renegotiation = slices.Contains(h.Ciphers, signalRenegotiation)
	if !body.Empty() && !h.extensions(body) { // a client of old has none
		return nil, errHello
	}
	return h, nil
}

func (h *Hello) extensions(s cryptobyte.String) bool {
	var all cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&all) || !s.Empty() {
		return false
	}
	for !all.Empty() {
		var kind uint16
		var body cryptobyte.String
		if !all.ReadUint16(&kind) || !all.ReadUint16LengthPrefixed(&body) || !h.extension(kind, body) {
			return false
		}
	}
	return true
}

func (h *Hello) extension(kind uint16, body cryptobyte.String) bool {
	switch kind {
	case extensionServerName:
		return h.serverName(body)
	case extensionSignatures:
		var signatures cryptobyte.String
		return body.ReadUint16LengthPrefixed(&signatures) && readAll(signatures, &h.Signatures)
	case extensionVersions:
		var versions cryptobyte.String
		h.Versions = nil
		return body.ReadUint8LengthPrefixed(&versions) && readAll(versions, &h.Versions)
	case extensionRenegotiation:
		h.renegotiation = true
	}
	return true
}

func (h *Hello) serverName(body cryptobyte.String) bool {
	var names, name cryptobyte.String
	if !body.ReadUint16LengthPrefixed(&names) {
		return false
	}
	for !names.Empty() {
		var kind uint8
		if !names.ReadUint8(&kind) || !names.ReadUint16LengthPrefixed(&name) {
			return false
		}
		if kind == 0 {
			h.ServerName = string(name)
		}
	}
	return true
}

func readAll(s cryptobyte.String, into *[]uint16) bool {
	for !s.Empty() {
		var v uint16
		if !s.ReadUint16(&v) {
			return false
		}
		*into = append(*into, v)
	}
	return true
}

// helloOf is what crypto/tls tells of a ClientHello that it has read itself.
func helloOf(info *tls.ClientHelloInfo) *Hello {
	h := &Hello{ServerName: info.ServerName, Versions: slices.Clone(info.SupportedVersions), Ciphers: slices.Clone(info.CipherSuites)}
	for _, s := range info.SignatureSchemes {
		h.Signatures = append(h.Signatures, uint16(s))
	}
	if !slices.Contains(info.Extensions, extensionVersions) && len(h.Versions) > 1 {
		h.Versions = h.Versions[:1] // crypto/tls adds those below the legacy version
	}
	return h
}

// serverHello is the record of an answer to it that chooses a version and a cipher suite.
func (h *Hello) serverHello(version, cipher uint16, extended bool) ([]byte, error) {
	random := make([]byte, 32)
	rand.Read(random)
	b := cryptobyte.NewBuilder(nil)
	b.AddUint8(uint8(HandshakeRecord))
	b.AddUint16(version)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(typeServerHello)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(version)
			b.AddBytes(random)
			b.AddUint8(0) // no session ID: below TLS 1.3 the client's own would mean that a session is resumed
			b.AddUint16(cipher)
			b.AddUint8(0) // no compression
			if extended && h.renegotiation {
				b.AddUint16(5)
				b.AddUint16(extensionRenegotiation)
				b.AddBytes([]byte{0, 1, 0})
			}
		})
	})
	return b.Bytes()
}

// cipherFor is a cipher suite among those offered, or not among them.
func (h *Hello) cipherFor(offered bool) uint16 {
	if offered {
		for _, c := range h.Ciphers {
			if c>>8 != 0x13 && c&0x0f0f != 0x0a0a && c != signalRenegotiation { // of TLS 1.3; made up (RFC 8701)
				return c
			}
		}
		return 0x002f // TLS_RSA_WITH_AES_128_CBC_SHA, as good as any to a client of TLS 1.3 alone
	}
	all := slices.Sorted(slices.Values(h.Ciphers)) // there may be thousands
	c := uint16(1)                                 // from TLS_RSA_WITH_NULL_MD5 on
	for _, offered := range all {
		if offered == c {
			c++
		}
	}
	return c
}
