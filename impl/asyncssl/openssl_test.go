package asyncssl_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/fixtures/skip"
	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// A person's `openssl s_server`, whose standard input is what the peer says: another library at the other end.
type sServer struct {
	address string
	in      io.WriteCloser
	out     *bufio.Reader
	options asyncssl.Options
}

func startOpenSSL(t *testing.T, flags ...string) *sServer {
	t.Helper()
	openssl := skip.Tool(t, "openssl")
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server, client := write(t, authority, certs.Good), write(t, authority, certs.ClientChain)
	trusted := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(trusted, authority.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	cmd := exec.Command(openssl, append([]string{"s_server", "-quiet", "-naccept", "1",
		"-accept", fmt.Sprintf("127.0.0.1:%d", port), "-CAfile", trusted,
		"-cert", server.Certificate, "-key", server.Keys[certs.PKCS8]}, flags...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("openssl: %s", log.String())
		}
	})
	s := &sServer{fmt.Sprintf("127.0.0.1:%d", port), in, bufio.NewReader(out),
		asyncssl.Options{Authorities: authority.Pool(), ServerName: certs.Name, Certificate: client.Certificate,
			Key: client.Keys[certs.PBES2Scrypt], Password: certs.Password}}
	s.await(t)
	return s
}

// await waits until the port listens: the one connection that s_server accepts is not to be spent on asking.
func (s *sServer) await(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.address)
	var number int
	fmt.Sscan(port, &number)
	listening := fmt.Sprintf("0100007F:%04X 00000000:0000 0A", number)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			skip.Here(t, "no /proc on this system: it cannot be told whether openssl listens")
		}
		if strings.Contains(string(table), listening) {
			return
		}
	}
	t.Fatal("openssl does not listen")
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func write(t *testing.T, authority *certs.Authority, v certs.Variant) *certs.Files {
	t.Helper()
	files, err := authority.WriteFiles(t.TempDir(), v)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Sessions with OpenSSL work under both versions, with and without a client certificate, closed from either side.
func TestOpenSSL(t *testing.T) {
	for name, flags := range map[string][]string{
		"TLS 1.2":                           {"-tls1_2"},
		"TLS 1.3":                           {"-tls1_3"},
		"TLS 1.2 with a client certificate": {"-tls1_2", "-Verify", "2", "-verify_return_error"},
		"TLS 1.3 with a client certificate": {"-tls1_3", "-Verify", "2", "-verify_return_error"},
	} {
		t.Run(name+", closed here", func(t *testing.T) {
			server := startOpenSSL(t, flags...)
			s := run(t, server.address, async.Options{}, func(s *session) {
				s.wrap(server.options)
				s.wrapped.Write([]byte("hello\n"), async.Callbacks{Read: func(on async.Socket, data []byte) {
					s.add("read "+string(data), on)
					on.Close()
				}})
				go func() {
					line, _ := server.out.ReadString('\n')
					io.WriteString(server.in, "you said "+line)
				}()
			})
			s.check("connect", "read you said hello\n", "close-cb")
		})
		t.Run(name+", closed there", func(t *testing.T) {
			server := startOpenSSL(t, flags...)
			s := run(t, server.address, async.Options{}, func(s *session) {
				s.wrap(server.options)
				s.wrapped.Write([]byte("hello\n"))
				go func() {
					server.out.ReadString('\n')
					io.WriteString(server.in, "bye\n")
					server.in.Close() // the end of its input lets it close the session
				}()
			})
			s.check("connect", "read bye\n", "tcp-eof", "close-cb")
		})
	}
}
