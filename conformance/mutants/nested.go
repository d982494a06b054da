package mutants

import "github.com/sslconform/sslconform/conformance/subject"

var nestedMutants = []Mutant{
	{Name: "second-wrap-refused", Breaks: anyNested, Rows: []string{"O2"}, tamper: secondWrapRefused},
	{Name: "second-wrap-hangs", Breaks: anyNested, Rows: []string{"O2"}, tamper: onInner(wrapLost)},
	{Name: "inner-callbacks-with-the-middle", Breaks: []string{"nested/tls-in-tls"}, tamper: ofInner(toldOfMiddle)},
	{Name: "middle-writes-to-the-inner", Breaks: []string{"nested/tls-in-tls"}, tamper: middleWritesToInner},
	{Name: "inner-early-write-doubled", Breaks: []string{"nested/tls-in-tls"}, tamper: innerEarlyWriteDoubled},
	{Name: "inner-transfer-stalls", Breaks: []string{"nested/tls-in-tls"}, Rows: []string{"O3"}, tamper: innerStalls},
	{Name: "inner-enable-lost", Breaks: []string{"nested/tls-in-tls"}, Rows: []string{"O3"}, tamper: onInner(enableLost)},
	{Name: "inner-close-cb-lost", Breaks: []string{"nested/tls-in-tls"}, tamper: ofInner(whichever(closeCallbackLost))},
	{Name: "inner-close-cb-twice", Breaks: []string{"nested/tls-in-tls"}, tamper: ofInner(whichever(closeCallbackTwice))},
	{Name: "outer-close-cb-twice", Breaks: []string{"nested/tls-in-tls"}, tamper: outerClosesTwice},
	{Name: "inner-close-leaves-the-outer", Breaks: anyNested, tamper: innerCloseLeavesOuter},
	{Name: "inner-end-told-by-each-session", Breaks: []string{"nested/tls-in-tls"}, tamper: ofInner(toldByEach)},
	{Name: "inner-error-unnamed", Breaks: []string{"nested/tls-in-tls"}, tamper: ofInner(whichever(sslErrorUnnamed))},
	{Name: "inner-text-delivered", Breaks: []string{"nested/tls-in-tls"}, tamper: ofInner(whichever(whatFailedDelivered))},
}

// anyNested are the clauses whose specs wrap what a wrap returned.
var anyNested = []string{"nested/tls-in-tls", "close/notify"}

// middle is the wrapped socket that an object was made of by another wrap.
func (a *asked) middle(object subject.Handle) (subject.Handle, bool) {
	middle, is := a.original(object)
	_, twice := a.original(middle)
	return middle, is && twice
}

// onInner makes a mutant that changes requests on what a second wrap returned, and the second wrap itself.
func onInner(change func(subject.Request) []subject.Request) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: func(q subject.Request) []subject.Request {
			asked.note(q)
			_, on := asked.middle(q.On)
			_, makes := asked.middle(q.As)
			if on || makes {
				return change(q)
			}
			return []subject.Request{q}
		}}
	}
}

// ofInner makes a mutant that changes the events of what a second wrap returned, given the socket in the middle.
func ofInner(change func(r subject.Record, middle subject.Handle) []subject.Record) tampering {
	return func(func(subject.Record)) tamperer {
		var asked asked
		return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
			object := about(r)
			if wrap, is := asked.wrapWith(r.Callbacks); is && r.Event == subject.OnClose {
				object = wrap.As
			}
			if middle, is := asked.middle(object); is && r.Event != "" {
				return change(r, middle)
			}
			return []subject.Record{r}
		}}
	}
}

// whichever is a change that does not depend on the socket in the middle.
func whichever(change func(subject.Record) []subject.Record) func(subject.Record, subject.Handle) []subject.Record {
	return func(r subject.Record, _ subject.Handle) []subject.Record { return change(r) }
}

