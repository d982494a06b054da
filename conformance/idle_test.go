package conformance

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// worker uses a share of a core, and some CPU time beside each time that it is asked what it uses.
func worker(share float64, asking time.Duration) acted {
	began, asked := time.Now(), time.Duration(0)
	return func(answer func(subject.Record), r subject.Request) {
		asked += asking
		used := asked + time.Duration(share*float64(time.Since(began)))
		answer(subject.Record{ID: r.ID, OK: &subject.Result{CPU: int(used.Milliseconds())}})
	}
}

// What a process takes to tell what it uses is none of what it uses while nothing happens.
func TestIdle(t *testing.T) {
	const much = 300 * time.Millisecond
	for name, test := range map[string]struct {
		share  float64
		asking time.Duration
		idle   bool
	}{
		"does nothing":                          {0, 0, true},
		"does little":                           {0.1, 0, true},
		"does nothing, and much if it is asked": {0, much, true},
		"waits busily":                          {1, 0, false},
		"waits busily, and is asked at length":  {1, much, false},
		"does more than it may":                 {0.25, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sp := suiteOf(worker(test.share, test.asking)).newSpec(t.Context(), &entry{kind: timed, body: (*spec).expectIdle})
				failure := sp.attempt(func() { sp.open(); sp.body(sp) })
				if (failure == "") != test.idle {
					t.Errorf("failure: %q", failure)
				}
			})
		})
	}
}
