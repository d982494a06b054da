package conformance

import (
	"math/rand/v2"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// A fault is something that a peer does and a client has to report as an error.
type fault struct {
	how   string
	steps []fakeserver.Step
	under version // the only one that has it; by default any
}

// needs are the capabilities without which a fault cannot be provoked.
func (f fault) needs() []subject.Capability {
	if f.under == anyVersion {
		return nil
	}
	return []subject.Capability{f.under.needs}
}

// versions are those under which a fault is to be tried, each for itself.
func (f fault) versions() []version {
	if f.under == anyVersion {
		return versions
	}
	return []version{f.under}
}

// The alerts (RFC 8446, section 6) that peers send here.
var alerts = []struct {
	name   string
	number byte
}{
	{"handshake_failure", handshakeFailure},
	{"protocol_version", 70},
	{"internal_error", internalError},
}

const (
	handshakeFailure = 40
	internalError    = 80
	userCanceled     = 90
)

const (
	plainText  = "500 5.5.1 no TLS to be had here\r\n"
	httpAnswer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	smtpBanner = "220 mail.example.org ESMTP ready when you are\r\n"
	// sslv2Hello is the header of a SERVER-HELLO of SSL 2.0, and as much behind it as that says.
	sslv2Hello = "\x80\x2e\x04\x00\x01\x00\x02\x00\x00\x00\x03\x00\x10\x07\x00\xc0\x05\x00\x80\x03\x00\x80" + "0123456789abcdef0123456789"
)

// noRecord is as much as any implementation needs to see it: there are those that wait for all that the first five bytes
// announce, if they were a header, before they look at what it is.
var noRecord = strings.Repeat("no record at all", 1<<12+1)

// randomBytes are always the same ones for a seed. They do not begin as a record does, which could be waited for.
func randomBytes(seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 0))
	data := []byte{0}
	for len(data) < 512 {
		data = append(data, byte(random.Uint32()))
	}
	return string(data)
}

// Instead of a ServerHello.
var (
	alertFault   = fault{how: "a fatal alert", steps: []fakeserver.Step{fakeserver.SendAlert(handshakeFailure)}}
	plainFault   = fault{how: "an answer in plain text", steps: []fakeserver.Step{fakeserver.SendPlain(plainText)}}
	httpFault    = fault{how: "an answer of HTTP", steps: []fakeserver.Step{fakeserver.SendPlain(httpAnswer)}}
	smtpFault    = fault{how: "a banner of SMTP", steps: []fakeserver.Step{fakeserver.SendPlain(smtpBanner)}}
	randomFault  = fault{how: "random bytes", steps: []fakeserver.Step{fakeserver.SendPlain(randomBytes(1))}}
	sslv2Fault   = fault{how: "a header of SSL 2.0", steps: []fakeserver.Step{fakeserver.SendPlain(sslv2Hello)}}
	versionFault = fault{how: "a version that was not offered", steps: []fakeserver.Step{fakeserver.ServerHelloVersion()}}
	cipherFault  = fault{how: "a cipher suite that was not offered", steps: []fakeserver.Step{fakeserver.ServerHelloCipher()}}
	earlyFault   = fault{how: "a ServerHelloDone", steps: []fakeserver.Step{fakeserver.SendPlain("\x16\x03\x03\x00\x04\x0e\x00\x00\x00")}}
	// It says that it is longer than any client takes, and ends before that, for those who only then complain.
	endlessFault = fault{how: "the beginning of a ServerHello of 16 MiB", steps: []fakeserver.Step{
		fakeserver.SendPlain("\x16\x03\x03\x40\x00\x02\xff\xff\xff\x03\x03" + strings.Repeat("endless ", 1<<11)[:1<<14-6]), fakeserver.FIN()}}
	longFault  = fault{how: "a record of 65,535 bytes", steps: []fakeserver.Step{fakeserver.SendPlain("\x16\x03\x03\xff\xff" + strings.Repeat("too long", 1<<13)[:0xffff])}}
	endFault   = fault{how: "FIN", steps: []fakeserver.Step{fakeserver.FIN()}}
	resetFault = fault{how: "RST", steps: []fakeserver.Step{fakeserver.RST()}}
)

var handshakeFaults = []fault{alertFault, plainFault, randomFault, versionFault, cipherFault, earlyFault, endlessFault, longFault, endFault, resetFault}

// In a session that stands. Nothing of what is forged, cut or no record may be delivered.
var (
	forgedFault   = fault{how: "a record that fails authentication", steps: []fakeserver.Step{fakeserver.Corrupted(fakeserver.Send("forged"))}}
	tagFault      = byHand("a record whose tag is wrong in its last bit", fakeserver.Crafted{Broken: true})
	earlierFault  = byHand("a record with the number of the one before it", fakeserver.Crafted{Skip: -1})
	laterFault    = byHand("a record with a number that is not its turn", fakeserver.Crafted{Skip: 1})
	garbageFault  = fault{how: "bytes that are no record", steps: []fakeserver.Step{fakeserver.SendPlain(noRecord)}}
	typeFault     = byHand("a record of a type that there is not", fakeserver.Crafted{Type: 99})
	overlongFault = fault{how: "a record of 65,535 bytes", steps: []fakeserver.Step{fakeserver.SendPlain("\x17\x03\x03\xff\xff" + strings.Repeat("overlong ", 7282)[:0xffff])}}
	finishedFault = fault{how: "a Finished behind the handshake", steps: []fakeserver.Step{fakeserver.ByHand(fakeserver.StrayFinished)}}
	requestFault  = fault{how: "a CertificateRequest that was not offered to be taken", steps: []fakeserver.Step{fakeserver.ByHand(fakeserver.CertificateRequest)}, under: tls13}
	changeFault   = fault{how: "a change_cipher_spec behind the handshake", steps: []fakeserver.Step{fakeserver.ByHand(fakeserver.StrayChangeCipherSpec)}, under: tls12}
	lateFault     = fault{how: "a fatal alert", steps: []fakeserver.Step{fakeserver.ByHand(fakeserver.CraftedAlert(fakeserver.Fatal, internalError))}}
	cutFault      = fault{how: "FIN inside a record", steps: []fakeserver.Step{fakeserver.Cut(300, fakeserver.Send(strings.Repeat("cut ", 100))), fakeserver.FIN()}}
)

var sessionFaults = []fault{forgedFault, tagFault, earlierFault, laterFault, garbageFault, typeFault, overlongFault,
	finishedFault, requestFault, changeFault, lateFault, cutFault, endFault, resetFault}

// byHand is a fault by one record, which is application data but for what is told of it.
func byHand(how string, r fakeserver.Crafted) fault {
	r.What = how
	if r.Type == 0 {
		r.Type = fakeserver.ApplicationData
	}
	if r.Content == "" {
		r.Content = "forged"
	}
	return fault{how: how, steps: []fakeserver.Step{fakeserver.ByHand(r)}}
}