// secondWrapRefused asks for something harmless instead, and refuses.
func secondWrapRefused(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{
		request: func(q subject.Request) []subject.Request {
			asked.note(q)
			if _, makes := asked.middle(q.As); makes && q.Op == subject.Wrap {
				return []subject.Request{{ID: q.ID, Op: subject.Closed, On: q.On}}
			}
			return []subject.Request{q}
		},
		record: func(r subject.Record) []subject.Record {
			q, _ := asked.outcome(r)
			if _, makes := asked.middle(q.As); makes && q.Op == subject.Wrap {
				r.OK, r.Error = nil, &subject.Error{Condition: subject.Condition{Message: "start_tls is not supported by this transport"}}
			}
			return []subject.Record{r}
		},
	}
}

func wrapLost(q subject.Request) []subject.Request {
	if q.Op == subject.Wrap {
		return nil
	}
	return []subject.Request{q}
}

func enableLost(q subject.Request) []subject.Request {
	if q.Op == subject.Enable {
		return nil
	}
	return []subject.Request{q}
}

func toldOfMiddle(r subject.Record, middle subject.Handle) []subject.Record {
	if r.Condition != nil {
		r.Condition.Socket = middle
	} else if r.On != "" {
		r.On = middle
	}
	return []subject.Record{r}
}

// toldByEach has each of the two sessions report what ends both.
func toldByEach(r subject.Record, middle subject.Handle) []subject.Record {
	if r.Event != subject.OnEvent {
		return []subject.Record{r}
	}
	again := own(r)
	again.Condition.Socket = middle
	return []subject.Record{again, r}
}

// middleWritesToInner takes the socket in the middle for the inner one.
func middleWritesToInner(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: func(q subject.Request) []subject.Request {
		if q.Op == subject.Write {
			wrap, covered := asked.last(func(wrap subject.Request) bool { return wrap.Op == subject.Wrap && wrap.On == q.On })
			if _, is := asked.middle(wrap.As); covered && is {
				q.On = wrap.As
			}
		}
		return asked.note(q)
	}}
}

// innerEarlyWriteDoubled writes what waits for the inner handshake once more when that is done.
func innerEarlyWriteDoubled(func(subject.Record)) tamperer {
	var asked asked
	done := false
	return tamperer{
		request: func(q subject.Request) []subject.Request {
			asked.note(q)
			if _, is := asked.middle(q.On); is && q.Op == subject.Write && !done {
				again := q
				again.ID += hidden
				return []subject.Request{q, again}
			}
			return []subject.Request{q}
		},
		record: func(r subject.Record) []subject.Record {
			_, is := asked.middle(r.On)
			done = done || is
			return []subject.Record{r}
		},
	}
}

// innerStalls hands over no more than half a MiB.
func innerStalls(func(subject.Record)) tamperer {
	got := 0
	return ofInner(func(r subject.Record, _ subject.Handle) []subject.Record {
		if got += r.Size; got > 1<<19 {
			return nil
		}
		return []subject.Record{r}
	})(nil)
}

// outerClosesTwice calls the outer close-cb for the end of each session.
func outerClosesTwice(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		wrap, _ := asked.wrapWith(r.Callbacks)
		if middle, is := asked.middle(wrap.As); is && r.Event == subject.OnClose {
			outer, _ := asked.wrap(middle)
			told := subject.Record{Event: subject.OnClose, Callbacks: outer.CloseCallback}
			return []subject.Record{told, r, told}
		}
		return []subject.Record{r}
	}}
}

// innerCloseLeavesOuter closes the inner session in name only.
func innerCloseLeavesOuter(inject func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: func(q subject.Request) []subject.Request {
		asked.note(q)
		wrap, _ := asked.wrap(q.On)
		if _, is := asked.middle(q.On); is && q.Op == subject.Close {
			inject(subject.Record{Event: subject.OnClose, Callbacks: wrap.CloseCallback})
			return nil
		}
		return []subject.Request{q}
	}}
}
