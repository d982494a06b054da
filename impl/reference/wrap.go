package reference

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/asyncssl"
	"github.com/sslconform/sslconform/impl/reference/plain"
)

// A wrapper wraps objects of a session, and reports that they are closed.
type wrapper struct{ events subject.Reporter }

func (w wrapper) wrap(s *plain.Session, o plain.Object, r subject.Request) (subject.Result, error) {
	options, err := w.options(r)
	if err != nil {
		return subject.Result{}, err
	}
	if o.Stream != nil {
		t, err := asyncssl.WrapStreamInSSL(o.Stream, options)
		if err != nil {
			return subject.Result{}, err
		}
		return s.Adopt(plain.Object{Socket: t.Socket(), Stream: t}, o, r.As), nil
	}
	wrapped, err := asyncssl.WrapInSSL(o.Socket, options)
	if err != nil {
		return subject.Result{}, err
	}
	return s.Adopt(plain.Object{Socket: wrapped}, o, r.As), nil
}

// describe is the operation of that name where there are ssl-sockets.
func describe(s *plain.Session, o plain.Object, r subject.Request) (subject.Result, error) {
	result, err := s.Describe(o, r)
	if _, is := o.Socket.(*asyncssl.Socket); is && o.Stream == nil {
		result.Classes = append([]string{subject.ClassSSLSocket}, result.Classes...)
	}
	return result, err
}

func (w wrapper) options(r subject.Request) (asyncssl.Options, error) {
	options := asyncssl.Options{
		Certificate: r.Certificate,
		Key:         r.Key,
		Password:    r.Password,
		ServerName:  r.ServerName,

		WithoutVerification: r.Authority == "",
	}
	switch r.Method {
	case "":
		options.Method = asyncssl.Negotiate
	case subject.MethodTLS12:
		options.Method = asyncssl.TLS12
	case subject.MethodTLS13:
		options.Method = asyncssl.TLS13
	default:
		return options, fmt.Errorf("%q is no method", r.Method)
	}
	if r.CloseCallback != "" {
		options.CloseCallback = func() {
			w.events.Report(subject.Record{Event: subject.OnClose, Callbacks: r.CloseCallback})
		}
	}
	var err error
	if r.Authority != "" {
		options.Authorities, err = authority(r.Authority)
	}
	return options, err
}

func authority(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("read the authority: %s holds no certificate", path)
	}
	return pool, nil
}
