package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// launch starts the command and returns it with its output.
func launch(t *testing.T, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	folder := t.TempDir()
	binary := filepath.Join(folder, "fakeserver")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	c := exec.CommandContext(ctx, binary, args...)
	c.Env = append(os.Environ(), "TMPDIR="+folder)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		c.Wait()
	})
	return c, bufio.NewScanner(out)
}

// until returns what the pattern's group matches in the first line that it matches.
func until(t *testing.T, lines *bufio.Scanner, pattern string) string {
	t.Helper()
	for re := regexp.MustCompile(pattern); lines.Scan(); {
		if m := re.FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
	}
	t.Fatalf("there is no line like %s", pattern)
	return ""
}

// A client connects as the table tells it to, what passes is told, and a signal ends all of it.
func TestProcess(t *testing.T) {
	for name, signal := range map[string]os.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			command, lines := launch(t, "echo", "refused")
			port := until(t, lines, `^echo +(\d+) `)
			until(t, lines, `^refused +(\d+) `)
			authority := until(t, lines, `trust (\S+), and`)
			echo(t, port, authority)
			until(t, lines, `echo #1: (got 5 bytes under TLS: "hello")`)
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			for lines.Scan() {
			}
			if err := command.Wait(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Dir(authority)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("its folder: %v", err)
			}
		})
	}
}

func echo(t *testing.T, port, authority string) {
	t.Helper()
	pem, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: pool, ServerName: "server.sslconform.test"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "hello")
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}

// What cannot be done is said in one sentence.
func TestCommandLine(t *testing.T) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		args        []string
		code        int
		stdout, err string
	}{
		{[]string{"--help"}, exitOK, "Usage: fakeserver", ""},
		{[]string{"nope"}, exitUsage, "", "fakeserver: there is no scenario \"nope\": without arguments all are served, and listed\n"},
		{[]string{"--nope"}, exitUsage, "", "fakeserver: unknown flag --nope\n"},
		{[]string{"echo"}, exitOK, "\necho ", ""},
		{nil, exitOK, "\nhanging ", ""},
	} {
		t.Run(fmt.Sprint(test.args), func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := execute(done, test.args, &stdout, &stderr); code != test.code {
				t.Errorf("exit code %d", code)
			}
			if stderr.String() != test.err {
				t.Errorf("standard error: %q", stderr.String())
			}
			if !strings.Contains(stdout.String(), test.stdout) {
				t.Errorf("standard output: %s", stdout.String())
			}
		})
	}
}
