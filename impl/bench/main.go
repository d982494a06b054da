package main

import (
	"bufio"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(2)
	}
}

var errUsage = errors.New("the arguments are none of: serve AUTHORITY; crypto/tls|reference PORT AUTHORITY NAME [PROFILE]")

// run is the server, or a client.
func run(args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 2 && args[0] == "serve":
		return serve(args[1], in, out)
	case len(args) < 4 || len(args) > 5:
		return errUsage
	}
	roots, err := authority(args[2])
	if err != nil {
		return err
	}
	peer := peer{"127.0.0.1:" + args[1], roots, args[3]}
	var c client
	switch args[0] {
	case "crypto/tls":
		c = newRaw(peer)
	case "reference":
		c = &reference{peer}
	default:
		return errUsage
	}
	if len(args) < 5 {
		return follow(c, in, out)
	}
	profile, err := os.Create(args[4])
	if err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	if err := pprof.StartCPUProfile(profile); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	err = follow(c, in, out)
	pprof.StopCPUProfile()
	return errors.Join(err, profile.Close())
}

// A peer is the server as a client knows it.
type peer struct {
	address string
	roots   *x509.CertPool
	name    string
}

func authority(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return roots, nil
}

// follow has a client do what the lines say, until they end.
func follow(c client, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := perform(c, lines.Text())
		if err != nil {
			answer = fmt.Sprintf("error %q", err)
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return lines.Err()
}
