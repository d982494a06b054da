package main

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures/skip"
)

// Implementations that nobody here wrote are judged through drivers in their own languages: what is told of them that is
// right, that is their driver's doing, that they lack, and that is wrong, by clauses where nothing is waited for in vain.
// And one on OpenSSL that is right in all: what it is blamed for is an accident of the reference's.
func TestPeers(t *testing.T) {
	peers, err := filepath.Abs("../../../impl/peers")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		command func(*testing.T) []string
		want    map[string]verdict.Status
	}{
		"asyncio": {
			func(t *testing.T) []string {
				return []string{skip.Tool(t, "python3"), filepath.Join(peers, "asyncio", "driver.py")}
			},
			map[string]verdict.Status{
				"close/explicit":               verdict.ByDriver,
				"reattach/read":                verdict.ByDriver,
				"data/round-trip":              verdict.Passed,
				"error/plain-peer":             verdict.Passed,
				"argument/no-prompt":           verdict.Passed,
				"data/stream":                  verdict.ByDriver,
				"timeout/read":                 verdict.Unsupported,
				"identity/new-stream":          verdict.Failed, // it is the original itself
				"upgrade/injected-plaintext":   verdict.Failed, // what a stream held in plain is handed over: row E1
				"error/truncation":             verdict.Failed, // told as a clean end: row G2
				"original/write-stays-private": verdict.Failed, // it goes out between the records: row D1
			},
		},
		"libevent": {
			func(t *testing.T) []string { return []string{libevent(t, filepath.Join(peers, "libevent"))} },
			map[string]verdict.Status{
				"close/explicit":               verdict.ByDriver,
				"reattach/read":                verdict.ByDriver,
				"reattach/paused":              verdict.ByDriver,
				"data/round-trip":              verdict.Passed,
				"error/plain-peer":             verdict.Passed,
				"argument/key-mismatch":        verdict.Passed,
				"argument/no-prompt":           verdict.Passed,
				"identity/new-stream":          verdict.Unsupported,
				"close/notify":                 verdict.Failed, // never sent: row C7
				"timeout/cleared":              verdict.Failed, // the one below stays armed: row B2
				"original/write-stays-private": verdict.Failed, // it goes out between the records: row D1
			},
		},
		"memorybio": {
			func(t *testing.T) []string {
				return []string{skip.Tool(t, "python3"), filepath.Join(peers, "memorybio", "driver.py")}
			},
			map[string]verdict.Status{
				"identity/new-stream":          verdict.Passed,
				"identity/no-new-accessors":    verdict.Passed,
				"identity/separate":            verdict.Passed,
				"reattach/read":                verdict.Passed,
				"reattach/latest":              verdict.Passed,
				"reattach/paused":              verdict.Passed,
				"timeout/read":                 verdict.Passed,
				"timeout/write":                verdict.Passed,
				"data/round-trip":              verdict.Passed,
				"data/close-in-write-callback": verdict.Passed,
				"data/resume":                  verdict.Passed,
				"upgrade/pending-output":       verdict.Passed,
				"upgrade/injected-plaintext":   verdict.Passed,
				"original/write-stays-private": verdict.Passed,
				"original/close-is-not-silent": verdict.Passed,
				"close/explicit":               verdict.Passed,
				"close/notify":                 verdict.Passed,
				"close/loop-ends":              verdict.Passed,
				"error/plain-peer":             verdict.Passed,
				"error/alert-named":            verdict.Passed,
				"error/truncation":             verdict.Passed,
				"argument/password":            verdict.Passed,
				"argument/method":              verdict.Passed,
				"life/throwing-callback":       verdict.Passed,
			},
		},
		"node": {
			func(t *testing.T) []string {
				return []string{skip.Tool(t, "node"), filepath.Join(peers, "node", "driver.js")}
			},
			map[string]verdict.Status{
				"close/explicit":               verdict.ByDriver,
				"reattach/read":                verdict.ByDriver,
				"data/round-trip":              verdict.Passed,
				"data/documented-example":      verdict.Passed,
				"error/plain-peer":             verdict.Passed,
				"argument/no-prompt":           verdict.Passed,
				"identity/is-a-socket":         verdict.Passed,
				"identity/new-stream":          verdict.Unsupported,
				"close/notify":                 verdict.Failed, // destroy sends none: row C7
				"argument/closed":              verdict.Failed, // wrapping one is no error: row P1
				"original/second-wrap":         verdict.Failed, // nor is wrapping it twice: row O1
				"error/truncation":             verdict.Failed, // told as a clean end: row G2
				"original/write-stays-private": verdict.Failed, // it goes out between the records: row D1
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pattern := "^(" + strings.Join(slices.Collect(maps.Keys(test.want)), "|") + ") "
			driver, passed := behindTap(t, test.command(t)...)
			r := runs(t, append([]string{"run", "--spec", pattern, "--"}, driver...)...)
			passed()
			code := verdict.ExitOK
			if slices.Contains(slices.Collect(maps.Values(test.want)), verdict.Failed) {
				code = verdict.ExitFailed
			}
			if diff := cmp.Diff(test.want, statuses(r.verdict)); diff != "" || r.code != code {
				t.Errorf("exit code %d, want %d; clauses (-want +got):\n%s%s%s", r.code, code, diff, r.out, r.err)
			}
		})
	}
}

// libevent builds its driver.
func libevent(t *testing.T, source string) string {
	folder := t.TempDir()
	skip.Tool(t, "gcc")
	for _, library := range []string{"libevent", "libevent_openssl", "openssl"} {
		if exec.Command(skip.Tool(t, "pkg-config"), "--exists", library).Run() != nil {
			skip.Without(t, "the library "+library)
		}
	}
	if out, err := exec.Command(skip.Tool(t, "make"), "-C", source, "OUT="+folder).CombinedOutput(); err != nil {
		t.Fatalf("build the driver: %v\n%s", err, out)
	}
	return filepath.Join(folder, "driver")
}
