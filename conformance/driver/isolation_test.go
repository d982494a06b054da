package driver_test

import (
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/subject"
)

// A session that is given up takes none of the others of its process with it, and new ones get another process.
func TestGivenUp(t *testing.T) {
	d := startToy(t)
	open := func() subject.Session {
		s, err := d.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	given, kept := open(), open()
	if err := given.Perform(subject.Request{ID: 2, Op: subject.Write, On: "x"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the event, and the answer
		if _, err := given.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := given.Close(); err != nil {
		t.Error(err)
	}
	for name, s := range map[string]subject.Session{"of the same process": kept, "opened later": open()} {
		if err := s.Perform(subject.Request{ID: 2, Op: subject.Write, On: "x"}, subject.Request{ID: 3, Op: subject.End}); err != nil {
			t.Fatal(err)
		}
		if records, err := collect(t, s); err != nil || len(records) != 3 {
			t.Errorf("the session %s: %v, %v", name, records, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close the session %s: %v", name, err)
		}
	}
}

// A process that owes an answer to a session when that is given up is asked for nothing more; what it has to tell the
// others, it can still tell.
func TestGivenUpUnanswered(t *testing.T) {
	sharing := strings.Replace(hello, `"name"`, `"sessions":true,"name"`, 1)
	d, err := start(t, sh(sharing+opened+`echo '{"seq":3,"id":1,"session":"s2","ok":{}}'; read l; echo '{"seq":4,"event":"connect","session":"s2","on":"x","callbacks":"A"}'; cat >&2`)...)
	if err != nil {
		t.Fatal(err)
	}
	given, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if err := given.Perform(subject.Request{ID: 2, Op: subject.Sync}); err != nil {
		t.Fatal(err)
	}
	given.Close()
	if r, err := kept.Next(t.Context()); err != nil || r.Event != subject.OnConnect {
		t.Errorf("the other session was told %v, %v", r, err)
	}
	if err := kept.Perform(subject.Request{ID: 2, Op: subject.End}); err != subject.ErrGivenUp {
		t.Errorf("it is asked for more, with %v", err)
	}
}

// What befalls a session that is alone is nobody else's business, and the reverse.
func TestOpenAlone(t *testing.T) {
	d := startToy(t)
	kept, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alone, err := d.OpenAlone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Perform(subject.Request{ID: 2, Op: subject.SetData, On: "x", Data: []byte(die)}); err != nil {
		t.Fatal(err)
	}
	if _, err := collect(t, kept); err == nil {
		t.Error("the process did not die")
	}
	if err := alone.Perform(subject.Request{ID: 2, Op: subject.End}); err != nil {
		t.Fatal(err)
	}
	if records, err := collect(t, alone); err != nil || len(records) != 1 {
		t.Errorf("the session that is alone: %v, %v", records, err)
	}
	if err := alone.Close(); err != nil {
		t.Error(err)
	}
	kept.Close()
}

// A session without the TLS part has a process of its own, in which nothing can have loaded it.
func TestOpenSeparate(t *testing.T) {
	d := startToy(t)
	whole, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	separate, err := d.OpenSeparate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []subject.Session{whole, separate} {
		if err := s.Perform(subject.Request{ID: 2, Op: subject.Wrap, On: "x", As: "y"}); err != nil {
			t.Fatal(err)
		}
		answer, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if refused := answer.Error != nil && answer.Error.Unsupported; refused != (s == separate) {
			t.Errorf("the answer to wrap is the %s", answer)
		}
		if err := s.Perform(subject.Request{ID: 3, Op: subject.SetData, On: "x", Data: []byte(die)}); err != nil {
			t.Fatal(err)
		}
		if _, err := collect(t, s); err == nil {
			t.Error("the process did not die")
		}
		s.Close()
	}
}

// A subject that has no such session says so.
func TestServeUnseparable(t *testing.T) {
	var out strings.Builder
	in := strings.NewReader(`{"id":1,"op":"open","session":"s1","separate":true}` + "\n")
	if err := driver.Serve(t.Context(), struct{ subject.Subject }{toy{}}, in, &out); err != nil {
		t.Error(err)
	}
	if want := `{"seq":1,"id":1,"error":{"unsupported":true},"session":"s1"}` + "\n"; out.String() != want {
		t.Errorf("got %swant %s", out.String(), want)
	}
}
