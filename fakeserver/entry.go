package fakeserver

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// A Side is one end of the connection: where an entry of the transcript comes from.
type Side string

const (
	Client Side = "client"
	Peer   Side = "peer"
)

// A Kind is what an entry of the transcript is about.
type Kind string

const (
	Connected   Kind = "connected"    // the TCP connection stands
	Bytes       Kind = "bytes"        // Data of Length passed in plain
	Record      Kind = "record"       // a TLS record of Type and Length passed, or Count of them
	ClientHello Kind = "ClientHello"  // the client offers Hello
	Handshake   Kind = "handshake"    // the handshake is done: Version, Certificates, and more in Text
	NoHandshake Kind = "no handshake" // there is none, and the script goes on: Text says why
	Refused     Kind = "refused"      // the peer refused the client's certificate, as Text says
	Data        Kind = "data"         // application Data of Length passed under TLS
	Made        Kind = "made"         // the peer sent a record made by hand, or Count of them: Text
	Alert       Kind = "alert"        // the side sent a fatal alert under TLS, or in a handshake: Text
	TLSClosed   Kind = "close_notify" // the side closed TLS
	TCPClosed   Kind = "FIN"          // the side closed TCP
	TCPReset    Kind = "RST"          // the side reset TCP
	Held        Kind = "held"         // the script waits to be resumed under the name in Text
	Resumed     Kind = "resumed"      // it was
	Failed      Kind = "failed"       // the script cannot go on, as Text says
	Closed      Kind = "closed"       // the script is done, and the connection closed
)

// Inside is where an entry is about the inner one of two TLS sessions.
const Inside = "inside"

// An Entry is something that passed, or happened, at a time.
type Entry struct {
	Time         time.Time
	Side         Side
	Kind         Kind
	Type         RecordType
	Length       int    // of the record's body, or of all the data
	Count        int    // of records that are alike and were sent together, if more than one
	Data         []byte // the first KiB of it
	Text         string
	Where        string // [Inside], or empty
	Hello        *Hello
	Version      uint16
	Certificates []*x509.Certificate // those of the client
}

// String is the entry as the peer would tell it.
func (e Entry) String() string {
	did, where := "sent", ""
	if e.Side == Client {
		did = "got"
	}
	if e.Where != "" {
		where = " " + e.Where
	}
	switch e.Kind {
	case Connected:
		return "the client connected"
	case Closed:
		return "closed the connection"
	case Record:
		return e.records(did)
	case Bytes:
		return fmt.Sprintf("%s %d bytes in plain: %s", did, e.Length, quote(e.Data, e.Length))
	case Data:
		return fmt.Sprintf("%s %d bytes under TLS%s: %s", did, e.Length, where, quote(e.Data, e.Length))
	case ClientHello:
		return fmt.Sprintf("%s a ClientHello%s: %s", did, where, e.Hello)
	case Handshake:
		return fmt.Sprintf("the handshake%s is done: %s", where, e.Text)
	case NoHandshake:
		return fmt.Sprintf("there is no handshake%s: %s", where, e.Text)
	case Refused:
		return "refused the client: " + e.Text
	case Made:
		return e.made(where)
	case Alert:
		return fmt.Sprintf("%s a fatal alert%s: %s", did, where, e.Text)
	case Held:
		return fmt.Sprintf("holds (%s)", e.Text)
	case Resumed:
		return fmt.Sprintf("goes on (%s)", e.Text)
	case Failed:
		return e.Text
	default:
		return fmt.Sprintf("%s %s%s", did, e.Kind, where)
	}
}

func (e Entry) records(did string) string {
	if e.Count > 1 {
		return fmt.Sprintf("%s %d records: %s, %d bytes each", did, e.Count, e.Type, e.Length)
	}
	return fmt.Sprintf("%s a record: %s, %d bytes", did, e.Type, e.Length)
}

func (e Entry) made(where string) string {
	if e.Count > 1 {
		return fmt.Sprintf("made by hand%s, %d times: %s", where, e.Count, e.Text)
	}
	return fmt.Sprintf("made by hand%s: %s", where, e.Text)
}

// String tells what is offered.
func (h *Hello) String() string {
	var versions []string
	for _, v := range h.Versions {
		versions = append(versions, tls.VersionName(v))
	}
	text := fmt.Sprintf("%s, %d cipher suites", strings.Join(versions, " or "), len(h.Ciphers))
	if h.ServerName != "" {
		text += ", for " + h.ServerName
	}
	return text
}

// quote shows the beginning of data whose whole length is given.
func quote[T string | []byte](data T, length int) string {
	const most = 60
	if length > most {
		return fmt.Sprintf("%q…", data[:min(most, len(data))])
	}
	return fmt.Sprintf("%q", data)
}

// prefix is what a transcript keeps of data.
func prefix[T string | []byte](data T) []byte {
	const most = 1 << 10
	return append([]byte(nil), data[:min(most, len(data))]...)
}
