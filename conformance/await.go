package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fakeserver"
)

// await returns the first record that matches, be it there already.
func (sp *spec) await(what string, match func(subject.Record) bool) subject.Record {
	var found subject.Record
	sp.waits("for "+what, func() { found = sp.find(what, match) })
	return found
}

func (sp *spec) find(what string, match func(subject.Record) bool) subject.Record {
	b := sp.bound()
	for n := 0; ; n++ {
		r, came := sp.record(n, b, what)
		if !came {
			sp.fail("want: %s\n got: nothing of the kind within %v; the subject's last word was the %s", what, b.length(), sp.lastWord())
		}
		if match(r) {
			sp.expectOffered(r)
			return r
		}
	}
}

// record returns the n-th one, and false if it has not come by then.
func (sp *spec) record(n int, b *bound, what string) (r subject.Record, came bool) {
	if n == len(sp.records) {
		err := sp.pull(noWait) // most are there already, and then no deadline has to be set
		if err == noWait.Err() {
			err = b.wait(sp.pull)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			sp.gaveUp(what)
			return subject.Record{}, false
		} else if err != nil {
			sp.broke("wait for "+what, err)
		}
	}
	if r = sp.records[n]; r.Time.After(b.until) && b.over() { // there may be no end of them
		sp.gaveUp(what)
		return r, false
	}
	return r, true
}

// patience bounds a wait; what a timed spec waits for takes its time beside.
func (sp *spec) patience() time.Duration { return sp.expectedPatience() + 3*sp.T }

func (sp *spec) gaveUp(what string) {
	sp.gaveIn = true
	sp.timeline = append(sp.timeline, verdict.Moment{Time: time.Now(), Who: "suite", Said: "gave up waiting for " + what})
	sp.happened(sp.timeline[len(sp.timeline)-1:])
}

func (sp *spec) lastWord() string {
	word := "start of the session"
	if n := len(sp.records); n > 0 {
		word = sp.records[n-1].String()
	}
	if asked, _, _ := sp.onTerminal(); asked != "" {
		word += fmt.Sprintf(", and to its terminal, where nobody answers, it wrote %s", subject.Quote([]byte(asked)))
	}
	return word
}

// onTerminal is what the subject's process has written to its terminal in this session, if it has one.
func (sp *spec) onTerminal() (text string, at time.Time, err error) {
	if s, is := sp.session.(subject.Watched); is {
		return s.Terminal()
	}
	return "", time.Time{}, nil
}

// pullAll takes what has been reported so far, and returns what the session broke with, if it did.
func (sp *spec) pullAll() error {
	for until := time.Now(); ; {
		if err := sp.pull(noWait); err == noWait.Err() {
			return nil
		} else if err != nil {
			return err
		}
		if sp.records[len(sp.records)-1].Time.After(until) {
			return nil
		}
	}
}

// noWait is for what is not waited for.
var noWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// pull takes the next record from the session.
func (sp *spec) pull(ctx context.Context) error {
	r, err := sp.session.Next(ctx)
	if err == nil {
		sp.records = append(sp.records, r)
		sp.timeline.Reported(r)
		sp.happened(sp.timeline[len(sp.timeline)-1:])
	}
	return err
}

