package reference

import (
	"context"
	"runtime"

	"github.com/sslconform/sslconform/conformance/subject"
)

// New returns the reference implementation as a subject.
func New() subject.Subject { return reference{} }

type reference struct{}

func (reference) Info() subject.Info {
	return subject.Info{
		Name:         "reference",
		Version:      runtime.Version(),
		Language:     "Go",
		Capabilities: []subject.Capability{subject.WrapBeforeConnect, subject.ConnectCallback, subject.Verify, subject.TLS12, subject.TLS13},
	}
}

func (reference) Open(context.Context) (subject.Session, error) {
	return subject.NewSession(newSession)
}
