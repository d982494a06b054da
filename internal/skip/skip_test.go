package skip_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/sslconform/sslconform/internal/skip"
)

// noting notes what becomes of a test, and goes on.
type noting struct {
	testing.TB
	became string
}

func (n *noting) Helper()                   {}
func (n *noting) Skip(a ...any)             { n.became += "skipped: " + fmt.Sprint(a...) }
func (n *noting) Skipf(f string, a ...any)  { n.became += "skipped: " + fmt.Sprintf(f, a...) }
func (n *noting) Fatalf(f string, a ...any) { n.became += "failed: " + fmt.Sprintf(f, a...) }

// What is not installed leaves a test out, and in CI it fails; what is installed is found.
func TestSkip(t *testing.T) {
	const missing = "no-such-tool is not installed: scripts/install-peers does it"
	for _, test := range []struct {
		ci   string
		do   func(t testing.TB)
		want string
	}{
		{"", func(t testing.TB) { skip.Tool(t, "no-such-tool") }, "skipped: " + missing},
		{"true", func(t testing.TB) { skip.Tool(t, "no-such-tool") }, "failed: " + missing},
		{"", func(t testing.TB) { skip.Without(t, "no-such-tool") }, "skipped: " + missing},
		{"true", func(t testing.TB) { skip.Without(t, "no-such-tool") }, "failed: " + missing},
		{"true", func(t testing.TB) { skip.Here(t, "there is no sea") }, "skipped: there is no sea"},
		{"true", func(t testing.TB) { skip.Tool(t, os.Args[0]) }, ""},
	} {
		t.Setenv("CI", test.ci)
		n := &noting{}
		if test.do(n); n.became != test.want {
			t.Errorf("with CI=%q: %q, want %q", test.ci, n.became, test.want)
		}
	}
}
