package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// A Lane is one of the sides that a sequence diagram shows.
type Lane string

const (
	// Application is what the suite has the subject do, and what that reports.
	Application Lane = "application"
	// Wrapped is what wrap returned, Original what was handed to it.
	Wrapped  Lane = "wrapped socket"
	Original Lane = "original"
	// Wire is what passes as records.
	Wire Lane = "wire"
	Peer Lane = "peer"
)

// Lanes are all of them, in the order of a diagram.
var Lanes = []Lane{Application, Wrapped, Original, Wire, Peer}

// A Kind is what an arrow stands for.
type Kind string

const (
	KindRequest  Kind = "request"
	KindAnswer   Kind = "answer"
	KindCallback Kind = "callback"
	KindRan      Kind = "ran"    // a deferred request
	KindRecord   Kind = "record" // of TLS
	KindPlain    Kind = "plain"  // bytes without TLS
	KindInside   Kind = "inside" // what the peer has put into records, or got out of them
	KindAlert    Kind = "alert"  // close_notify is one, too
	KindTCP      Kind = "tcp"    // the connection, FIN, RST
	KindNote     Kind = "note"   // something happened at one side
	KindCanary   Kind = "canary" // what concerns the canary, summed up
	KindLeftOut  Kind = "left-out"
	KindFailure  Kind = "failure" // the moment when the spec failed
)

// An Arrow is what went from one side to another or, where both are the same, happened at one.
type Arrow struct {
	At   float64 `json:"at"` // milliseconds from the first one
	Kind Kind    `json:"kind"`
	From Lane    `json:"from"`
	To   Lane    `json:"to"`
	// Who tells of it: suite, subject, or the name of a peer.
	Who string `json:"who"`
	// Name is that of the operation, of the callback, of the record's type, or of what passed otherwise.
	Name string `json:"name,omitempty"`
	// Tag is that of the set that a callback belongs to.
	Tag subject.Tag `json:"tag,omitempty"`
	// Label tells what it is; Object, where there is one, and Detail are to be read behind it: a callback was called
	// with the object, an operation is one on it.
	Label  string         `json:"label"`
	Object subject.Handle `json:"object,omitempty"`
	Detail string         `json:"detail,omitempty"`
	// Named: the text of the failure names it, in what was wanted or in what came.
	Named bool `json:"named,omitempty"`
}

// A drawing is what has to be known of a session to draw it.
type drawing struct {
	wrapped map[subject.Handle]bool           // what wraps have made
	over    map[subject.Handle]subject.Handle // streams, and the sockets that they are over
	closing map[subject.Tag]subject.Handle    // whose close-cb it is
	asked   map[int]subject.Request
	message string
}

// diagram draws what the timeline tells of a session whose spec failed at a time, with a message.
func (t Timeline) diagram(failed time.Time, message string) (arrows []Arrow) {
	if len(t) == 0 {
		return nil
	}
	d := drawing{map[subject.Handle]bool{}, map[subject.Handle]subject.Handle{}, map[subject.Tag]subject.Handle{}, map[int]subject.Request{}, message}
	for _, m := range t {
		if m.request != nil {
			d.ask(*m.request)
		}
	}
	sorted := append(t.sorted(), Moment{Time: failed}).sorted()
	canary := 0
	for _, m := range sorted.shortened() {
		if d.ofCanary(m) {
			canary++
			if canary > 1 {
				arrows[len(arrows)-1].Detail = fmt.Sprintf("(%d moments)", canary)
				continue
			}
		} else {
			canary = 0
		}
		a := d.arrow(m)
		a.At, a.Who = milliseconds(sorted[0].Time, m.Time), m.Who
		arrows = append(arrows, a)
	}
	return arrows
}

func (d *drawing) ask(r subject.Request) {
	d.asked[r.ID] = r
	switch r.Op {
	case subject.Wrap:
		d.wrapped[r.As], d.closing[r.CloseCallback] = true, r.As
	case subject.MakeStream:
		d.over[r.As] = r.On
	}
}

// lane is that of an object; the application's for none, and for one that it was never told a name of.
func (d *drawing) lane(of subject.Handle) Lane {
	if socket, is := d.over[of]; is {
		of = socket
	}
	stream, _ := strings.CutSuffix(string(of), string(subject.SocketOf("")))
	switch {
	case of == "" || of == subject.Unknown:
		return Application
	case d.wrapped[of], d.wrapped[subject.Handle(stream)]:
		return Wrapped
	default:
		return Original
	}
}

// ofCanary tells whether a moment is the canary's; nobody who looks for a failure cares which.
func (d *drawing) ofCanary(m Moment) bool {
	switch {
	case m.request != nil:
		return m.request.On == Canary || m.request.As == Canary
	case m.record != nil && m.record.Event != "":
		return m.record.On == Canary
	case m.record != nil:
		return d.asked[m.record.ID].On == Canary || d.asked[m.record.ID].As == Canary
	default:
		return m.Who == Canary
	}
}

