package mutants

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A Mutant breaks a subject in one way.
type Mutant struct {
	// Name says what it breaks.
	Name string
	// Breaks are the clauses that must fail, and no others.
	Breaks []string
	// Rows of the catalogue of observed failures that behave so.
	Rows []string
	// tamper makes what changes the records of one session.
	tamper func() tamperer
}

// All lists the mutants.
func All() []Mutant {
	return []Mutant{
		{Name: "close-cb-lost", Breaks: []string{"close/explicit"}, Rows: []string{"C1"}, tamper: closeCallbackLost},
		{Name: "close-cb-twice", Breaks: []string{"close/explicit"}, Rows: []string{"C3"}, tamper: closeCallbackTwice},
		{Name: "close-cb-with-argument", Breaks: []string{"close/explicit"}, tamper: closeCallbackWithArgument},
		{Name: "read-callback-gets-original", Breaks: []string{"reattach/read"}, Rows: []string{"A1", "A2"}, tamper: readCallbackGetsOriginal},
		{Name: "read-callback-left-behind", Breaks: []string{"reattach/read"}, Rows: []string{"A1"}, tamper: readCallbackLeftBehind},
		{Name: "ssl-error-unnamed", Breaks: []string{"error/plain-peer"}, Rows: []string{"F1"}, tamper: sslErrorUnnamed},
		{Name: "plain-answer-delivered", Breaks: []string{"error/plain-peer"}, Rows: []string{"F4"}, tamper: plainAnswerDelivered},
	}
}

// Of breaks a subject.
func (m Mutant) Of(s subject.Subject) subject.Subject { return mutated{s, m} }

// Find returns the mutant of that name.
func Find(name string) (Mutant, error) {
	all := All()
	n := slices.IndexFunc(all, func(m Mutant) bool { return m.Name == name })
	if n < 0 {
		names := make([]string, len(all))
		for n, m := range all {
			names[n] = m.Name
		}
		return Mutant{}, fmt.Errorf("there is no mutant %q: use one of %s", name, strings.Join(names, ", "))
	}
	return all[n], nil
}

func closeCallbackLost() tamperer {
	return tamperer{record: func(r subject.Record) []subject.Record {
		if r.Event == subject.OnClose {
			return nil
		}
		return []subject.Record{r}
	}}
}

func closeCallbackTwice() tamperer {
	return tamperer{record: func(r subject.Record) []subject.Record {
		if r.Event == subject.OnClose {
			return []subject.Record{r, r}
		}
		return []subject.Record{r}
	}}
}

func closeCallbackWithArgument() tamperer {
	return tamperer{record: func(r subject.Record) []subject.Record {
		if r.Event == subject.OnClose {
			r.Arguments = 1
		}
		return []subject.Record{r}
	}}
}

// wraps remembers which original each wrapped socket was made of.
type wraps map[subject.Handle]subject.Handle

func (w wraps) note(r subject.Request) {
	if r.Op == subject.Wrap {
		w[r.As] = r.On
	}
}

func readCallbackGetsOriginal() tamperer {
	originals := wraps{}
	return tamperer{request: originals.note, record: func(r subject.Record) []subject.Record {
		if original, wrapped := originals[r.On]; wrapped && r.Event == subject.OnRead {
			r.On = original
		}
		return []subject.Record{r}
	}}
}

func readCallbackLeftBehind() tamperer {
	originals := wraps{}
	return tamperer{request: originals.note, record: func(r subject.Record) []subject.Record {
		if _, wrapped := originals[r.On]; wrapped && r.Event == subject.OnRead {
			return nil
		}
		return []subject.Record{r}
	}}
}

func sslErrorUnnamed() tamperer {
	return tamperer{record: func(r subject.Record) []subject.Record {
		if r.Condition.Is(subject.TCPSSLError) {
			r.Condition.Types = slices.DeleteFunc(r.Condition.Types, func(t string) bool { return t == subject.TCPSSLError })
		}
		return []subject.Record{r}
	}}
}

// plainAnswerDelivered takes what came in place of TLS for data.
func plainAnswerDelivered() tamperer {
	return tamperer{record: func(r subject.Record) []subject.Record {
		if !r.Condition.Is(subject.TCPSSLError) {
			return []subject.Record{r}
		}
		read := subject.Record{Event: subject.OnRead, On: r.Condition.Socket, Callbacks: r.Callbacks, Data: []byte("500")}
		return []subject.Record{read, r}
	}}
}
