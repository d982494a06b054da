package subject

import (
	"context"
	"io"
	"sync"
	"time"
)

// A Queue holds the records of a session until they are asked for; whoever fills it never waits. Its zero value is
// ready for use.
type Queue struct {
	mu      sync.Mutex
	records []Record
	unread  int // their size
	ended   bool
	err     error
	changed chan struct{} // closed at the next change, nil while nobody waits
}

// Put adds a record and stamps its time. What comes after [Queue.End] is dropped.
func (q *Queue) Put(r Record) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return
	}
	r.Time = time.Now()
	q.records = append(q.records, r)
	q.unread += r.size()
	q.wake()
}

// Unread is how many bytes, roughly, are waiting to be asked for.
func (q *Queue) Unread() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unread
}

// size is what a record takes, roughly.
func (r Record) size() int {
	const itself = 300
	return itself + len(r.Data)
}

// End lets [Queue.Next] return err, io.EOF if it is nil, once the records are used up. Only the first call counts.
func (q *Queue) End(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return
	}
	if err == nil {
		err = io.EOF
	}
	q.ended, q.err = true, err
	q.wake()
}

func (q *Queue) wake() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// Next is the Next of [Session].
func (q *Queue) Next(ctx context.Context) (Record, error) {
	for {
		r, wait, err := q.take()
		if wait == nil {
			return r, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return Record{}, ctx.Err()
		}
	}
}

// take returns a record or the end, or what to wait for.
func (q *Queue) take() (Record, <-chan struct{}, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.records) > 0 {
		r := q.records[0]
		q.records = q.records[1:]
		q.unread -= r.size()
		return r, nil, nil
	}
	if q.ended {
		return Record{}, nil, q.err
	}
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	return Record{}, q.changed, nil
}
