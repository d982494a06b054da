package fakeserver

import (
	"crypto/tls"
	"crypto/x509"
	"math/rand/v2"
	"strings"
)

// A Scenario is a script that stands for itself, to try a client on by hand.
type Scenario struct {
	Name   string
	About  string                // what the peer does, and what a client should report
	Script func(Identity) []Step // nil where nobody can connect

	start func() (*Server, error) // if there is no script
}

// Start serves the scenario on a port of its own as [Serve] does.
func (s Scenario) Start(id Identity, note func(connection int, e Entry)) (*Server, error) {
	if s.Script == nil {
		return s.start()
	}
	return Serve(note, s.Script(id)...)
}

// Scenarios are all of them.
func Scenarios() []Scenario {
	var all []Scenario
	for _, some := range [][]Scenario{polite, beforeTLS, inHandshake, certificates, shapes, ends, records, made, loads, noPeers} {
		all = append(all, some...)
	}
	return all
}

func (id Identity) hello(version uint16) Step {
	return HandshakeWith(Config{Certificate: id.Good, Version: version})
}

var polite = []Scenario{
	{Name: "hello-1.2", About: "TLS 1.2 alone; sends \"hello\" and waits: the client reads it.", Script: func(id Identity) []Step {
		return []Step{id.hello(tls.VersionTLS12), Send("hello"), ExpectEnd()}
	}},
	{Name: "hello-1.3", About: "TLS 1.3 alone; sends \"hello\" and waits: the client reads it.", Script: func(id Identity) []Step {
		return []Step{id.hello(tls.VersionTLS13), Send("hello"), ExpectEnd()}
	}},
	{Name: "echo", About: "Sends back what it gets under TLS: the client reads what it wrote.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Echo()}
	}},
	{Name: "session-tickets", About: "Sends session tickets, then \"hello\": the client reads that and no ticket.", Script: func(id Identity) []Step {
		return []Step{HandshakeWith(Config{Certificate: id.Good, Tickets: true}), Send("hello"), ExpectEnd()}
	}},
	{Name: "tls-in-tls", About: "Sends \"outer\", makes a handshake inside, sends \"inner\": the client reads each in its session.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("outer"), HandshakeInside(Config{Certificate: id.Good}), Send("inner"), ExpectEnd()}
	}},
}

var beforeTLS = []Scenario{
	{Name: "greeting-then-tls", About: "Greets in plain, goes to TLS upon \"STARTTLS\\r\\n\", then echoes: the client wraps a socket in use.", Script: func(id Identity) []Step {
		return []Step{SendPlain("220 ready\r\n"), ExpectPlain("STARTTLS\r\n"), SendPlain("220 go ahead\r\n"), id.hello(0), Echo()}
	}},
	{Name: "injected-plaintext", About: "As greeting-then-tls, but more plain bytes are in the segment of the last answer: the client must not take them for what came under TLS.", Script: func(id Identity) []Step {
		injected := Joined(SendPlain("220 go ahead\r\n"), SendPlain("injected\r\n"))
		return []Step{SendPlain("220 ready\r\n"), ExpectPlain("STARTTLS\r\n"), injected, id.hello(0), Echo()}
	}},
	{Name: "plain-answer", About: "Answers the ClientHello in plain: the client reports a TLS error.", Script: func(Identity) []Step {
		return []Step{ExpectClientHello(), SendPlain("500 no TLS to be had here\r\n"), ExpectEnd()}
	}},
}

const (
	alertHandshakeFailure = 40
	inFlight              = 100 // bytes, of a flight that has more
)

var inHandshake = []Scenario{
	{Name: "alert-handshake-failure", About: "Answers the ClientHello with an alert: the client reports a handshake failure.", Script: func(Identity) []Step {
		return []Step{ExpectClientHello(), SendAlert(alertHandshakeFailure), ExpectEnd()}
	}},
	{Name: "version-not-offered", About: "Chooses SSL 3.0: the client reports a TLS error.", Script: func(Identity) []Step {
		return []Step{ExpectClientHello(), ServerHelloVersion(), ExpectEnd()}
	}},
	{Name: "cipher-not-offered", About: "Chooses a cipher suite that was not offered: the client reports a TLS error.", Script: func(Identity) []Step {
		return []Step{ExpectClientHello(), ServerHelloCipher(), ExpectEnd()}
	}},
	{Name: "end-in-handshake", About: "Sends FIN within its first flight: the client reports an error, and no connection.", Script: func(id Identity) []Step {
		return []Step{Cut(inFlight, id.hello(0)), FIN(), ExpectEnd()}
	}},
	{Name: "reset-in-handshake", About: "Sends RST within its first flight: the client reports an error, and no connection.", Script: func(id Identity) []Step {
		return []Step{Cut(inFlight, id.hello(0)), RST()}
	}},
	{Name: "stall-in-handshake", About: "Never answers the ClientHello: the client reports a timeout.", Script: func(Identity) []Step {
		return []Step{ExpectClientHello(), ExpectEnd()}
	}},
}

