package reference

import (
	"context"
	"net"
	"runtime"
	"slices"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/reference/plain"
)

// New returns the reference implementation as a subject.
func New() subject.Subject { return reference{} }

// Dialing is New with connections that come from dial: for what is to go wrong below the implementation.
func Dialing(dial func(ctx context.Context, network, address string) (net.Conn, error)) subject.Subject {
	return reference{dial}
}

type reference struct{ dial plain.Dial }

func (reference) Info() subject.Info {
	return subject.Info{
		Name:     "reference",
		Version:  runtime.Version(),
		Language: "Go",
		Capabilities: append(slices.Clone(subject.Documented), subject.Introspect, subject.Status, subject.LoopEnd,
			subject.AlertName, subject.AppErrors, subject.Separate, subject.Verify, subject.SNI, subject.TLSInTLS,
			subject.TLS12, subject.TLS13),
	}
}

// Open implements [subject.Subject].
func (r reference) Open(context.Context) (subject.Session, error) {
	return r.open(func(events subject.Reporter) plain.Operations {
		return plain.Operations{subject.Wrap: wrapper{events}.wrap, subject.Describe: describe}
	})
}

// OpenSeparate implements [subject.Separable]: the session is one of package plain, which knows of no TLS.
func (r reference) OpenSeparate(context.Context) (subject.Session, error) {
	return r.open(func(subject.Reporter) plain.Operations { return nil })
}

func (r reference) open(more func(subject.Reporter) plain.Operations) (subject.Session, error) {
	return subject.NewSession(func(events subject.Reporter) (subject.Implementation, error) {
		return plain.New(events, r.dial, more(events))
	})
}
