package conformance_test

import (
	"flag"
	"testing"
	"time"

	_ "github.com/onsi/ginkgo/v2" // by which the ginkgo command knows a suite of Ginkgo

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/impl/reference"
)

var (
	heavy   = flag.Bool("heavy", false, "run the specs, too, that take long")
	out     = flag.String("out", "", "write the verdict to this file, as JSON")
	relayed = flag.Bool("relayed", false, "let everything between subject and peers go through a relay")
)

// TestConformance judges the reference, under go test and under ginkgo -p; or the driver whose command follows the flags.
func TestConformance(t *testing.T) {
	options := conformance.Options{Heavy: *heavy, Done: func(v verdict.Verdict) {
		if *out == "" {
			return
		}
		if err := report.WriteJSON(*out, v); err != nil {
			t.Error(err)
		}
	}}
	if *relayed {
		options = options.Relayed()
	}
	conformance.Run(t, judged(t), options)
}

func judged(t *testing.T) subject.Subject {
	if flag.NArg() == 0 {
		return reference.New()
	}
	d, err := driver.Start(t.Context(), flag.Args(), 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
