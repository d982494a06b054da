package main

import (
	"strings"
	"testing"
)

// A driver is told what it does not do yet, by the section that tells of it; one that does all of it can be judged.
func TestCheck(t *testing.T) {
	mutant := func(name string) []string { return []string{sslconform, "serve", "--mutant", name} }
	for name, test := range map[string]struct {
		driver []string
		code   int
		says   []string
	}{
		"the reference": {[]string{sslconform, "serve"}, 0, []string{
			"reference go", "✓ opens a session, and ends it\n", "✓ makes streams\n", "✓ ends when its input does\n",
			"The driver can be judged by: sslconform run -- " + sslconform + " serve",
		}},
		"close-cb is not called": {mutant("close-cb-lost"), 1, []string{
			"✓ writes and reads under TLS\n", `✗ reports the call of close-cb (PROTOCOL.md, "Events")`, "want: the call of close-cb C", "To be mended: 1.",
		}},
		"another object": {mutant("read-callback-gets-original"), 1, []string{
			`✗ writes and reads under TLS (PROTOCOL.md, "wrap")`, "+ \t`read callback of A called with plain",
		}},
		"lies about what it offers": {[]string{"sh", "-c", strings.Replace(hello, `"tls1.3"`, `"tls1.3","stream"`, 1) +
			`read l; echo '{"seq":2,"id":1,"session":"s1","ok":{}}'; read l; echo '{"seq":3,"id":2,"session":"s1","error":{"unsupported":true}}'; cat >/dev/null`}, 1, []string{
			"✗ opens a session, and ends it", "✗ makes streams",
		}},
		"does not start": {[]string{"no-such-driver"}, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runs(t, append([]string{"check", "--patience", "2s", "--"}, test.driver...)...)
			if r.code != test.code {
				t.Errorf("exit code %d, want %d\n%s%s", r.code, test.code, r.out, r.err)
			}
			for _, text := range test.says {
				if !strings.Contains(r.out, text) {
					t.Errorf("it does not say %q:\n%s%s", text, r.out, r.err)
				}
			}
		})
	}
}
