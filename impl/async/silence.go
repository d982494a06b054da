package async

import "time"

// A silence runs something in the loop when nothing has happened for so long. Its timer is not set anew for each byte: it
// looks at its end how long it has been silent.
type silence struct {
	loop  *Loop
	timer *time.Timer // nil until it is needed
	armed bool
	since time.Time // when something happened last
	over  func()    // asks whether it has [silence.lasted]
}

// begin lets a silence count from now on.
func (q *silence) begin(length time.Duration, over func()) {
	q.stop()
	q.armed, q.since, q.over = true, time.Now(), over
	q.loop.timerBegins()
	if q.timer == nil {
		q.timer = time.AfterFunc(length, func() { q.loop.run(q.expire) })
	} else {
		q.timer.Reset(length)
	}
}

func (q *silence) expire() {
	if q.armed {
		q.over()
	}
}

func (q *silence) stop() {
	if q.armed {
		q.armed = false
		q.timer.Stop()
		q.loop.timerEnds()
	}
}

// touch notes that something happened.
func (q *silence) touch() {
	if q.armed {
		q.since = time.Now()
	}
}

// lasted tells whether nothing has happened for so long, by another account either. If something has, it goes on.
func (q *silence) lasted(length time.Duration, other time.Time) bool {
	last := q.since
	if other.After(last) {
		last = other
	}
	if rest := length - time.Since(last); rest > 0 {
		q.timer.Reset(rest)
		return false
	}
	return true
}