var shapes = []Scenario{
	{Name: "dribbled", About: "Handshake, \"hello\" and close_notify byte by byte: the client notices nothing.", Script: func(id Identity) []Step {
		return []Step{Dribbled(id.hello(0), Send("hello"), CloseNotify()), ExpectEnd()}
	}},
	{Name: "coalesced", About: "Three records in one segment: the client reads \"one\", \"two\", \"three\" without waiting for more to come.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Joined(Send("one"), Send("two"), Send("three")), ExpectEnd()}
	}},
	{Name: "first-flight", About: "TLS 1.2, \"hello\" in the segment that ends the handshake: the client reads it.", Script: func(id Identity) []Step {
		return []Step{Joined(id.hello(tls.VersionTLS12), Send("hello")), ExpectEnd()}
	}},
	{Name: "last-bytes", About: "\"bye\", close_notify and FIN in one segment: the client reads it, and then the end (on Linux only).", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Joined(Send("bye"), CloseNotify(), FIN()), ExpectEnd()}
	}},
}

var ends = []Scenario{
	{Name: "close-notify-only", About: "Sends \"bye\" and close_notify, and leaves TCP open: the client reports an orderly end.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("bye"), CloseNotify(), ExpectEnd()}
	}},
	{Name: "truncated", About: "Sends \"bye\" and FIN without close_notify: the client tells that from an orderly end.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("bye"), FIN(), ExpectEnd()}
	}},
	{Name: "cut-record", About: "Sends FIN within a record: the client reports a truncation, and nothing of that record.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("whole"), Cut(HeaderSize+8, Send("half")), FIN(), ExpectEnd()}
	}},
	{Name: "reset-after-data", About: "Sends \"bye\" and RST: the client reports a reset.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("bye"), RST()}
	}},
	{Name: "silent-after-handshake", About: "Sends nothing after the handshake: the client can report a read timeout.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), ExpectEnd()}
	}},
}

var records = []Scenario{
	{Name: "bad-record", About: "Flips a bit of a record: the client reads \"good\", then reports a TLS error.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("good"), Corrupted(Send("evil")), ExpectEnd()}
	}},
	{Name: "garbage-after-handshake", About: "Sends what is no record: the client reads \"good\", then reports a TLS error.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("good"), SendPlain(strings.Repeat("garbage ", 8)), ExpectEnd()}
	}},
	{Name: "overlong-record", About: "Sends a record of 65,535 bytes: the client reads \"good\", then reports a TLS error.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("good"), SendPlain("\x17\x03\x03\xff\xff" + noise(0xffff)), ExpectEnd()}
	}},
	{Name: "unencrypted-record", About: "Sends a record that is not encrypted: the client reads \"good\", then reports a TLS error.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("good"), SendPlain("\x17\x03\x03\x00\x04evil"), ExpectEnd()}
	}},
}

var loads = []Scenario{
	{Name: "large-download", About: "Sends 32 MiB and ends: the client reads all of it, however slowly.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send(strings.Repeat("0123456789abcdef", 2<<20)), CloseNotify(), FIN(), ExpectEnd()}
	}},
	{Name: "many-records", About: "Sends 100,000 records of one byte: the client reads all of them.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), SendRecords(100_000, "x"), CloseNotify(), ExpectEnd()}
	}},
	{Name: "never-reads", About: "Reads nothing after the handshake: the client keeps what it writes, and can report a write timeout.", Script: func(id Identity) []Step {
		return []Step{SmallWindow(), id.hello(0), Hold("for ever")}
	}},
}

var certificates = []Scenario{
	{Name: "certificate-unknown", About: "Has a certificate of an authority nobody knows: a client that verifies refuses it.", Script: func(id Identity) []Step {
		return []Step{HandshakeAs(id.Unknown), Send("hello"), ExpectEnd()}
	}},
	{Name: "certificate-expired", About: "Has a certificate that has expired: a client that verifies refuses it.", Script: func(id Identity) []Step {
		return []Step{HandshakeAs(id.Expired), Send("hello"), ExpectEnd()}
	}},
	{Name: "certificate-other-name", About: "Has a certificate for another name: a client that verifies refuses it.", Script: func(id Identity) []Step {
		return []Step{HandshakeAs(id.OtherName), Send("hello"), ExpectEnd()}
	}},
	{Name: "client-certificate-asked", About: "Asks for a client certificate and takes any, or none; sends \"hello\": the client reads it.", Script: func(id Identity) []Step {
		return []Step{HandshakeWith(Config{Certificate: id.Good, ClientAuth: tls.RequestClientCert}), Send("hello"), ExpectEnd()}
	}},
	{Name: "client-certificate-required-1.2", About: "TLS 1.2; wants a client certificate of an authority of which there is none: the client reports a handshake failure.", Script: refuseAll(tls.VersionTLS12)},
	{Name: "client-certificate-required-1.3", About: "TLS 1.3; as with 1.2, but the client's handshake is done before it is told: it reports the error when it reads.", Script: refuseAll(tls.VersionTLS13)},
}

func refuseAll(version uint16) func(Identity) []Step {
	return func(id Identity) []Step {
		return []Step{RefuseClient(Config{
			Certificate: id.Good, Version: version, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(),
		}), ExpectEnd()}
	}
}

var noPeers = []Scenario{
	{Name: "refused", About: "Refuses to be connected to: the client reports that.", start: StartRefusing},
	{Name: "hanging", About: "Never completes a connect: the client reports a timeout (on Linux only).", start: StartHanging},
}

// noise is always the same.
func noise(size int) string {
	p := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(p)
	return string(p)
}
