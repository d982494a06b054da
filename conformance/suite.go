package conformance

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// suite is what all specs of a run share.
type suite struct {
	*catalogue
	subject subject.Subject
	options Options

	unselected []verdict.Spec

	leaf      tls.Certificate
	authority string // path of the authority's certificate
}

// register puts the selected specs into Ginkgo's tree, under their clauses.
func (s *suite) register() {
	ginkgo.BeforeSuite(s.prepare)
	for _, e := range s.entries {
		if s.options.Spec != nil && !s.options.Spec.MatchString(e.name()) {
			s.unselected = append(s.unselected, verdict.Spec{Clause: e.clause.ID, Name: e.name(), Status: verdict.NotRun})
			continue
		}
		label := ginkgo.Label(strings.ReplaceAll(e.clause.ID, "/", ".")) // Ginkgo allows no slash in one
		ginkgo.Describe(e.clause.ID, label, func() {
			ginkgo.It(e.text, func(ctx ginkgo.SpecContext) { s.run(ctx, e) })
		})
	}
}

// prepare makes what the peers show and what a subject trusts, anew in each process.
func (s *suite) prepare() {
	if err := s.makeCertificates(); err != nil {
		ginkgo.Fail(fmt.Sprintf("the suite could not make its certificates: %v", err))
	}
}

func (s *suite) makeCertificates() error {
	authority, err := certs.NewAuthority()
	if err != nil {
		return err
	}
	if s.leaf, err = authority.Leaf(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "sslconform-")
	if err != nil {
		return err
	}
	ginkgo.DeferCleanup(os.RemoveAll, folder)
	s.authority = filepath.Join(folder, "authority.pem")
	return os.WriteFile(s.authority, authority.PEM(), 0o644)
}
