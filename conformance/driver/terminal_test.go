package driver_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fixtures/skip"
)

// A driver that waits for an answer on its terminal before it introduces itself is told by what it asks for.
func TestAsksAtStart(t *testing.T) {
	began := time.Now()
	_, err := driver.Start(t.Context(), sh(`printf 'Password:' >/dev/tty; read l </dev/tty`), time.Second)
	const want = `no answer to hello within 1s; on its terminal, where nobody answers, it wrote "Password:"; it wrote nothing to its standard error`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant …%s", err, want)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// So is one that does so in a session, which can be given up without waiting for it.
func TestAsksInSession(t *testing.T) {
	d, err := start(t, sh(hello+opened+`printf "$$ Password:" >/dev/tty; read l </dev/tty`)...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Perform(subject.Request{ID: 2, Op: subject.Sync}); err != nil {
		t.Fatal(err)
	}
	var asked string
	gomega.NewWithT(t).Eventually(func() string {
		asked = onTerminal(t, s)
		return asked
	}, "10s").Should(gomega.HaveSuffix("Password:"))
	began := time.Now()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("to give it up took %v", took)
	}
	var pid int
	if _, err := fmt.Sscan(asked, &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("the process %d is still there (%v)", pid, err)
	}
	if again := onTerminal(t, s); again != asked {
		t.Errorf("the terminal says %q when it is hung up, %q before", again, asked)
	}
}

// What was written before an answer is there with the answer, and counts for the sessions that are open.
func TestTerminal(t *testing.T) {
	d := startToy(t)
	before, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const times = 100
	for n := range times {
		if err := before.Perform(subject.Request{ID: n + 2, Op: subject.SetData, On: "x", Data: []byte(ask)}); err != nil {
			t.Fatal(err)
		}
		if r, err := before.Next(t.Context()); err != nil || r.Error != nil {
			t.Fatal(r, err)
		}
		if want, got := strings.Repeat("Password:", n+1), onTerminal(t, before); got != want {
			t.Fatalf("the terminal says %q, want %q", got, want)
		}
	}
	after, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := onTerminal(t, after); got != "" {
		t.Errorf("a session that was opened later is told %q", got)
	}
}

// However much is written to it, nobody is kept waiting, and the end is kept.
func TestTerminalIsRead(t *testing.T) {
	flood := sh(hello + opened + `head -c 1000000 /dev/zero | tr '\0' x >/dev/tty; printf end >/dev/tty; echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; cat`)
	d, err := start(t, flood...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Perform(subject.Request{ID: 2, Op: subject.Sync}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := s.Next(ctx); err != nil {
		t.Fatal(err)
	}
	if got := onTerminal(t, s); !strings.HasSuffix(got, "xend") || len(got) > 4<<10 {
		t.Errorf("the terminal says %d bytes: %s", len(got), subject.Quote([]byte(got)))
	}
}

// What is written to standard error is there by lines, for the sessions that are open.
func TestLog(t *testing.T) {
	sharing := strings.Replace(hello, `"name"`, `"sessions":true,"name"`, 1)
	d, err := start(t, sh(sharing+opened+`printf 'one\ntw' >&2; printf 'o\n\nthree' >&2; echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; `+
		`read l; echo '{"seq":4,"id":1,"session":"s2","ok":{}}'; echo four >&2; cat`)...)
	if err != nil {
		t.Fatal(err)
	}
	before, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	if err := before.Perform(subject.Request{ID: 2, Op: subject.Sync}); err != nil {
		t.Fatal(err)
	}
	said := func(s subject.Session) func() (texts []string) {
		return func() (texts []string) {
			for _, line := range s.(subject.Logging).Log() {
				texts = append(texts, line.Text)
			}
			return texts
		}
	}
	g := gomega.NewWithT(t)
	g.Eventually(said(before), "10s").Should(gomega.Equal([]string{"one", "two", "", "three"}))
	after, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	g.Eventually(said(before), "10s").Should(gomega.Equal([]string{"one", "two", "", "threefour"}))
	g.Expect(said(after)()).To(gomega.Equal([]string{"four"}))
}

// Terminals do not outlive their drivers, and those that do not start leave none.
func TestTerminalsAreClosed(t *testing.T) {
	if open := openTerminals(); len(open) > 0 {
		t.Fatalf("there are terminals before the first driver starts: %v", open)
	}
	d := startToy(t)
	s, err := d.OpenAlone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Start(t.Context(), []string{"/no/such/driver"}, time.Second); err == nil {
		t.Error("it started")
	}
	if open := openTerminals(); len(open) == 0 {
		skip.Here(t, "this system does not tell what is open")
	}
	s.Close()
	d.Close()
	if open := openTerminals(); len(open) > 0 {
		t.Errorf("they are still open: %v", open)
	}
}

// openTerminals are those that this process has opened for drivers.
func openTerminals() (open []string) {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasSuffix(target, "/ptmx") {
			open = append(open, target)
		}
	}
	return open
}

func onTerminal(t *testing.T, s subject.Session) string {
	t.Helper()
	text, at, err := s.(subject.Watched).Terminal()
	if err != nil || (text == "") != at.IsZero() {
		t.Errorf("on the terminal: %q at %v, %v", text, at, err)
	}
	return text
}
