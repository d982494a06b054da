package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A Driver is a subject in another process. A driver that can hold several sessions is one process for all of them,
// started anew when one of them breaks; any other is a process for each session.
type Driver struct {
	command  []string
	patience time.Duration
	hello    introduction

	mu     sync.Mutex
	unused *process // greeted, and holds no session yet
	kept   *process
}

// Start starts a driver and asks it what it is. Patience bounds each start, and each answer that only the process,
// not its loop, has to do with.
func Start(ctx context.Context, command []string, patience time.Duration) (*Driver, error) {
	if len(command) == 0 {
		return nil, errors.New("start the driver: there is no command to start it with")
	}
	d := &Driver{command: command, patience: patience}
	p, hello, err := d.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("start the driver %q: %w", strings.Join(command, " "), err)
	}
	d.hello = hello
	if err := d.hello.Check(); err != nil {
		return nil, fmt.Errorf("start the driver %q: %w", strings.Join(command, " "), errors.Join(err, p.stop()))
	}
	d.unused = p
	return d, nil
}

// start starts a process and greets it.
func (d *Driver) start(ctx context.Context) (*process, introduction, error) {
	p, err := spawn(d.command)
	if err != nil {
		return nil, introduction{}, err
	}
	line, err := p.ask(ctx, request{Request: subject.Request{Op: opHello}, Protocol: Protocol}, d.patience)
	var hello introduction
	if err == nil {
		hello, err = introduced(line)
	}
	if err != nil {
		p.stop()
		return nil, hello, fmt.Errorf("%w\n(it has to answer hello, its first line, as conformance/driver/PROTOCOL.md describes, and to write the answer out at once)", err)
	}
	return p, hello, nil
}

func introduced(line record) (hello introduction, err error) {
	if line.Error != nil {
		return hello, fmt.Errorf("it answers hello with an error: %w", line.Error)
	}
	if err := decode(line.OK, &hello); err != nil {
		return hello, fmt.Errorf("its answer to hello is not as it should be: %w: %s", err, line.OK)
	}
	return hello, nil
}

// Info implements [subject.Subject].
func (d *Driver) Info() subject.Info { return d.hello.Info }

// Open implements [subject.Subject].
func (d *Driver) Open(ctx context.Context) (subject.Session, error) {
	p, err := d.process(ctx)
	if err != nil {
		return nil, fault("start it again: %v", err)
	}
	return d.open(ctx, p.newSession(!d.hello.Sessions), false)
}

// OpenAlone implements [subject.Isolating].
func (d *Driver) OpenAlone(ctx context.Context) (subject.Session, error) {
	return d.openAlone(ctx, false)
}

// OpenSeparate implements [subject.Separable].
func (d *Driver) OpenSeparate(ctx context.Context) (subject.Session, error) {
	return d.openAlone(ctx, true)
}

func (d *Driver) openAlone(ctx context.Context, separate bool) (subject.Session, error) {
	p, _, err := d.start(ctx)
	if err != nil {
		return nil, fault("start it again: %v", err)
	}
	return d.open(ctx, p.newSession(true), separate)
}

func (d *Driver) open(ctx context.Context, s *session, separate bool) (subject.Session, error) {
	opening := request{Request: subject.Request{Op: opOpen}, Session: s.name, Separate: separate}
	line, err := s.process.ask(ctx, opening, d.patience)
	if err == nil && line.Error != nil {
		err = line.Error
	}
	if err != nil {
		s.Close()
		return nil, fault("it did not open a session: %v", err) // no implementation has been at work yet
	}
	return s, nil
}

// process returns the one for a new session.
func (d *Driver) process(ctx context.Context) (*process, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.unused
	d.unused = nil
	if d.kept != nil && d.kept.usable() {
		return d.kept, nil
	}
	if p == nil {
		var err error
		if p, _, err = d.start(ctx); err != nil {
			return nil, err
		}
	}
	if d.hello.Sessions {
		d.kept = p
	}
	return p, nil
}

// Close ends the processes that are kept between sessions.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, p := range []*process{d.unused, d.kept} {
		if p != nil {
			errs = append(errs, p.stop())
		}
	}
	d.unused, d.kept = nil, nil
	return errors.Join(errs...)
}
