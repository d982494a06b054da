package conformance

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
)

// DefaultPatience bounds a wait for what must happen. It decides nothing but how long a failure takes: a correct
// implementation on a loaded machine was seen to take half a second for a round trip.
const DefaultPatience = 10 * time.Second

// Options of a run. The zero value runs everything.
type Options struct {
	// Spec selects the specs whose name matches; nil selects all.
	Spec *regexp.Regexp
	// Label selects the specs whose labels match: the clause (with . for /), its group, its level, and heavy. Ginkgo's
	// documentation of label filters says what expressions there are; empty selects all.
	Label string
	// Expectations are what the subject is known to fail.
	Expectations verdict.Expectations
	// Heavy runs the specs, too, that take long: exhaustive tables. Left out, the verdict says so.
	Heavy bool
	// FailFast leaves out what has not begun when a spec fails.
	FailFast bool
	// Patience bounds each wait in which nothing passes at a peer; 0 stands for [DefaultPatience].
	Patience time.Duration
	// Again is the command that runs the specs of these names again, for the text of a failure. Left out, it is that
	// of a test which calls Run.
	Again func(specs ...string) string
	// Captures says of which specs the verdict has what passed at their peers.
	Captures Captures
	// Began is told of each spec that begins: the how manieth it is in this process, and of how many.
	Began func(spec string, number, of int)
	// Event is told of what happens in the specs, as it comes and as timelines tell it; at the same time where several run.
	Event func(spec string, m verdict.Moment)
	// Done gets the verdict when all is run. In a parallel run only the first process calls it.
	Done func(verdict.Verdict)
	// Ginkgo gets Ginkgo's own report when all is run.
	Ginkgo func(ginkgo.Report)

	relayed bool // the way to each peer leads through a relay: the suite itself is tried so
}

// Captures are the specs of which all bytes are kept that pass at their peers.
type Captures int

const (
	// CaptureNone keeps nothing.
	CaptureNone Captures = iota
	// CaptureFailed keeps what passed in specs that fail.
	CaptureFailed
	// CaptureAll keeps that of all specs.
	CaptureAll
)

// Run judges a subject as a suite of Ginkgo, and fails t if a clause fails. It may be called several times in a
// process, but drops whatever other specs of Ginkgo the test binary has registered.
func Run(t ginkgo.GinkgoTestingT, s subject.Subject, o Options) {
	if err := errors.Join(Check(s.Info()), o.Check()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		t.Fail()
		return
	}
	suiteConfig, reporterConfig := ginkgo.GinkgoConfiguration()
	suiteConfig.FailFast = suiteConfig.FailFast || o.FailFast
	globals.Reset()
	Register(s, o)
	ginkgo.RunSpecs(t, "sslconform", suiteConfig, reporterConfig)
}

// selects tells whether a spec is to be run, be it heavy or not.
func (o Options) selects(e *entry) bool {
	if o.Spec != nil && !o.Spec.MatchString(e.name()) {
		return false
	}
	filter, err := types.ParseLabelFilter(o.Label)
	return err == nil && filter(e.labels()) // an error was told before: see [Options.Check]
}

// Check returns an error that names what is wrong with the options, and the remedy.
func (o Options) Check() error {
	if _, err := types.ParseLabelFilter(o.Label); err != nil {
		return fmt.Errorf("%q is no expression of labels: join names such as close, must or heavy by &&, || and !: %w", o.Label, err)
	}
	return nil
}

// Pattern is a regular expression that matches the specs of these names, and no others.
func Pattern(specs ...string) string {
	quoted := make([]string, len(specs))
	for n, s := range specs {
		quoted[n] = regexp.QuoteMeta(s)
	}
	if len(quoted) == 1 {
		return "^" + quoted[0] + "$"
	}
	return "^(" + strings.Join(quoted, "|") + ")$"
}

// Register puts the specs for a subject into Ginkgo's tree, for a bootstrap that calls RunSpecs itself.
func Register(s subject.Subject, o Options) {
	suite := newSuite(s, o)
	suite.register()
	ginkgo.ReportAfterSuite("verdict", func(r ginkgo.Report) { suite.report(r) })
}

func newSuite(s subject.Subject, o Options) *suite {
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.Again == nil {
		o.Again = func(specs ...string) string {
			return verdict.CommandLine("go", "test", "-ginkgo.focus", Pattern(specs...))
		}
	}
	return &suite{catalogue: newCatalogue(), subject: s, options: o}
}
