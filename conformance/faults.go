package conformance

import (
	"strings"

	"github.com/sslconform/sslconform/fakeserver"
)

// A fault is something that a peer does and a client has to report as an error.
type fault struct {
	how   string
	steps []fakeserver.Step
}

// The alerts (RFC 8446, section 6) that peers send here.
var alerts = []struct {
	name   string
	number byte
}{
	{"handshake_failure", handshakeFailure},
	{"protocol_version", 70},
	{"internal_error", 80},
}

const handshakeFailure = 40

const (
	plainText = "500 5.5.1 no TLS to be had here\r\n"
	noRecord  = "no record at all" // 16 bytes: as many as any implementation needs to see it
)

// Instead of a ServerHello.
var (
	alertFault   = fault{"a fatal alert", []fakeserver.Step{fakeserver.SendAlert(handshakeFailure)}}
	plainFault   = fault{"an answer in plain text", []fakeserver.Step{fakeserver.SendPlain(plainText)}}
	versionFault = fault{"a version that was not offered", []fakeserver.Step{fakeserver.ServerHelloVersion()}}
	cipherFault  = fault{"a cipher suite that was not offered", []fakeserver.Step{fakeserver.ServerHelloCipher()}}
	endFault     = fault{"FIN", []fakeserver.Step{fakeserver.FIN()}}
	resetFault   = fault{"RST", []fakeserver.Step{fakeserver.RST()}}
)

var handshakeFaults = []fault{alertFault, plainFault, versionFault, cipherFault, endFault, resetFault}

// In a session that stands. Nothing of what is forged, cut or no record may be delivered.
var (
	forgedFault   = fault{"a record that fails authentication", []fakeserver.Step{fakeserver.Corrupted(fakeserver.Send("forged"))}}
	garbageFault  = fault{"bytes that are no record", []fakeserver.Step{fakeserver.SendPlain(noRecord)}}
	overlongFault = fault{"a record of 65,535 bytes", []fakeserver.Step{fakeserver.SendPlain("\x17\x03\x03\xff\xff" + strings.Repeat("overlong ", 7282)[:0xffff])}}
	cutFault      = fault{"FIN inside a record", []fakeserver.Step{fakeserver.Cut(300, fakeserver.Send(strings.Repeat("cut ", 100))), fakeserver.FIN()}}
)

var sessionFaults = []fault{forgedFault, garbageFault, cutFault, endFault, resetFault}
