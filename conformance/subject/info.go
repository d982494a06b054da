package subject

import (
	"fmt"
	"slices"
	"strings"
)

// Info is what a subject says of itself.
type Info struct {
	Name         string       `json:"name"`
	Version      string       `json:"version"`
	Language     string       `json:"language"`
	Capabilities []Capability `json:"capabilities"`
	// ByDriver names the groups of clauses ("close", say) that the driver provides because its implementation does
	// not. They are reported so, never as passed.
	ByDriver []string `json:"by_driver,omitempty"`
}

// A Capability is something that a subject may or may not offer. A clause that needs one which is not declared is
// reported as unsupported.
type Capability string

// The capabilities that the documentation describes.
const (
	Stream            Capability = "stream"
	ReadTimeout       Capability = "read-timeout"
	WriteTimeout      Capability = "write-timeout"
	Pause             Capability = "pause"
	WriteCallback     Capability = "write-callback"
	ConnectCallback   Capability = "connect-callback"
	CallbacksOnWrite  Capability = "callbacks-on-write"
	WrapBeforeConnect Capability = "wrap-before-connect"
	ClientCertificate Capability = "client-certificate"
	KeyPassword       Capability = "key-password"
	Method            Capability = "method"
	SocketData        Capability = "socket-data"
)

// The capabilities beyond the documentation: means to look inside, and extras.
const (
	Introspect Capability = "introspect"
	Status     Capability = "status"
	LoopEnd    Capability = "loop-end"
	AlertName  Capability = "alert-name"
	AppErrors  Capability = "app-errors"
	Separate   Capability = "separate"
	Verify     Capability = "verify"
	SNI        Capability = "sni"
	TLSInTLS   Capability = "tls-in-tls"
	TLS12      Capability = "tls1.2"
	TLS13      Capability = "tls1.3"
)

// Documented lists the capabilities that the documentation describes: without one of them a subject is at best
// partial.
var Documented = []Capability{Stream, ReadTimeout, WriteTimeout, Pause, WriteCallback, ConnectCallback,
	CallbacksOnWrite, WrapBeforeConnect, ClientCertificate, KeyPassword, Method, SocketData}

var extras = []Capability{Introspect, Status, LoopEnd, AlertName, AppErrors, Separate, Verify, SNI, TLSInTLS, TLS12,
	TLS13}

// Known tells whether c is a capability of this contract.
func (c Capability) Known() bool {
	return slices.Contains(Documented, c) || slices.Contains(extras, c)
}

// Has tells whether the subject declares all of the capabilities.
func (i Info) Has(needs ...Capability) bool {
	return !slices.ContainsFunc(needs, func(c Capability) bool { return !slices.Contains(i.Capabilities, c) })
}

// Check returns an error that names what is wrong with the declaration, and the remedy.
func (i Info) Check() error {
	if i.Name == "" {
		return fmt.Errorf("the subject does not say its name: give \"name\"")
	}
	for n, c := range i.Capabilities {
		if !c.Known() {
			return fmt.Errorf("the subject declares the capability %q, which does not exist: use some of %s",
				c, join(append(slices.Clone(Documented), extras...)))
		}
		if slices.Contains(i.Capabilities[:n], c) {
			return fmt.Errorf("the subject declares the capability %q twice: once is enough", c)
		}
	}
	if !i.Has(TLS12) && !i.Has(TLS13) {
		return fmt.Errorf("the subject declares neither %q nor %q: give at least one of them", TLS12, TLS13)
	}
	return nil
}

func join(cs []Capability) string {
	names := make([]string, len(cs))
	for n, c := range cs {
		names[n] = string(c)
	}
	return strings.Join(names, ", ")
}
