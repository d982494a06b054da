package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// suite is what all specs of a run share, in one process.
type suite struct {
	*catalogue
	subject subject.Subject
	options Options

	unselected []verdict.Spec
	leftOut    []string // heavy specs
	selected   []*entry
	began      int // how many of these have

	issuer    *certs.Authority
	leaf      tls.Certificate
	authority string // path of the authority's certificate
	folder    string // for files of this run

	issuing sync.Mutex
	files   map[string]*certs.Files    // of clients, by the name of their variant
	shown   map[string]tls.Certificate // by peers, by that of theirs

	ahead     sync.WaitGroup     // what is made before it is needed
	stop      context.CancelFunc // ends what runs beside the specs
	scenarios map[*entry]*scenario
	noise     *noise
	lot       lot
	probed    map[subject.Capability]bool
	litter    litter
	ledger    []verdict.Wait
}

// register puts the selected specs into Ginkgo's tree, each under its clause.
func (s *suite) register() {
	ginkgo.BeforeSuite(s.begin)
	ginkgo.AfterSuite(s.finish)
	for _, e := range s.entries {
		if !s.options.selects(e) {
			s.unselected = append(s.unselected, verdict.Spec{Clause: e.clause.ID, Name: e.name(), Status: verdict.NotRun})
			continue
		}
		if e.heavy && !s.options.Heavy {
			s.leftOut = append(s.leftOut, e.name())
			continue
		}
		s.selected = append(s.selected, e)
		ginkgo.Describe(e.clause.ID, e.labels(), e.kind.decorations(), func() {
			ginkgo.It(e.text, func(ctx ginkgo.SpecContext) { s.run(ctx, e) })
		})
	}
}

// labels are the clause, its group and level, and whether the spec is heavy.
func (e *entry) labels() ginkgo.Labels {
	clause := strings.ReplaceAll(e.clause.ID, "/", ".") // Ginkgo allows no slash in one
	labels := ginkgo.Label(clause, e.clause.Group(), string(e.clause.Level))
	if e.heavy {
		labels = append(labels, "heavy")
	}
	return labels
}

// decorations put the kinds into their order. Timed specs are judged in the process in which they run.
func (k kind) decorations() []any {
	order := []any{ginkgo.SpecPriority(-int(k))}
	if k == timed {
		order = append(order, ginkgo.Serial)
	}
	return order
}

// begin makes what the peers show and what a subject trusts, anew in each process, and starts what takes its time.
func (s *suite) begin() {
	folder, err := os.MkdirTemp("", "sslconform-")
	if err == nil {
		ginkgo.DeferCleanup(os.RemoveAll, folder)
		err = s.makeCertificates(folder)
	}
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("the suite could not make its certificates: %v", err))
	}
	if slices.ContainsFunc(s.selected, func(e *entry) bool { return e.clause.Group() == "argument" }) {
		s.ahead.Go(func() { certs.Ahead() }) // an error comes to the spec that needs it
	}
	s.probed = make(map[subject.Capability]bool)
	s.litter.begin()
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	s.startScenarios(ctx)
}

// finish judges what was left for the end, and sees that nothing else is left.
func (s *suite) finish() {
	if s.stop == nil {
		return // it did not begin
	}
	s.stop()
	s.ahead.Wait()
	s.awaitScenarios()
	s.clear()
	ginkgo.AddReportEntry(ledgerEntry, s.ledger, ginkgo.ReportEntryVisibilityNever)
	if left := s.litter.left(); left != "" {
		ginkgo.Fail(left)
	}
}

func (s *suite) makeCertificates(folder string) error {
	var err error
	s.folder, s.files, s.shown = folder, make(map[string]*certs.Files), make(map[string]tls.Certificate)
	if s.issuer, err = certs.NewAuthority(); err != nil {
		return err
	}
	if s.leaf, err = s.issuer.Leaf(); err != nil {
		return err
	}
	s.authority = filepath.Join(s.folder, "authority.pem")
	return os.WriteFile(s.authority, s.issuer.PEM(), 0o644)
}

// client returns the files of a client's certificate; they are made when the first spec wants them.
func (s *suite) client(v certs.Variant) (*certs.Files, error) {
	return once(s, s.files, v, func() (*certs.Files, error) {
		folder, err := os.MkdirTemp(s.folder, "client-")
		if err != nil {
			return nil, err
		}
		return s.issuer.WriteFiles(folder, v)
	})
}

// shows returns a certificate for a peer to show; it is issued when the first spec wants it.
func (s *suite) shows(v certs.Variant) (tls.Certificate, error) {
	return once(s, s.shown, v, func() (tls.Certificate, error) { return s.issuer.Issue(v) })
}

// once makes what there is of a variant where it was not made yet.
func once[T any](s *suite, made map[string]T, v certs.Variant, make func() (T, error)) (T, error) {
	s.issuing.Lock()
	defer s.issuing.Unlock()
	if t, is := made[v.Name]; is {
		return t, nil
	}
	t, err := make()
	if err == nil {
		made[v.Name] = t
	}
	return t, err
}
