package conformance

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A worker uses a share of a core, and some CPU time beside each time that it is asked what it uses.
type worker struct {
	idle
	share  float64
	asking time.Duration
}

func (w worker) Open(context.Context) (subject.Session, error) {
	return &workerSession{worker: w, began: time.Now()}, nil
}

type workerSession struct {
	worker
	began   time.Time
	asked   time.Duration
	records subject.Queue
}

func (s *workerSession) Perform(turn ...subject.Request) error {
	for _, r := range turn {
		s.asked += s.asking
		used := s.asked + time.Duration(s.share*float64(time.Since(s.began)))
		s.records.Put(subject.Record{ID: r.ID, OK: &subject.Result{CPU: int(used.Milliseconds())}})
	}
	return nil
}

func (s *workerSession) Next(ctx context.Context) (subject.Record, error) { return s.records.Next(ctx) }
func (s *workerSession) Close() error                                     { return nil }

// What a process takes to tell what it uses is none of what it uses while nothing happens.
func TestIdle(t *testing.T) {
	for name, test := range map[string]struct {
		worker worker
		idle   bool
	}{
		"does nothing":                          {worker{}, true},
		"does little":                           {worker{share: 0.1}, true},
		"does nothing, and much if it is asked": {worker{asking: 300 * time.Millisecond}, true},
		"waits busily":                          {worker{share: 1}, false},
		"waits busily, and is asked at length":  {worker{share: 1, asking: 300 * time.Millisecond}, false},
		"does more than it may":                 {worker{share: 0.25}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &suite{catalogue: newCatalogue(), subject: test.worker, options: Options{Patience: DefaultPatience, Again: func(...string) string { return "" }}}
				sp := s.newSpec(t.Context(), &entry{kind: timed, body: (*spec).expectIdle})
				failure := sp.attempt(func() { sp.open(); sp.body(sp) })
				if (failure == "") != test.idle {
					t.Errorf("failure: %q", failure)
				}
			})
		})
	}
}
