package conformance_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures/skip"
	"github.com/sslconform/sslconform/impl/reference"
)

// modest is a subject that declares less than it might.
type modest struct {
	subject.Subject
	hides   subject.Capability
	refuses bool // what belongs to it, too
}

func (m modest) Info() subject.Info {
	info := m.Subject.Info()
	info.Capabilities = slices.DeleteFunc(info.Capabilities, func(c subject.Capability) bool { return c == m.hides })
	return info
}

func (m modest) Open(ctx context.Context) (subject.Session, error) {
	s, err := m.Subject.Open(ctx)
	if err == nil && m.refuses {
		s = &refusing{Session: s}
	}
	return s, err
}

// refusing answers "unsupported" to what the reference performs when it is told to disable.
type refusing struct {
	subject.Session
	refused []int
}

func (s *refusing) Perform(turn ...subject.Request) error {
	for _, r := range turn {
		if r.Op == subject.Disable {
			s.refused = append(s.refused, r.ID)
		}
	}
	return s.Session.Perform(turn...)
}

func (s *refusing) Next(ctx context.Context) (subject.Record, error) {
	r, err := s.Session.Next(ctx)
	if r.Event == "" && slices.Contains(s.refused, r.ID) {
		r.OK, r.Error = nil, subject.ErrUnsupported
	}
	return r, err
}

// silentT takes the failure of a run that is meant to fail.
type silentT struct{ failed bool }

func (t *silentT) Fail() { t.failed = true }

// A clause whose capability is not declared is unsupported; what the subject offers all the same is the driver's fault,
// since it would not be held to it, and so is what it declares and does not offer.
func TestUndeclared(t *testing.T) {
	config, _ := ginkgo.GinkgoConfiguration()
	if config.ParallelTotal > 1 || len(config.FocusStrings) > 0 {
		skip.Here(t, "this run is for the reference alone")
	}
	for _, test := range []struct {
		name    string
		hides   subject.Capability
		refuses bool
		status  verdict.Status
		failure string // a piece of it
	}{
		{"offered all the same", subject.Pause, false, verdict.NotRun, "Declare it, or answer so."},
		{"not offered", subject.Pause, true, verdict.Unsupported, ""},
		{"declared, and not offered", "", true, verdict.NotRun, "Perform it, or do not declare the capability."},
	} {
		t.Run(test.name, func(t *testing.T) {
			var v verdict.Verdict
			run := &silentT{}
			conformance.Run(run, modest{reference.New(), test.hides, test.refuses}, conformance.Options{
				Spec: regexp.MustCompile("^reattach/paused "),
				Done: func(done verdict.Verdict) { v = done },
			})
			if run.failed != (test.failure != "") {
				t.Errorf("failed: %t", run.failed)
			}
			n := slices.IndexFunc(v.Clauses, func(c verdict.Clause) bool { return c.ID == "reattach/paused" })
			if n < 0 || v.Clauses[n].Status != test.status {
				t.Fatalf("reattach/paused: %+v", v.Clauses)
			}
			switch failures := v.Failures(); {
			case test.failure == "":
				if len(failures) > 0 {
					t.Errorf("failures: %v", failures)
				}
			case len(failures) == 0 || failures[0].Blame != verdict.Driver || !strings.Contains(failures[0].Failure, test.failure):
				t.Errorf("got %v, want some that are the driver's, with %q", failures, test.failure)
			}
		})
	}
}

// watching notes the wraps that it hands on.
type watching struct {
	subject.Subject
	wraps *[]subject.Request
}

func (w watching) Open(ctx context.Context) (subject.Session, error) {
	s, err := w.Subject.Open(ctx)
	return watched{s, w.wraps}, err
}

type watched struct {
	subject.Session
	wraps *[]subject.Request
}

func (w watched) Perform(turn ...subject.Request) error {
	for _, r := range turn {
		if r.Op == subject.Wrap {
			*w.wraps = append(*w.wraps, r)
		}
	}
	return w.Session.Perform(turn...)
}

// A subject that does not verify is told no authority, and judged by none of what verifying is; it is told the server's
// name if it sends that.
func TestUnverified(t *testing.T) {
	config, _ := ginkgo.GinkgoConfiguration()
	if config.ParallelTotal > 1 || len(config.FocusStrings) > 0 {
		skip.Here(t, "this run is for the reference alone")
	}
	for _, test := range []struct {
		hides       subject.Capability
		verify, sni verdict.Status
		told        bool
	}{
		{subject.Verify, verdict.Unsupported, verdict.Passed, false},
		{subject.SNI, verdict.Passed, verdict.Unsupported, true},
	} {
		t.Run("without "+string(test.hides), func(t *testing.T) {
			var wraps []subject.Request
			conformance.Run(t, watching{modest{reference.New(), test.hides, false}, &wraps}, conformance.Options{
				Spec: regexp.MustCompile("^verify/"),
				Done: func(v verdict.Verdict) {
					for _, c := range v.Clauses {
						want := test.verify
						if c.ID == "verify/sni" {
							want = test.sni
						}
						if strings.HasPrefix(c.ID, "verify/") && c.Status != want {
							t.Errorf("%s: %s, want %s", c.ID, c.Status, want)
						}
					}
				},
			})
			if !slices.ContainsFunc(wraps, func(r subject.Request) bool { return r.ServerName != "" }) {
				t.Error("no wrap was told a name")
			}
			for _, r := range wraps {
				if told := r.Authority != ""; told != test.told {
					t.Errorf("told an authority: %t, want %t: %s", told, test.told, r)
				}
			}
		})
	}
}

// A subject that declares a session without its TLS part, and has none, is at fault itself.
func TestUnseparable(t *testing.T) {
	config, _ := ginkgo.GinkgoConfiguration()
	if config.ParallelTotal > 1 || len(config.FocusStrings) > 0 {
		skip.Here(t, "this run is for the reference alone")
	}
	var v verdict.Verdict
	conformance.Run(&silentT{}, modest{Subject: reference.New()}, conformance.Options{
		Spec: regexp.MustCompile("^identity/separate connects"),
		Done: func(done verdict.Verdict) { v = done },
	})
	failures := v.Failures()
	if len(failures) != 1 || failures[0].Blame != verdict.Driver || !strings.Contains(failures[0].Failure, "implement subject.Separable") {
		t.Errorf("got %v, want one failure that is the driver's", failures)
	}
}
