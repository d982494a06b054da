package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/reference"
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

// late performs what is deferred only behind the callbacks that are called at once, as a driver does that posts it to its
// loop.
type late struct{ subject.Subject }

func (l late) Open(ctx context.Context) (subject.Session, error) {
	s, err := l.Subject.Open(ctx)
	return &lateSession{Session: s}, err
}

type lateSession struct {
	subject.Session
	kept []subject.Record
}

func (s *lateSession) Next(ctx context.Context) (subject.Record, error) {
	if n := len(s.kept); n > 0 {
		r := s.kept[0]
		s.kept = s.kept[1:]
		return r, nil
	}
	r, err := s.Session.Next(ctx)
	if err != nil || r.Event != subject.Ran {
		return r, err
	}
	at, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond) // also where nobody waits
	defer cancel()
	next, err := s.Session.Next(at)
	if err != nil {
		return r, nil
	}
	s.kept = []subject.Record{r}
	return next, nil
}

// A driver that performs deferred operations behind the callback is found out.
func TestCheckFindsWhatRunsLate(t *testing.T) {
	problems := map[string]string{}
	options := conformance.Options{Patience: 2 * time.Second, Again: func(...string) string { return "" }}
	err := conformance.CheckDriver(t.Context(), late{reference.New()}, options, func(f conformance.Finding) {
		if f.Problem != "" {
			problems[f.Check] = f.Problem
		}
	})
	const check = "performs them before another callback is called"
	if err != nil || !strings.Contains(problems[check], "want: what is deferred to a read callback, performed inside it\n got: the read callback") {
		t.Errorf("%v; it finds %q", err, problems)
	}
}