func (d *drawing) arrow(m Moment) Arrow {
	switch {
	case d.ofCanary(m):
		return Arrow{Kind: KindCanary, From: Application, To: Application, Label: "the canary, a plain connection of the same session, shows that the loop still runs"}
	case m.left > 0:
		return Arrow{Kind: KindLeftOut, From: Application, To: Application, Label: m.What()}
	case m.request != nil:
		return d.request(*m.request)
	case m.record != nil:
		return d.record(*m.record)
	case m.entry != nil:
		return d.entry(*m.entry)
	case m.Who == "":
		return Arrow{Kind: KindFailure, From: Application, To: Application, Label: "here the spec failed"}
	default:
		return Arrow{Kind: KindNote, From: Application, To: Application, Label: m.What()}
	}
}

func (d *drawing) request(r subject.Request) Arrow {
	rest := strings.TrimPrefix(r.String(), string(r.Op))
	if r.On != "" {
		rest = strings.TrimPrefix(rest, " "+string(r.On))
	}
	to := d.lane(r.On)
	if r.Op == subject.Connect {
		to = Original
	}
	return Arrow{
		Kind: KindRequest, From: Application, To: to, Name: string(r.Op),
		Label: fmt.Sprintf("request %d: %s", r.ID, r.Op), Object: r.On, Detail: strings.TrimSpace(rest),
	}
}

func (d *drawing) record(r subject.Record) Arrow {
	if r.Event == "" || r.Event == subject.Ran {
		kind, asked := KindAnswer, d.asked[r.ID]
		if r.Event == subject.Ran {
			kind = KindRan
		}
		from := d.lane(asked.On)
		if asked.As != "" && (asked.Op == subject.Wrap || asked.Op == subject.Connect) {
			from = d.lane(asked.As)
		}
		return Arrow{Kind: kind, From: from, To: Application, Name: string(asked.Op), Label: r.String(), Named: d.names(r.String())}
	}
	a := Arrow{Kind: KindCallback, To: Application, Name: string(r.Event), Tag: r.Callbacks, Object: r.On, Named: d.named(r)}
	a.Label = fmt.Sprintf("%s callback of %s called with", r.Event, r.Callbacks)
	of := r.On
	switch r.Event {
	case subject.OnClose:
		of, a.Label = d.closing[r.Callbacks], r.String()
	case subject.OnEvent:
		c := *r.Condition
		of, c.Socket = c.Socket, ""
		a.Object, a.Label, a.Detail = of, a.Label+" "+c.String(), ""
		if of != "" {
			a.Label += " of"
		}
	case subject.OnRead:
		_, a.Detail, _ = strings.Cut(r.String(), " called with "+string(r.On))
		a.Detail = strings.TrimLeft(a.Detail, ": ")
	}
	a.From = d.lane(of)
	return a
}

// named tells whether a failure's text names the call of a callback, as a timeline or as a history tells it: a read
// callback by its data, which may be told joined with that of others, an event callback by its condition alone, too.
func (d *drawing) named(r subject.Record) bool {
	switch r.Event {
	case subject.OnRead:
		data := strings.Trim(strings.TrimSuffix(subject.Quote(r.Data), "…"), `"`)
		if r.Data == nil || !d.names(data) {
			return d.names(r.String())
		}
		return d.names(fmt.Sprintf("called with %s: ", r.On)) || d.names(fmt.Sprintf("called with %s and %s: ", r.On, r.Stream)) || d.names(fmt.Sprintf("read %s ", r.On))
	case subject.OnEvent:
		return d.names(r.Condition.String()) || d.names(fmt.Sprintf("event %s of %s", r.Condition.Name(), r.Condition.Socket))
	case subject.OnClose:
		return d.names(fmt.Sprintf("close-cb %s", r.Callbacks))
	default:
		return d.names(r.String()) || d.names(fmt.Sprintf("\"%s %s\"", r.Event, r.On))
	}
}

// names tells whether the text of the failure has these words.
func (d *drawing) names(words string) bool { return strings.Contains(d.message, words) }

// entry draws what passed at a peer. Records are the wrapped socket's; bytes in plain and TCP are the original's, as is what
// the client sent in the place of a record and is none.
func (d *drawing) entry(e fakeserver.Entry) Arrow {
	a := Arrow{From: Peer, To: Wire, Name: string(e.Kind), Named: d.names(e.String())}
	a.Label = strings.TrimPrefix(strings.TrimPrefix(e.String(), "sent "), "got ")
	switch e.Kind {
	case fakeserver.Connected:
		a.Kind, a.From, a.To, a.Label = KindTCP, Original, Peer, "TCP connection"
		return a
	case fakeserver.Record:
		a.Kind, a.Name, a.From, a.To = KindRecord, e.Type.String(), Wire, Wrapped
		if e.Side == fakeserver.Client && (e.Type < fakeserver.ChangeCipherSpec || e.Type > fakeserver.ApplicationData) {
			a.To = Original
		}
	case fakeserver.Bytes:
		a.Kind, a.To = KindPlain, Original
	case fakeserver.TCPClosed, fakeserver.TCPReset:
		a.Kind, a.To = KindTCP, Original
	case fakeserver.Data, fakeserver.ClientHello, fakeserver.Made:
		a.Kind = KindInside
	case fakeserver.Alert, fakeserver.TLSClosed:
		a.Kind = KindAlert
	default:
		a.Kind, a.To = KindNote, Peer
		return a
	}
	if e.Side == fakeserver.Client {
		a.From, a.To = a.To, a.From
	}
	return a
}
