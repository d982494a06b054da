package driver_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"

	"github.com/sslconform/sslconform/conformance/subject"
)

// toy is a subject without a network: what is written is read at once.
type toy struct{}

func (toy) Info() subject.Info {
	return subject.Info{
		Name: "toy", Version: "1", Language: "Go",
		Capabilities: []subject.Capability{subject.TLS13, subject.Stream},
		ByDriver:     []string{"close"},
	}
}

func (t toy) Open(context.Context) (subject.Session, error) { return t.open(false) }

func (t toy) OpenSeparate(context.Context) (subject.Session, error) { return t.open(true) }

func (toy) open(separate bool) (subject.Session, error) {
	return subject.NewSession(func(events subject.Reporter) (subject.Implementation, error) {
		l := &toyLoop{events: events, separate: separate, turns: make(chan func(), 100)}
		l.running.Go(func() {
			for f := range l.turns {
				f()
			}
		})
		return l, nil
	})
}

type toyLoop struct {
	events   subject.Reporter
	separate bool // it cannot wrap
	turns    chan func()
	running  sync.WaitGroup
	ended    sync.Once
}

func (l *toyLoop) Turn(f func()) { l.turns <- f }
func (l *toyLoop) Sync(f func()) { f() }

func (l *toyLoop) Finish(f func()) error {
	f()
	return nil
}

func (l *toyLoop) End() error {
	l.ended.Do(func() { close(l.turns) })
	l.running.Wait()
	return nil
}

func (l *toyLoop) Perform(r subject.Request) (subject.Result, error) {
	if perform := toyOperations[r.Op]; perform != nil {
		return perform(l, r)
	}
	return subject.Result{}, subject.ErrUnsupported
}

// Between them, results and events have all the fields that there are.
var toyOperations = map[subject.Operation]func(*toyLoop, subject.Request) (subject.Result, error){
	subject.Connect:     (*toyLoop).echo,
	subject.Wrap:        (*toyLoop).wrap,
	subject.SetTimeouts: (*toyLoop).echo,
	subject.Enable:      (*toyLoop).echo,
	subject.Write:       (*toyLoop).write,
	subject.Close:       (*toyLoop).close,
	subject.Read:        (*toyLoop).read,
	subject.SetData:     (*toyLoop).obey,
	subject.Closed: func(*toyLoop, subject.Request) (subject.Result, error) {
		no := false
		return subject.Result{Closed: &no}, nil
	},
	subject.Digest: func(*toyLoop, subject.Request) (subject.Result, error) {
		return subject.Result{Size: 1, SHA256: strings.Repeat("0", 64)}, nil
	},
	subject.Describe: func(*toyLoop, subject.Request) (subject.Result, error) {
		return subject.Result{Classes: []string{subject.ClassSocket}, Members: []string{"Write"}}, nil
	},
	subject.Measure: func(*toyLoop, subject.Request) (subject.Result, error) {
		return subject.Result{Descriptors: 2, Memory: 3, CPU: 4}, nil
	},
}

// echo tells what has arrived: it is read.
func (l *toyLoop) echo(r subject.Request) (subject.Result, error) {
	data, err := json.Marshal(r)
	l.events.Report(subject.Record{Event: subject.OnRead, On: "echo", Callbacks: "A", Data: data})
	return subject.Result{}, err
}

func (l *toyLoop) wrap(r subject.Request) (subject.Result, error) {
	if l.separate {
		return subject.Result{}, subject.ErrUnsupported
	}
	_, err := l.echo(r)
	return subject.Result{Kind: "stream", SameAs: "x"}, err
}

func (l *toyLoop) write(r subject.Request) (subject.Result, error) {
	l.events.Report(subject.Record{Event: subject.OnRead, On: r.On, Callbacks: "A", Arguments: 2, Data: r.Data, Size: r.Size})
	return subject.Result{}, nil
}

func (l *toyLoop) read(r subject.Request) (subject.Result, error) {
	l.events.Report(subject.Record{Event: subject.OnRead, On: subject.SocketOf(r.On), Callbacks: "A", Stream: r.On})
	return subject.Result{Data: []byte{0, 255}}, nil
}

func (l *toyLoop) close(r subject.Request) (subject.Result, error) {
	l.events.Report(subject.Record{Event: subject.OnEvent, Callbacks: "A", Condition: &subject.Condition{
		Types: []string{subject.TCPEOF, subject.TCPInfo}, Code: -1, Message: "ü", Socket: r.On}})
	return subject.Result{}, nil
}

// What the toy's process does when that is stored.
const (
	ask = "ask" // at the terminal
	die = "die"
)

func (l *toyLoop) obey(r subject.Request) (subject.Result, error) {
	switch string(r.Data) {
	case ask:
		return subject.Result{}, os.WriteFile("/dev/tty", []byte("Password:"), 0)
	case die:
		os.Exit(1)
	}
	return l.echo(r)
}
