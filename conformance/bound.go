package conformance

import (
	"context"
	"errors"
	"time"
)

// A bound is when a wait is given up: it bounds how long nothing passes, since how long all takes is the machine's
// business. But there may be no end of what passes.
type bound struct {
	spec        *spec
	began, last time.Time
	until       time.Time // as it is now
	passed      int       // at the peers by when that was set
}

// mostOften is how many times its patience a spec waits at most, while something passes.
const mostOften = 6

func (sp *spec) bound() *bound {
	now, patience := time.Now(), sp.patience()
	return &bound{spec: sp, began: now, until: now.Add(patience), last: now.Add(mostOften * patience), passed: sp.passed()}
}

// over tells, of a bound that is reached, whether it holds. If something has passed at the peers meanwhile, it moves on.
func (b *bound) over() bool {
	passed := b.spec.passed()
	if passed == b.passed || b.until.Equal(b.last) || b.spec.ctx.Err() != nil {
		return true
	}
	b.passed, b.until = passed, time.Now().Add(b.spec.patience())
	if b.until.After(b.last) {
		b.until = b.last
	}
	return false
}

// wait does what ends with a context, until it has come, or the bound is over.
func (b *bound) wait(do func(context.Context) error) error {
	for {
		ctx, cancel := context.WithDeadline(b.spec.ctx, b.until)
		err := do(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || b.over() {
			return err
		}
	}
}

// length is how long it is, or has come to be.
func (b *bound) length() time.Duration { return b.until.Sub(b.began).Round(time.Millisecond) }

// passed is how much the peers of a spec have noted.
func (sp *spec) passed() (entries int) {
	for _, p := range sp.peers {
		entries += p.Transcript().Len()
	}
	return entries
}
