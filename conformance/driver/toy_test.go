package driver_test

import (
	"context"
	"encoding/json"
	"os"
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
	no := false
	switch r.Op {
	case subject.Write:
		l.events.Report(subject.Record{Event: subject.OnRead, On: r.On, Callbacks: "A", Arguments: 2, Data: r.Data, Size: r.Size, Stream: r.As})
		return subject.Result{}, nil
	case subject.Connect: // what has arrived
		data, err := json.Marshal(r)
		return subject.Result{Data: data}, err
	case subject.Measure: // no result has all of them
		return subject.Result{Kind: "stream", SameAs: "x", Size: 1, SHA256: "00", Classes: []string{subject.ClassSocket},
			Members: []string{"Write"}, Descriptors: 2, Memory: 3, CPU: 4}, nil
	case subject.Close:
		l.events.Report(subject.Record{Event: subject.OnEvent, Condition: &subject.Condition{
			Types: []string{subject.TCPEOF, subject.TCPInfo}, Code: -1, Message: "ü", Socket: r.On}})
		return subject.Result{}, nil
	case "ask":
		return subject.Result{}, os.WriteFile("/dev/tty", []byte("Password:"), 0)
	case "die":
		os.Exit(1)
		return subject.Result{}, nil
	case subject.Wrap:
		if l.separate {
			return subject.Result{}, subject.ErrUnsupported
		}
		return subject.Result{Kind: "socket"}, nil
	case subject.Closed:
		return subject.Result{Closed: &no}, nil
	default:
		return subject.Result{}, subject.ErrUnsupported
	}
}
