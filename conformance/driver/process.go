package driver

import (
	"bufio"
	"context"
	"crypto/rand"
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
	mark     string // is in its environment, and in that of all that it starts
	in       *os.File
	out      *os.File
	stderr   *os.File
	log      tail // of stderr
	terminal *terminal
	exited   chan struct{} // closed when the process has ended
	died     chan struct{} // closed when its last words are read, too
	gone     chan struct{} // closed when its lines are read, too, and nothing of it is left

	mu       sync.Mutex
	asked    map[key]*question
	sessions map[string]*session // that have not ended
	held     map[string]bool     // those that were not closed, the ended ones included
	opened   int                 // sessions so far
	spoilt   bool                // by a session that did not end
	stuck    bool                // it did not get an answer
	strays   int                 // lines of sessions that were given up
	lastSeq  int
	killed   bool  // by kill
	broke    error // why no more lines are expected
	told     bool  // a session was told of it
}

// spawn starts a driver in a session of its own, so that all that it starts in turn can be ended with it, and that it
// finds no terminal but the one that is watched.
func spawn(command []string) (*process, error) {
	mark := marker + "=" + rand.Text()
	p := &process{
		cmd: exec.Command(command[0], command[1:]...), mark: mark, terminal: openTerminal(),
		exited: make(chan struct{}), died: make(chan struct{}), gone: make(chan struct{}),
		asked: make(map[key]*question), sessions: make(map[string]*session), held: make(map[string]bool),
	}
	theirs, err := p.openPipes()
	if err != nil {
		p.terminal.hangUp()
		return nil, fmt.Errorf("open pipes to the driver: %w", err)
	}
	p.cmd.Env = append(os.Environ(), mark)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if p.terminal.err == nil {
		p.cmd.ExtraFiles = []*os.File{p.terminal.theirs}
		p.cmd.SysProcAttr.Setctty, p.cmd.SysProcAttr.Ctty = true, 3 // the first behind the standard ones
	}
	started := make(chan error)
	go p.run(started)
	err = <-started
	closeAll(theirs...)
	if err != nil {
		p.terminal.hangUp()
		closeAll(p.in, p.out, p.stderr)
		return nil, cannotStart(command[0], err)
	}
	return p, nil
}

// openPipes opens those to the standard input of the process, and from its output and error; it returns their ends.
func (p *process) openPipes() (theirs []*os.File, err error) {
	var pipes [3]struct{ r, w *os.File }
	for n := range pipes {
		if pipes[n].r, pipes[n].w, err = os.Pipe(); err != nil {
			for _, opened := range pipes[:n] {
				closeAll(opened.r, opened.w)
			}
			return nil, err
		}
	}
	p.in, p.out, p.stderr = pipes[0].w, pipes[1].r, pipes[2].r
	theirs = []*os.File{pipes[0].r, pipes[1].w, pipes[2].w}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs[0], theirs[1], theirs[2]
	return theirs, nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		f.Close()
	}
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
	var reading, logging sync.WaitGroup
	reading.Go(p.readLines)
	reading.Go(p.terminal.watch)
	logging.Go(func() { io.Copy(&p.log, p.stderr) })
	p.cmd.Wait() // what it was is in the process's state
	close(p.exited)
	p.endRest()
	// What is left all the same cannot keep us waiting.
	p.out.SetReadDeadline(time.Now().Add(grace))
	p.stderr.SetReadDeadline(time.Now().Add(grace))
	logging.Wait()
	close(p.died)
	p.terminal.hangUp()
	reading.Wait()
	closeAll(p.in, p.out, p.stderr)
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
	case errors.Is(err, errCut):
		return fmt.Errorf("%w: %s", err, shown)
	case errors.Is(err, errLine):
		return fault("what it wrote to its standard output is %v: %s", err, shown)
	case err != nil:
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	breach := p.dispatch(line)
	if breach == nil || errors.Is(breach, subject.ErrGivenUp) {
		return breach
	}
	return fault("%v: %s", breach, shown)
}

// explain says what it means that no more lines can be read.
func (p *process) explain(err error) error {
	var breach *subject.Fault
	if errors.As(err, &breach) || errors.Is(err, subject.ErrGivenUp) {
		return err
	}
	within := ""
	if errors.Is(err, errCut) {
		within = fmt.Sprintf("; its last line is %v", err)
	}
	select {
	case <-p.exited:
		<-p.died
	case <-time.After(grace):
		return fault("it closed its standard output, but runs on%s%s", within, p.words())
	}
	if state := p.cmd.ProcessState; within == "" || !state.Success() {
		return fmt.Errorf("the driver's process ended (%s)%s%s", state, within, p.words())
	}
	return fault("what it wrote to its standard output is %v", err)
}

// fail ends every session, and whatever waits for an answer. What breaks the protocol is ended at once: nothing is to
// be learnt from it any more, and it may go on for ever.
func (p *process) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broke == nil {
		p.broke = err
	}
	var breach *subject.Fault
	if errors.As(err, &breach) || errors.Is(err, subject.ErrGivenUp) {
		p.end()
	}
	for _, s := range p.sessions {
		s.records.End(p.broke)
		p.told = true
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
	if p.exits(grace) {
		return p.ended()
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	if !p.exits(grace) {
		p.kill()
	}
	if err := p.ended(); err != nil {
		return err
	}
	return fault("its process did not exit within %v of the end of its input, and had to be ended by a signal%s", grace, p.words())
}

// exits waits for the end of the process, and then until nothing is left of it.
func (p *process) exits(within time.Duration) bool {
	select {
	case <-p.exited:
		<-p.gone
		return true
	case <-time.After(within):
		return false
	}
}

// kill ends the process by force: there is nothing left to be learnt from it.
func (p *process) kill() {
	p.mu.Lock()
	p.end()
	p.mu.Unlock()
	<-p.gone
}

// end is kill without waiting. It is called with mu held.
func (p *process) end() {
	select {
	case <-p.exited:
	default:
		p.killed = true
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// ended returns what was wrong before the end, or with the status that a process left by itself.
func (p *process) ended() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var breach *subject.Fault
	state := p.cmd.ProcessState
	switch {
	case errors.As(p.broke, &breach):
		return breach
	case !p.killed && !p.told && state.Exited() && !state.Success():
		return fault("its process ended with %v, though its input just ended%s", state, p.words())
	default:
		return nil
	}
}

// words are the last that it has said, as the end of a sentence.
func (p *process) words() string { return p.terminal.String() + p.log.String() }
