package driver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// grace is how long a process has to end after its input ended, and again after SIGTERM.
const grace = 3 * time.Second

// A process is a running driver. What mu guards is shared by the sessions and the reader of its lines.
type process struct {
	cmd      *exec.Cmd
	in, out  *os.File
	log      tail
	terminal *terminal
	died     chan struct{} // closed when the process has ended
	gone     chan struct{} // closed when its lines are read, too, and nothing of it is left

	mu       sync.Mutex
	asked    map[key]*question
	sessions map[string]*session // that have not ended
	held     map[string]bool     // those that were not closed, the ended ones included
	opened   int                 // sessions so far
	spoilt   bool                // by a session that did not end
	lastSeq  int
	killed   bool  // by kill
	err      error // why no more lines are expected
}

// spawn starts a driver in a session of its own, so that all that it starts in turn can be ended with it, and that it
// finds no terminal but the one that is watched.
func spawn(command []string) (*process, error) {
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open a pipe to the driver: %w", err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open a pipe from the driver: %w", errors.Join(err, inR.Close(), inW.Close()))
	}
	p := &process{
		cmd: exec.Command(command[0], command[1:]...), in: inW, out: outR, terminal: openTerminal(),
		died: make(chan struct{}), gone: make(chan struct{}),
		asked: make(map[key]*question), sessions: make(map[string]*session), held: make(map[string]bool),
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = inR, outW, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if p.terminal.err == nil {
		p.cmd.ExtraFiles = []*os.File{p.terminal.theirs}
		p.cmd.SysProcAttr.Setctty, p.cmd.SysProcAttr.Ctty = true, 3 // the first behind the standard ones
	}
	p.cmd.WaitDelay = grace
	started := make(chan error)
	go p.run(started)
	err = <-started
	inR.Close()
	outW.Close()
	if err != nil {
		p.terminal.hangUp()
		return nil, errors.Join(err, inW.Close(), outR.Close())
	}
	return p, nil
}

// run starts the process, reads its lines and sees it off. What labels the goroutine that it is started for has are
// not its own: it may serve others.
func (p *process) run(started chan<- error) {
	pprof.SetGoroutineLabels(context.Background())
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	defer close(p.gone)
	var reading sync.WaitGroup
	reading.Go(p.readLines)
	reading.Go(p.terminal.watch)
	p.cmd.Wait() // what it was is in the process's state
	close(p.died)
	// What it left behind in its group goes with it; what left the group cannot keep us waiting.
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	p.out.SetReadDeadline(time.Now().Add(grace))
	p.terminal.hangUp()
	reading.Wait()
	p.in.Close()
	p.out.Close()
}

func (p *process) readLines() {
	r := newReader(p.out)
	for {
		err := p.readLine(r)
		if err == nil {
			continue
		}
		p.fail(p.explain(err))
		io.Copy(io.Discard, r) // a process that nobody reads may hang instead of ending
		return
	}
}

func (p *process) readLine(r *bufio.Reader) error {
	var line record
	shown, err := readLine(r, &line)
	switch {
	case errors.Is(err, errLine):
		return fault("%v: %s", err, shown)
	case err != nil:
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if breach := p.dispatch(line); breach != nil {
		return fault("%v: %s", breach, shown)
	}
	return nil
}

// explain says what it means that no more lines can be read.
func (p *process) explain(err error) error {
	var breach *subject.Fault
	if errors.As(err, &breach) {
		return err
	}
	select {
	case <-p.died:
		return fmt.Errorf("the driver's process ended (%s)%s", p.cmd.ProcessState, p.words())
	case <-time.After(2 * grace): // WaitDelay is in it
		return fault("it closed its standard output, but runs on%s", p.words())
	}
}

// fail ends every session, and whatever waits for an answer.
func (p *process) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	for _, s := range p.sessions {
		s.records.End(p.err)
	}
	for _, q := range p.asked {
		if q.reply != nil {
			close(q.reply)
		}
	}
	p.asked = nil
}

// stop ends the process, if need be by force, and returns what was wrong with its end.
func (p *process) stop() error {
	p.in.Close()
	select {
	case <-p.gone:
		return p.ended()
	case <-time.After(grace):
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(grace):
		p.kill()
	}
	if err := p.ended(); err != nil {
		return err
	}
	return fault("its process did not exit within %v of the end of its input, and had to be ended by a signal%s", grace, p.words())
}

// kill ends the process by force: there is nothing left to be learnt from it.
func (p *process) kill() {
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.gone
}

// ended returns what was wrong before the end, or with the status that a process left by itself.
func (p *process) ended() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var breach *subject.Fault
	state := p.cmd.ProcessState
	switch {
	case errors.As(p.err, &breach):
		return breach
	case !p.killed && state.Exited() && !state.Success():
		return fault("its process ended with %v, though its input just ended%s", state, p.words())
	default:
		return nil
	}
}

// words are the last that it has said, as the end of a sentence.
func (p *process) words() string { return p.terminal.String() + p.log.String() }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if len(t.data) > tailSize {
		t.data = append([]byte(nil), t.data[len(t.data)-tailSize:]...)
	}
	return len(p), nil
}

// String is the tail as the end of a sentence.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.data) == 0 {
		return "; it wrote nothing to its standard error"
	}
	return fmt.Sprintf("; the end of its standard error:\n%s", t.data)
}
