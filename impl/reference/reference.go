package reference

import (
	"context"
	"net"
	"runtime"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
)

// New returns the reference implementation as a subject.
func New() subject.Subject { return reference{} }

// Dialing is New with connections that come from dial: for what is to go wrong below the implementation.
func Dialing(dial func(ctx context.Context, network, address string) (net.Conn, error)) subject.Subject {
	return reference{dial}
}

type reference struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error) // nil for that of a net.Dialer
}

func (reference) Info() subject.Info {
	return subject.Info{
		Name:     "reference",
		Version:  runtime.Version(),
		Language: "Go",
		Capabilities: append(slices.Clone(subject.Documented), subject.Introspect, subject.Status, subject.LoopEnd,
			subject.AlertName, subject.Verify, subject.SNI, subject.TLSInTLS, subject.TLS12, subject.TLS13),
	}
}

func (r reference) Open(context.Context) (subject.Session, error) {
	return subject.NewSession(func(events subject.Reporter) (subject.Implementation, error) {
		return newSession(events, r.dial)
	})
}