// sees waits until something is in a peer's transcript.
func (sp *spec) sees(p *peer, what string, match func(fakeserver.Entry) bool) fakeserver.Entry {
	b := sp.bound()
	var e fakeserver.Entry
	var err error
	known := 0 // a bound that moves on begins anew, and who matches may count
	sp.waits("for "+what+" at the "+p.name, func() {
		err = b.wait(func(ctx context.Context) (err error) {
			at := 0
			e, err = p.Transcript().Await(ctx, func(e fakeserver.Entry) bool {
				if at++; at <= known {
					return false
				}
				known = at
				return match(e)
			})
			return err
		})
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		sp.gaveUp(what)
		sp.fail("want: %s, at the %s\n got: nothing of the kind within %v", what, p.name, b.length())
	case err != nil:
		sp.fail("want: %s, at the %s\n got: %v", what, p.name, err)
	}
	return e
}

// awaitRead waits until read callbacks called with an object have got so many bytes.
func (sp *spec) awaitRead(what string, on subject.Handle, size int) {
	sp.awaitProgress(what, 0, size, func(r subject.Record) bool { return r.On == on }, never)
}

// awaitBytes waits until read callbacks have got so many bytes since a record, whatever they were called with. Behind a
// timeout, which closes the socket, it waits for none.
func (sp *spec) awaitBytes(what string, since, size int) {
	if got := sp.awaitProgress(what, since, size, notCanary, timedOut); got < size {
		sp.fail("want: %s\n got: %s, and then a timeout", what, progress(got, size))
	}
}

// awaitBytesOrFailure waits for the same, or until none may come any more: an event callback was called, or a request
// refused.
func (sp *spec) awaitBytesOrFailure(what string, since, size int) {
	sp.awaitProgress(what, since, size, notCanary, func(r subject.Record) bool {
		return notCanary(r) && (r.Event == subject.OnEvent || r.Error != nil)
	})
}

func notCanary(r subject.Record) bool { return r.Callbacks != canaryCallbacks }

func never(subject.Record) bool { return false }

// timedOut is what tells of a timeout: an event, or an answer of what ends with the handshake.
func timedOut(r subject.Record) bool {
	return notCanary(r) && (r.Condition.Is(subject.TCPTimeout) || r.Error != nil && r.Error.Is(subject.TCPTimeout))
}

// awaitProgress returns how many bytes have come, which are fewer if it is over before. Each has the whole patience.
func (sp *spec) awaitProgress(what string, since, size int, counts, over func(subject.Record) bool) (got int) {
	sp.waits("for "+what, func() {
		b := sp.bound()
		for n := since; got < size; n++ {
			r, came := sp.record(n, b, what)
			if !came {
				sp.fail("want: %s\n got: %s, and nothing more within %v; the subject's last word was the %s",
					what, progress(got, size), b.length(), sp.lastWord())
			}
			if over(r) {
				return
			}
			if r.Event == subject.OnRead && counts(r) && len(r.Data)+r.Size > 0 {
				got += len(r.Data) + r.Size
				b = sp.bound()
			}
		}
	})
	return got
}

func progress(got, size int) string { return fmt.Sprintf("%d of %d bytes", got, size) }

// awaitEvent waits for a call of an event callback since a record, but for the canary's, and returns it.
func (sp *spec) awaitEvent(what string, since int) subject.Record {
	return sp.awaitCall(what, since, subject.OnEvent)
}

// awaitCall waits for a call of a callback since a record, but for the canary's.
func (sp *spec) awaitCall(what string, since int, of subject.Callback) subject.Record {
	return sp.awaitSince(what, since, func(r subject.Record) bool { return r.Event == of })
}

// awaitSince returns the first record since another one that matches, those of the canary aside.
func (sp *spec) awaitSince(what string, since int, match func(subject.Record) bool) subject.Record {
	seen := 0
	return sp.await(what, func(r subject.Record) bool {
		seen++
		return seen > since && notCanary(r) && match(r)
	})
}

// awaitClose waits for the call of close-cb.
func (sp *spec) awaitClose() {
	sp.await("the call of close-cb "+string(closeCB), func(r subject.Record) bool {
		return r.Event == subject.OnClose && r.Callbacks == closeCB
	})
}

// awaitRan waits until a deferred request has run, and returns the event that says so.
func (sp *spec) awaitRan(what string, id int) subject.Record {
	return sp.await(what, func(r subject.Record) bool { return r.Event == subject.Ran && r.ID == id })
}

// awaitDone is awaitRan for a request that may not be refused.
func (sp *spec) awaitDone(what string, id int) subject.Record {
	ran := sp.awaitRan(what, id)
	if ran.Error != nil {
		sp.fail("want: %s\n got: it was refused: %v", what, ran.Error)
	}
	return ran
}

// A failedWrap is how a subject told that a wrap failed with its handshake: an implementation whose wrap ends with the
// handshake does it in the answer to wrap, any other by an event.
type failedWrap struct {
	subject.Record
	condition *subject.Condition
	since     int // a mark from before the wrap
}

// answered tells whether it was the answer; then there never was a wrapped socket.
func (f failedWrap) answered() bool { return f.Event == "" }

// awaitFailure waits until a wrap has failed that was begun by one of these requests.
func (sp *spec) awaitFailure(what string, since int, begun ...int) failedWrap {
	for _, id := range begun {
		if a := sp.answer(id); a.Error != nil {
			return failedWrap{a, &a.Error.Condition, since}
		}
	}
	event := sp.awaitEvent(what, since)
	return failedWrap{event, event.Condition, since}
}

// refused performs a wrap, and waits until the subject tells that it failed.
func (sp *spec) refused(wrap subject.Request) failedWrap {
	since := sp.mark()
	return sp.awaitFailure("an error from wrap, or an event that tells of its failure", since, sp.begin(wrap)...)
}
