package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A bench is what is built to be measured, in a folder of its own: what is edited meanwhile makes no difference.
type bench struct {
	folder  string
	clients []subject // the first two of which are the same
	pair    *pair
	pinned  *pair // on one core; nil if that cannot be
}

// A subject is a client, and the command that starts it.
type subject struct {
	name    string
	command []string
}

// The subjects that figures are compared with, and those that have targets.
const (
	rawTLS      = "crypto/tls"
	rawTLSAgain = "crypto/tls again"
	reference   = "reference"
)

// newBench builds everything, and tells what is left out and why.
func newBench(ctx context.Context, out io.Writer) (*bench, error) {
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for what is built: %w", err)
	}
	b := &bench{folder: folder}
	if err := b.build(ctx, out); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) path(name string) string { return filepath.Join(b.folder, name) }

func (b *bench) build(ctx context.Context, out io.Writer) (err error) {
	for _, args := range [][]string{
		{"go", "build", "-o", b.path("bench"), "./impl/bench"},
		{"go", "build", "-o", b.path("sslconform"), "./conformance/cmd/sslconform"},
		{"go", "test", "-c", "-o", b.path("conformance.test"), "./conformance"},
		{"go", "build", "-o", b.path("ginkgo"), "github.com/onsi/ginkgo/v2/ginkgo"},
	} {
		if err := runTool(ctx, args...); err != nil {
			return fmt.Errorf("%w (bench is run at the root of the module)", err)
		}
	}
	b.clients = b.inGo()
	b.peers(ctx, out)
	if b.pair, err = b.newPair(ctx, nil); err != nil {
		return err
	}
	oneCore := []string{"taskset", "-c", "0"}
	if err := runTool(ctx, append(oneCore, "true")...); err != nil {
		fmt.Fprintf(out, "latency on one core is left out: %v\n", err)
		return nil
	}
	b.pinned, err = b.newPair(ctx, oneCore)
	return err
}

// inGo are the clients that there are always.
func (b *bench) inGo() (clients []subject) {
	for _, name := range []string{rawTLS, rawTLSAgain, reference} {
		clients = append(clients, subject{name, []string{b.path("bench"), strings.TrimSuffix(name, " again")}})
	}
	return clients
}

// peers are clients in other languages, as far as there are the means.
func (b *bench) peers(ctx context.Context, out io.Writer) {
	const folder = "impl/bench/peers"
	compile := fmt.Sprintf(`${CC:-cc} -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -O2 $(pkg-config --cflags %[1]s) -o "$2" "$1" $(pkg-config --libs %[1]s)`,
		"libevent libevent_openssl openssl")
	for _, peer := range []struct {
		name         string
		try, command []string
	}{
		{"libevent", []string{"sh", "-ec", compile, "sh", folder + "/libevent.c", b.path("libevent")}, []string{b.path("libevent")}},
		{"asyncio", []string{"/usr/bin/python3", "-c", "import asyncio, ssl"}, []string{"/usr/bin/python3", folder + "/over_asyncio.py"}},
		{"node", []string{"node", "-e", "require('tls')"}, []string{"node", "--expose-gc", folder + "/node.js"}},
	} {
		if err := runTool(ctx, peer.try...); err != nil {
			fmt.Fprintf(out, "%s is left out: %v\n", peer.name, err)
			continue
		}
		b.clients = append(b.clients, subject{peer.name, peer.command})
	}
}

func (b *bench) close() error {
	for _, p := range []*pair{b.pair, b.pinned} {
		if p != nil {
			p.close()
		}
	}
	return os.RemoveAll(b.folder)
}

// runTool runs something, and returns what it had to say if it failed.
func runTool(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return fmt.Errorf("%s: %w: %s", strings.Join(args[:min(len(args), 2)], " "), err, line)
}
