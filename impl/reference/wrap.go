package reference

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// What an operation can give back.
const (
	kindSocket = "socket"
	kindStream = "stream"
)

func (s *session) wrap(o object, r subject.Request) (subject.Result, error) {
	options, err := s.options(r)
	if err != nil {
		return subject.Result{}, err
	}
	digest := s.digests[s.name(o.socket)] != nil
	if o.stream != nil {
		t, err := asyncssl.WrapStreamInSSL(o.stream, options)
		if err != nil {
			return subject.Result{}, err
		}
		s.setDigest(subject.SocketOf(r.As), digest)
		return subject.Result{Kind: kindStream, SameAs: s.addStream(r.As, t)}, nil
	}
	wrapped, err := asyncssl.WrapInSSL(o.socket, options)
	if err != nil {
		return subject.Result{}, err
	}
	s.setDigest(r.As, digest)
	return subject.Result{Kind: kindSocket, SameAs: s.add(r.As, object{socket: wrapped})}, nil
}

func (s *session) options(r subject.Request) (asyncssl.Options, error) {
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
			s.events.Report(subject.Record{Event: subject.OnClose, Callbacks: r.CloseCallback})
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
