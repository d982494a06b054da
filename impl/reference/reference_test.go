package reference_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/async/asynctest"
	"github.com/sslconform/sslconform/impl/reference"
)

func TestInfo(t *testing.T) {
	info := reference.New().Info()
	if err := info.Check(); err != nil || !info.Has(subject.Documented...) {
		t.Errorf("%v: %v", info, err)
	}
}

func TestWrite(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	connect := c.connect()
	connect.Data = []byte("first ")
	c.do(connect)
	c.event(subject.OnConnect)
	c.do(subject.Request{Op: subject.Write, On: "plain", Data: []byte("then "), Text: true})
	c.do(subject.Request{Op: subject.Write, On: "plain", Size: 1000, Seed: 1})
	want := append([]byte("first then "), subject.Payload(1000, 1)...)
	if got := c.reads("plain", len(want)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	c.event(subject.OnWrite)
	// Callbacks that come with a write replace those they name, and no others.
	c.do(subject.Request{Op: subject.Write, On: "plain", Data: []byte("x"), Callbacks: "B", Has: []subject.Callback{subject.OnRead}})
	for callback, tag := range map[subject.Callback]subject.Tag{subject.OnRead: "B", subject.OnWrite: "A"} {
		c.await("a callback of "+string(tag), func(r subject.Record) bool { return r.Event == callback && r.Callbacks == tag })
	}
}

// A stream over a socket that keeps what it reads leaves the socket its name.
func TestMakeStream(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	connect := c.connect()
	c.do(connect)
	if a := c.ask(subject.Request{Op: subject.MakeStream, On: "plain", As: "stream"}); a.Error == nil {
		t.Error("a stream over a socket that keeps nothing")
	}
	connect.As, connect.Keep = "kept", true
	c.do(connect)
	c.do(subject.Request{Op: subject.Write, On: "kept", Data: []byte("hello")})
	if r := c.event(subject.OnRead); r.On != "kept" || r.Stream != "" || r.Data != nil {
		t.Errorf("event %v", r)
	}
	c.do(subject.Request{Op: subject.MakeStream, On: "kept", As: "stream"})
	if got := string(c.do(subject.Request{Op: subject.Read, On: "stream"}).Data); got == "" {
		t.Error("the stream does not have what came before it")
	}
	c.do(subject.Request{Op: subject.Write, On: "stream.socket", Data: []byte("again")})
	c.await("data for the stream", func(r subject.Record) bool {
		return r.Event == subject.OnRead && r.On == "kept" && r.Stream == "stream"
	})
}

func TestTimeoutsAndPause(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	connect := c.connect()
	connect.ReadTimeout = 20
	c.do(connect)
	c.do(subject.Request{Op: subject.Disable, On: "plain", ToRead: true})
	c.do(subject.Request{Op: subject.SetTimeouts, On: "plain", WriteTimeout: 10_000})
	c.do(subject.Request{Op: subject.Enable, On: "plain", ToRead: true})
	c.do(subject.Request{Op: subject.Write, On: "plain", Data: []byte("hello")})
	c.reads("plain", len("hello"))
	c.do(subject.Request{Op: subject.SetTimeouts, On: "plain", ReadTimeout: 20})
	if r := c.event(subject.OnEvent); !r.Condition.Is(subject.TCPTimeout) || r.Condition.Socket != "plain" {
		t.Errorf("event %v", r)
	}
}

func TestSocketData(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	c.do(c.connect())
	for _, want := range []string{"", "mine"} {
		if want != "" {
			c.do(subject.Request{Op: subject.SetData, On: "plain", Data: []byte(want)})
		}
		if got := string(c.do(subject.Request{Op: subject.GetData, On: "plain"}).Data); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMeasure(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	before := c.do(subject.Request{Op: subject.Measure})
	c.do(c.connect())
	c.event(subject.OnConnect)
	if after := c.do(subject.Request{Op: subject.Measure}); after.Descriptors <= before.Descriptors || after.Memory == 0 || after.CPU < before.CPU {
		t.Errorf("before the connection %v, then %v", before, after)
	}
}

// Finish is answered when the last connection has gone, and not before; End works after it.
func TestFinish(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	c.do(c.connect())
	c.do(subject.Request{Op: subject.Close, On: "plain", WhenOn: "plain", WhenCallback: subject.OnRead})
	c.do(subject.Request{Op: subject.Write, On: "plain", Data: []byte("x")})
	finished := c.ask(subject.Request{Op: subject.Finish})
	if finished.OK == nil || !slices.ContainsFunc(c.seen, func(r subject.Record) bool { return r.Event == subject.Ran }) {
		t.Errorf("answered %v with the socket open: %v", finished, c.seen)
	}
	c.do(subject.Request{Op: subject.End})
}

// What is asked for in one go with finish is not lost, wherever the loop ends.
func TestFinishAndEnd(t *testing.T) {
	asynctest.Clean(t)
	for range 200 {
		s, err := reference.New().Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Perform(subject.Request{ID: 2, Op: subject.Finish})
		s.Perform(subject.Request{ID: 3, Op: subject.End})
		for _, id := range []int{2, 3} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if r, err := s.Next(ctx); err != nil || r.ID != id || r.OK == nil {
				t.Fatalf("%v, %v; want the answer to %d", r, err, id)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRefusals(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	c.do(c.connect())
	if a := c.ask(subject.Request{Op: "fly", On: "nobody"}); a.Error == nil || !a.Error.Unsupported {
		t.Errorf("fly: %v", a)
	}
	for _, r := range []subject.Request{
		{Op: subject.Close, On: "nobody"}, {Op: subject.Read, On: "plain"}, {Op: subject.Digest, On: "plain"},
	} {
		if a := c.ask(r); a.Error == nil || a.Error.Unsupported {
			t.Errorf("%s: %v", r, a)
		}
	}
}

func TestDialing(t *testing.T) {
	broken := errors.New("the cable is cut")
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, broken }
	c := open(t, reference.Dialing(dial), "", asynctest.Echo)
	c.do(c.connect())
	if r := c.event(subject.OnEvent); !r.Condition.Is(subject.TCPError) || r.Condition.Message != broken.Error() {
		t.Errorf("event %v", r)
	}
}

// An error that is thrown in a callback reaches the event callback, and the loop goes on.
func TestThrow(t *testing.T) {
	c := open(t, reference.New(), "", asynctest.Echo)
	c.do(c.connect())
	c.do(subject.Request{Op: subject.Throw, WhenOn: "plain", WhenCallback: subject.OnRead})
	c.do(subject.Request{Op: subject.Write, On: "plain", Data: []byte("x")})
	c.reads("plain", 1)
	c.event(subject.Ran)
	if r := c.event(subject.OnEvent); r.Condition.Types != nil || r.Condition.Message == "" {
		t.Errorf("event %v", r)
	}
	c.do(subject.Request{Op: subject.Write, On: "plain", Data: []byte("y")})
	c.reads("plain", 1)
}

// separate is the reference without its TLS part.
type separate struct{ subject.Subject }

func (s separate) Open(ctx context.Context) (subject.Session, error) {
	return s.Subject.(subject.Separable).OpenSeparate(ctx)
}

func TestSeparate(t *testing.T) {
	c := open(t, separate{reference.New()}, "", asynctest.Echo)
	c.do(c.connect())
	if a := c.ask(c.wrap()); a.Error == nil || !a.Error.Unsupported {
		t.Errorf("wrap: %v", a)
	}
	c.do(subject.Request{Op: subject.Write, On: "plain", Data: []byte("hello")})
	c.reads("plain", len("hello"))
	if got := c.do(subject.Request{Op: subject.Describe, On: "plain"}).Classes; !slices.Equal(got, []string{subject.ClassSocket}) {
		t.Errorf("classes %v", got)
	}
}
