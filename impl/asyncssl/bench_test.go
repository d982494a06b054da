package asyncssl_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/asyncssl"
)

// Benchmarks compare the reference with crypto/tls and a goroutine for each connection, against a server in another
// process, in rounds that run both in random order. What counts is the ratio: time/raw and cpu/raw, medians.

// serving makes this test's binary the server.
const serving = "SSLCONFORM_BENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serving) != "" {
		if err := serveBench(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A command is what a client asks of the server first: an operation and a size.
const (
	opEcho = 'E' // send back whatever comes
	opDown = 'D' // send so many bytes
	opUp   = 'U' // read so many bytes, then send one
)

func command(op byte, size int) []byte {
	return append([]byte{op}, binary.BigEndian.AppendUint64(nil, uint64(size))...)
}

// serveBench prints its address and its authority, and serves until its standard input ends.
func serveBench() error {
	authority, err := certs.NewAuthority()
	if err != nil {
		return err
	}
	leaf, err := authority.Leaf()
	if err != nil {
		return err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{leaf}})
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n", l.Addr(), authority.PEM())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		l.Close()
	}()
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		} else if err != nil {
			return err
		}
		go serveCommand(c)
	}
}

func serveCommand(c net.Conn) {
	defer c.Close()
	request := make([]byte, 9)
	if _, err := io.ReadFull(c, request); err != nil {
		return
	}
	size := int64(binary.BigEndian.Uint64(request[1:]))
	switch request[0] {
	case opEcho:
		io.Copy(c, c)
	case opDown:
		for chunk := make([]byte, 64<<10); size > 0; size -= int64(len(chunk)) {
			c.Write(chunk[:min(size, int64(len(chunk)))])
		}
	case opUp:
		io.CopyN(io.Discard, c, size)
		c.Write([]byte{1})
	}
	io.Copy(io.Discard, c)
}

// A bench is a server and what its clients have to trust.
type bench struct {
	address string
	roots   *x509.CertPool
	config  *tls.Config
}

func startBench(b testing.TB) *bench {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serving+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	r := bufio.NewReader(out)
	address, err := r.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for !strings.Contains(text.String(), "END CERTIFICATE") {
		line, err := r.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		text.WriteString(line)
	}
	block, _ := pem.Decode([]byte(text.String()))
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		b.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	return &bench{strings.TrimSpace(address), roots, &tls.Config{RootCAs: roots, ServerName: certs.Name}}
}

// cost is what a round took.
type cost struct{ wall, cpu time.Duration }

func measure(f func()) cost {
	usage := func() time.Duration {
		var u syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	wall, cpu := time.Now(), usage()
	f()
	return cost{time.Since(wall), usage() - cpu}
}

// compare runs rounds of both, and reports the medians of the ratios.
func compare(b *testing.B, raw, ours func()) {
	raw()
	ours() // both are warm now
	var wall, cpu, base []float64
	for b.Loop() {
		var r, o cost
		if rand.IntN(2) == 0 {
			r, o = measure(raw), measure(ours)
		} else {
			o, r = measure(ours), measure(raw)
		}
		wall = append(wall, float64(o.wall)/float64(r.wall))
		cpu = append(cpu, float64(o.cpu)/float64(r.cpu))
		base = append(base, float64(r.wall)/1e6)
	}
	b.ReportMetric(median(wall), "time/raw")
	b.ReportMetric(median(cpu), "cpu/raw")
	b.ReportMetric(median(base), "raw-ms")
	b.ReportMetric(0, "ns/op") // a round is no operation
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func BenchmarkHandshakes(b *testing.B) {
	bench := startBench(b)
	const total, at = 400, 8
	compare(b, func() {
		var workers sync.WaitGroup
		for range at {
			workers.Go(func() {
				for range total / at {
					c := bench.dial(b)
					c.Close()
				}
			})
		}
		workers.Wait()
	}, func() {
		bench.loop(b, func(l *async.Loop) {
			left := total
			var next func()
			next = func() {
				if left--; left >= 0 {
					bench.connect(b, l, async.Callbacks{Connect: func(s async.Socket) {
						s.Close()
						next()
					}})
				}
			}
			for range at {
				next()
			}
		})
	})
}

func BenchmarkRoundTrips(b *testing.B) {
	bench := startBench(b)
	for _, size := range []int{1, 100, 16384} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			const times = 2000
			message := make([]byte, size)
			compare(b, func() {
				c := bench.dial(b)
				defer c.Close()
				c.Write(command(opEcho, 0))
				buffer := make([]byte, size)
				for range times {
					c.Write(message)
					io.ReadFull(c, buffer)
				}
			}, func() {
				bench.loop(b, func(l *async.Loop) {
					left, got := times, 0
					bench.connect(b, l, async.Callbacks{
						Connect: func(s async.Socket) {
							s.Write(command(opEcho, 0))
							s.Write(message)
						},
						Read: func(s async.Socket, data []byte) {
							if got += len(data); got < size {
								return
							}
							got = 0
							if left--; left > 0 {
								s.Write(message)
							} else {
								s.Close()
							}
						},
					})
				})
			})
		})
	}
}

func BenchmarkDown(b *testing.B) {
	bench := startBench(b)
	const size = 256 << 20
	compare(b, func() {
		c := bench.dial(b)
		defer c.Close()
		c.Write(command(opDown, size))
		io.CopyN(io.Discard, c, size)
	}, func() {
		bench.loop(b, func(l *async.Loop) {
			got := 0
			bench.connect(b, l, async.Callbacks{
				Connect: func(s async.Socket) { s.Write(command(opDown, size)) },
				Read: func(s async.Socket, data []byte) {
					if got += len(data); got == size {
						s.Close()
					}
				},
			})
		})
	})
}

func BenchmarkUp(b *testing.B) {
	bench := startBench(b)
	const size = 256 << 20
	chunk := make([]byte, 1<<20)
	compare(b, func() {
		c := bench.dial(b)
		defer c.Close()
		c.Write(command(opUp, size))
		for range size / len(chunk) {
			c.Write(chunk)
		}
		c.Read(make([]byte, 1))
	}, func() {
		bench.loop(b, func(l *async.Loop) {
			left := size / len(chunk)
			bench.connect(b, l, async.Callbacks{
				Connect: func(s async.Socket) { s.Write(command(opUp, size)) },
				Write: func(s async.Socket) {
					if left--; left >= 0 {
						s.Write(chunk)
					}
				},
				Read: func(s async.Socket, data []byte) { s.Close() },
			})
		})
	})
}

func (x *bench) dial(b testing.TB) *tls.Conn {
	c, err := tls.Dial("tcp", x.address, x.config)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (x *bench) loop(b testing.TB, start func(*async.Loop)) {
	l := async.NewLoop()
	if err := l.Run(func() { start(l) }); err != nil {
		b.Fatal(err)
	}
	l.Close()
}

func (x *bench) connect(b testing.TB, l *async.Loop, callbacks async.Callbacks) *asyncssl.Socket {
	plain, err := l.Connect(x.address, callbacks, async.Options{})
	if err != nil {
		b.Fatal(err)
	}
	s, err := asyncssl.WrapInSSL(plain, asyncssl.Options{Authorities: x.roots, ServerName: certs.Name})
	if err != nil {
		b.Fatal(err)
	}
	return s
}
