package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/certs"
)

// patience bounds what is measured once.
const patience = 3 * time.Minute

// A pair is a server and its clients, each of which is a process. Clients are started when they are needed.
type pair struct {
	ctx       context.Context
	under     []string // what starts each process
	subjects  []subject
	server    *process
	port      string
	authority string
	clients   map[string]*process
}

// newPair starts a server, under a command that starts another one, or nil.
func (b *bench) newPair(ctx context.Context, under []string) (*pair, error) {
	p := &pair{ctx: ctx, under: under, subjects: b.clients, clients: map[string]*process{}}
	p.authority = b.path(fmt.Sprintf("authority%d.pem", len(under)))
	var err error
	if p.server, err = p.start(b.path("bench"), "serve", p.authority); err != nil {
		return nil, err
	}
	if p.port, err = p.server.line(); err != nil {
		p.server.end()
		return nil, fmt.Errorf("start the server: %w", err)
	}
	return p, nil
}

// client returns that of a subject.
func (p *pair) client(s subject) (*process, error) {
	if c := p.clients[s.name]; c != nil {
		return c, nil
	}
	c, err := p.fresh(s)
	if err == nil {
		p.clients[s.name] = c
	}
	return c, err
}

// fresh starts a client.
func (p *pair) fresh(s subject) (*process, error) {
	return p.start(append(s.command[:len(s.command):len(s.command)], p.port, p.authority, certs.Name)...)
}

func (p *pair) close() {
	for _, c := range p.clients {
		c.end()
	}
	p.server.end()
}

// A process answers lines by lines.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (p *pair) start(command ...string) (*process, error) {
	args := append(p.under[:len(p.under):len(p.under)], command...)
	cmd := exec.CommandContext(p.ctx, args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", strings.Join(args, " "), err)
	}
	return &process{cmd, in, bufio.NewReader(out)}, nil
}

func (p *process) line() (string, error) {
	bound := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer bound.Stop()
	line, err := p.out.ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = errors.New("it has ended, or took too long")
	}
	return strings.TrimSpace(line), err
}

// do has a client do something, and returns its answer: numbers by their names.
func (p *process) do(format string, a ...any) (map[string]float64, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", a...); err != nil {
		return nil, err
	}
	line, err := p.line()
	if err != nil {
		return nil, err
	}
	numbers := map[string]float64{}
	for _, word := range strings.Fields(line) {
		name, value, _ := strings.Cut(word, "=")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("it answers %q", line)
		}
		numbers[name] = number
	}
	return numbers, nil
}

// end ends a process, and returns the CPU time that it took.
func (p *process) end() time.Duration {
	p.in.Close()
	bound := time.AfterFunc(time.Second, func() { p.cmd.Process.Kill() })
	defer bound.Stop()
	p.cmd.Wait() // how it ended makes no difference any more
	return cpuOf(p.cmd.ProcessState)
}

func cpuOf(s *os.ProcessState) time.Duration {
	if s == nil {
		return 0
	}
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
