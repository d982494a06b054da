package conformance_test

import (
	"flag"
	"testing"

	_ "github.com/onsi/ginkgo/v2" // by which the ginkgo command knows a suite of Ginkgo

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/impl/reference"
)

var heavy = flag.Bool("heavy", false, "run the specs, too, that take long")

var out = flag.String("out", "", "write the verdict to this file, as JSON")

// TestConformance judges the reference, under go test and under ginkgo -p.
func TestConformance(t *testing.T) {
	conformance.Run(t, reference.New(), conformance.Options{Heavy: *heavy, Done: func(v verdict.Verdict) {
		if *out == "" {
			return
		}
		if err := report.WriteJSON(*out, v); err != nil {
			t.Error(err)
		}
	}})
}
