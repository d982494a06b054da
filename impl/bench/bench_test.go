package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/certs"
)

// serving makes this test's binary the server.
const serving = "SSLCONFORM_BENCH_AUTHORITY"

func TestMain(m *testing.M) {
	if file := os.Getenv(serving); file != "" {
		if err := serve(file, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// startServer starts one in a process of its own.
func startServer(t *testing.T) peer {
	t.Helper()
	p, _ := startedServer(t)
	return p
}

func startedServer(t *testing.T) (p peer, arguments []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "authority.pem")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serving+"="+file)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	port = strings.TrimSpace(port)
	roots, err := authority(file)
	if err != nil {
		t.Fatal(err)
	}
	return peer{"127.0.0.1:" + port, roots, certs.Name}, []string{port, file, certs.Name}
}

// Both clients do all that they can be told, and more than once in a process.
func TestClients(t *testing.T) {
	_, arguments := startedServer(t)
	const load = "handshakes 3 2\ndown 100000\nup 200000\necho 1 3\necho 20000 2\nsockets 20\n"
	want := regexp.MustCompile(`^wall=[1-9]\d* cpu=\d+
wall=[1-9]\d* cpu=\d+
wall=[1-9]\d* cpu=\d+
wall=[1-9]\d* cpu=\d+ median=[1-9]\d* p99=[1-9]\d*
wall=[1-9]\d* cpu=\d+ median=[1-9]\d* p99=[1-9]\d*
wrap=[1-9]\d* exchange=[1-9]\d* heap=[1-9]\d* resident=-?\d+
$`)
	for _, name := range []string{"crypto/tls", "reference"} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := run(append([]string{name}, arguments...), strings.NewReader(load), &out); err != nil {
				t.Fatal(err)
			}
			if !want.MatchString(out.String()) {
				t.Errorf("it answers\n%s\nwant\n%s", out.String(), want)
			}
		})
	}
}

// What cannot be done is told: a peer that is not trusted, and a line that means nothing.
func TestClientsTellErrors(t *testing.T) {
	_, arguments := startedServer(t)
	wrong := append(append([]string{}, arguments[:2]...), "another."+certs.Name)
	for _, name := range []string{"crypto/tls", "reference"} {
		for _, line := range []string{"handshakes 3 2", "down 10", "up 10", "echo 1 1", "sockets 3"} {
			var out bytes.Buffer
			if err := run(append([]string{name}, wrong...), strings.NewReader(line), &out); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(out.String(), "error ") || !strings.Contains(out.String(), "another.") {
				t.Errorf("%s answers %s to %q, want an error that names the server", name, out.String(), line)
			}
		}
		var out bytes.Buffer
		if err := run(append([]string{name}, arguments...), strings.NewReader("dance 3"), &out); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), `error "\"dance 3\" is nothing to do`) {
			t.Errorf("%s answers %s", name, out.String())
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"serve"}, {"reference"}, {"other", "1", authorityFile(t), "name"}} {
		if err := run(args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"reference", "1", empty, "name"}, strings.NewReader(""), io.Discard); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("of a file without certificates it says %v", err)
	}
}

// authorityFile is a file that holds an authority.
func authorityFile(t *testing.T) string {
	a, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, a.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
