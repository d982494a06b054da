package mutants

import (
	"syscall"

	"github.com/sslconform/sslconform/conformance/subject"
)

var lifeMutants = []Mutant{
	{Name: "thrown-error-swallowed", Breaks: []string{"life/throwing-callback"}, tamper: records(thrownSwallowed)},
	{Name: "thrown-error-handed-on-twice", Breaks: []string{"life/throwing-callback"}, tamper: records(thrownTwice)},
	{Name: "thrown-error-kills", Breaks: []string{"life/throwing-callback"}, Rows: []string{"T4"}, tamper: outcomes(thrownKills)},
	{Name: "thrown-error-leaves-the-loop", Breaks: []string{"life/throwing-callback"}, Rows: []string{"T4"}, tamper: thrownLeavesLoop},
	{Name: "thrown-error-closes-others", Breaks: []string{"life/throwing-callback"}, Rows: []string{"T4"}, tamper: thrownClosesOthers},
	{Name: "error-thrown-in-close-cb-calls-it-again", Breaks: []string{"life/throwing-callback"}, Rows: []string{"T4"}, tamper: outcomes(thrownClosesTwice)},
	{Name: "output-in-flight-kills", Breaks: []string{"life/close-with-writes-in-flight"}, Rows: []string{"T5"}, tamper: closedInFlight(killed)},
	{Name: "output-in-flight-keeps-close-cb", Breaks: []string{"life/close-with-writes-in-flight"}, tamper: closedInFlight(closeCallbackLost)},
	{Name: "output-in-flight-calls-close-cb-twice", Breaks: []string{"life/close-with-writes-in-flight"}, tamper: closedInFlight(closeCallbackTwice)},
	{Name: "output-in-flight-spoils-the-loop", Breaks: []string{"life/close-with-writes-in-flight"}, Rows: []string{"T5"}, tamper: spoiltByFlight},
}

// owns tells whether a record is the call of an event callback with an application's own error.
func owns(r subject.Record) bool { return r.Event == subject.OnEvent && len(r.Condition.Types) == 0 }

func thrownSwallowed(r subject.Record) []subject.Record {
	if owns(r) {
		return nil
	}
	return []subject.Record{r}
}

func thrownTwice(r subject.Record) []subject.Record {
	if owns(r) {
		return []subject.Record{r, r}
	}
	return []subject.Record{r}
}

// thrown tells whether an error was thrown.
func thrown(q subject.Request, r subject.Record) bool {
	return q.Op == subject.Throw && r.Event == subject.Ran
}

func thrownKills(q subject.Request, r subject.Record) []subject.Record {
	if thrown(q, r) {
		kill()
	}
	return []subject.Record{r}
}

// kill ends the process as a crash would.
func kill() { syscall.Kill(syscall.Getpid(), syscall.SIGKILL) }

// thrownLeavesLoop reports nothing any more: what was told to hand errors on was not.
func thrownLeavesLoop(func(subject.Record)) tamperer {
	left := false
	return outcomes(func(q subject.Request, r subject.Record) []subject.Record {
		if left && q.Op != subject.End {
			return nil
		}
		left = left || thrown(q, r)
		return []subject.Record{r}
	})(nil)
}

// thrownClosesOthers closes all that was wrapped, and not only what the callback belongs to.
func thrownClosesOthers(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: func(q subject.Request) []subject.Request {
		asked.note(q)
		instead := []subject.Request{q}
		for _, wrap := range asked.requests {
			if q.Op == subject.Throw && wrap.Op == subject.Wrap && wrap.As != q.WhenOn {
				closing := q
				closing.ID, closing.Op, closing.On = q.ID+hidden, subject.Close, wrap.As
				instead = append(instead, closing)
			}
		}
		return instead
	}}
}

func thrownClosesTwice(q subject.Request, r subject.Record) []subject.Record {
	if thrown(q, r) && q.WhenCallback == subject.OnClose {
		return []subject.Record{r, {Event: subject.OnClose, Callbacks: subject.Tag(q.WhenOn)}}
	}
	return []subject.Record{r}
}

// closedInFlight changes the calls of close-cb for sockets that are closed with much in flight.
func closedInFlight(change func(subject.Record) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			if asked.closesInFlight(r) {
				return change(r)
			}
			return []subject.Record{r}
		}}
	}
}

// closesInFlight tells whether a record is the close-cb of a socket that was closed when much had been written to it.
func (a *asked) closesInFlight(r subject.Record) bool {
	wrap, is := a.wrapWith(r.Callbacks)
	if r.Event != subject.OnClose || !is {
		return false
	}
	_, closed := a.last(func(q subject.Request) bool { return q.Op == subject.Close && q.On == wrap.As })
	_, much := a.last(func(q subject.Request) bool { return q.Op == subject.Write && q.On == wrap.As && q.Size == 8<<20 })
	return closed && much
}

func killed(subject.Record) []subject.Record {
	kill()
	return nil
}

// spoiltByFlight hands over nothing any more when five such sockets have been closed.
func spoiltByFlight(func(subject.Record)) tamperer {
	var asked asked
	closed := 0
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		if asked.closesInFlight(r) {
			closed++
		}
		if _, is := asked.original(r.On); is && r.Event == subject.OnRead && closed >= 3 {
			return nil
		}
		return []subject.Record{r}
	}}
}
