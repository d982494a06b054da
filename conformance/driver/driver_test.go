package driver_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/driver/drivertest"
	"github.com/sslconform/sslconform/conformance/subject"
)

// serve makes this test's binary a driver of the toy, which is how both ends are tested.
//
// It is the folder where each process leaves a transcript.
const serve = "SSLCONFORM_TEST_SERVE"

// startToy starts a driver of the toy; all lines are held against the schema when the test ends.
func startToy(t *testing.T) *driver.Driver {
	t.Helper()
	folder := t.TempDir()
	t.Cleanup(func() { checkTranscripts(t, folder) })
	t.Setenv(serve, folder)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a driver has little time to end
	d, err := start(t, os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func checkTranscripts(t *testing.T, folder string) {
	schema, err := drivertest.Load("protocol.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	transcripts, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(transcripts) == 0 {
		t.Errorf("there is no transcript in %s: %v", folder, err)
	}
	for _, path := range transcripts {
		transcript, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer transcript.Close()
		if _, err := schema.Check(transcript); err != nil {
			t.Error(err)
		}
	}
}

func serveToy(folder string) error {
	transcript, err := os.CreateTemp(folder, "")
	if err != nil {
		return err
	}
	defer transcript.Close()
	tap := drivertest.NewTap(transcript)
	return driver.Serve(context.Background(), toy{}, io.TeeReader(os.Stdin, tap.ToDriver()), io.MultiWriter(tap.FromDriver(), os.Stdout))
}

func TestMain(m *testing.M) {
	if folder := os.Getenv(serve); folder != "" {
		if err := serveToy(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	// Most of them wait for drivers that do not end.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// start starts a driver that is gone when the test ends, and nothing with it is left.
func start(t *testing.T, command ...string) (*driver.Driver, error) {
	t.Helper()
	before := gleak.Goroutines()
	t.Cleanup(func() { gomega.NewWithT(t).Eventually(gleak.Goroutines, "10s").ShouldNot(gleak.HaveLeaked(before)) })
	d, err := driver.Start(t.Context(), command, 10*time.Second)
	if err == nil {
		t.Cleanup(func() { d.Close() })
	}
	return d, err
}

// collect reads records until the session ends or breaks.
func collect(t *testing.T, s subject.Session) ([]subject.Record, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var all []subject.Record
	for {
		r, err := s.Next(ctx)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
}

// everything is requests that have, between them, all fields but those that defer one.
var everything = []subject.Request{
	{ID: 20, Op: subject.Connect, As: "as", Host: "127.0.0.1", Port: 1, Stream: true, Keep: true, Digest: true,
		Callbacks: "A", Has: []subject.Callback{subject.OnWrite}, ReadTimeout: 2, WriteTimeout: 3, Data: []byte{0}},
	{ID: 21, Op: subject.Wrap, On: "on", As: "as", CloseCallback: "C", Certificate: "c", Key: "k", Password: "p",
		Method: subject.MethodTLS12, Authority: "a", ServerName: "s"},
	{ID: 22, Op: subject.Write, On: "on", Data: []byte{0}, Text: true, Callbacks: "B", Has: []subject.Callback{subject.OnRead}},
	{ID: 23, Op: subject.Write, On: "on", Size: 4, Seed: 5},
	{ID: 24, Op: subject.Enable, On: "on", ToRead: true, ToWrite: true},
}

// All fields are there, now and when there are new ones.
func TestEverything(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[subject.Request]()) {
		used := slices.ContainsFunc(everything, func(r subject.Request) bool {
			return !reflect.ValueOf(r).FieldByIndex(field.Index).IsZero()
		})
		if used == strings.HasPrefix(field.Name, "When") {
			t.Errorf("the requests everything do not have the field %s as they should", field.Name)
		}
	}
}

// What a subject reports arrives as it was, whether it is here or in another process.
func TestServe(t *testing.T) {
	d := startToy(t)
	if diff := cmp.Diff(toy{}.Info(), d.Info()); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
	requests := [][]subject.Request{
		{
			{ID: 2, Op: subject.Close, On: "x", WhenOn: "x", WhenCallback: subject.OnRead},
			{ID: 3, Op: subject.Closed, On: "x", WhenOn: "x", WhenCallback: subject.OnRead, WhenEvery: true},
			{ID: 4, Op: subject.Close, On: "x", WhenOn: "x", WhenCallback: subject.OnWrite},
		},
		{{ID: 5, Op: subject.Write, On: "x", Data: []byte{0, 255}}, {ID: 6, Op: subject.Closed, On: "x"}, {ID: 7, Op: subject.Disable, On: "x", ToRead: true}},
		{{ID: 8, Op: subject.Sync}},
		everything,
		{{ID: 9, Op: subject.Measure}, {ID: 10, Op: subject.Describe, On: "x"}, {ID: 11, Op: subject.Digest, On: "x"}, {ID: 12, Op: subject.Read, On: "u"}},
		{{ID: 13, Op: subject.Finish}},
		{{ID: 14, Op: subject.End}},
	}
	var want, got []subject.Record
	for records, s := range map[*[]subject.Record]subject.Subject{&want: toy{}, &got: d} {
		session, err := s.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, turn := range requests {
			if err := session.Perform(turn...); err != nil {
				t.Fatal(err)
			}
		}
		if *records, err = collect(t, session); err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[subject.Result]()) {
		if !slices.ContainsFunc(want, func(r subject.Record) bool {
			return r.OK != nil && !reflect.ValueOf(*r.OK).FieldByIndex(field.Index).IsZero()
		}) {
			t.Errorf("no result of the toy has the field %s", field.Name)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(subject.Record{}, "Time", "Seq")); diff != "" {
		t.Errorf("records (-here +there):\n%s", diff)
	}
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// Sessions of a kept process do not get each other's records.
func TestServeSessions(t *testing.T) {
	d := startToy(t)
	var sessions []subject.Session
	for n := range 3 {
		s, err := d.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
		s.Perform(subject.Request{ID: 1, Op: subject.Write, On: subject.Handle(fmt.Sprint(n)), Data: []byte{byte(n)}})
	}
	for n, s := range sessions {
		s.Perform(subject.Request{ID: 2, Op: subject.End})
		got, err := collect(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || got[0].Event != subject.OnRead || got[0].On != subject.Handle(fmt.Sprint(n)) {
			t.Errorf("session %d got %v", n, got)
		}
	}
}

const hello = `read l; echo '{"seq":1,"id":1,"ok":{"name":"acme","capabilities":["tls1.3"]}}'; `

const opened = `read l; echo '{"seq":2,"id":1,"session":"s1","ok":{}}'; read l; `

// Whatever is wrong with a driver that starts, Start says so in a sentence that names it.
func TestStartFails(t *testing.T) {
	for name, test := range map[string]struct {
		command []string
		want    string
	}{
		"no such program":      {[]string{"/no/such/driver"}, "no such file or directory"},
		"exits":                {[]string{"/bin/false"}, "the driver's process ended (exit status 1); it wrote nothing to its standard error"},
		"exits with a message": {sh(`echo "cannot find libfoo" >&2; exit 3`), "cannot find libfoo"},
		"dies by a signal":     {sh(`kill -SEGV $$`), "signal: segmentation fault"},
		"speaks no JSON":       {sh(`echo Welcome; cat`), "not a line of the protocol: invalid character 'W' looking for beginning of value: Welcome"},
		"wrong id":             {sh(`read l; echo '{"seq":1,"id":7,"ok":{}}'; cat`), "an answer to the request 7, which was not made"},
		"no seq":               {sh(`read l; echo '{"id":1,"ok":{}}'; cat`), "has the number 0 where 1 was due"},
		"a misspelt field":     {sh(`read l; echo '{"seq":1,"id":1,"okay":{}}'; cat`), `unknown field "okay"`},
		"unknown capability":   {sh(`read l; echo '{"seq":1,"id":1,"ok":{"name":"acme","capabilities":["tls1.3","flight"]}}'; cat`), `the capability "flight", which does not exist: use some of stream,`},
		"refuses":              {sh(`read l; echo '{"seq":1,"id":1,"error":{"unsupported":true}}'; cat`), "it answers hello with an error: unsupported"},
		"closes its output":    {sh(`exec >&-; cat >&2`), "it closed its standard output, but runs on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := driver.Start(t.Context(), test.command, 10*time.Second)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.command[0]) {
				t.Errorf("got  %v\nwant …%s", err, test.want)
			}
		})
	}
}

func TestStartIsBounded(t *testing.T) {
	began := time.Now()
	_, err := driver.Start(t.Context(), sh("trap '' TERM; sleep 60 & wait; sleep 60"), time.Second)
	if err == nil || !strings.Contains(err.Error(), "no answer to hello within 1s") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func sh(script string) []string { return []string{"/bin/sh", "-c", script} }

// A session that a driver spoils breaks with a fault, one whose process dies with an error that is none.
func TestBrokenSessions(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		fault  bool
		want   string
	}{
		"dies":              {`exit 7`, false, "the driver's process ended (exit status 7)"},
		"dies by a signal":  {`kill -ABRT $$`, false, "signal: aborted"},
		"asks and dies":     {`printf 'Password:' >/dev/tty; exit 7`, false, `(exit status 7); on its terminal, where nobody answers, it wrote "Password:"; it wrote nothing to its standard error`},
		"garbage":           {`echo oops; cat`, true, "beginning of value: oops"},
		"half a line":       {`printf '{"seq":3,'`, true, "cut off before its end"},
		"a long line":       {`head -c 2000000 /dev/zero | tr '\0' x; cat`, true, "longer than 1048576 bytes"},
		"two objects":       {`echo '{"seq":3,"id":2,"session":"s1","ok":{}}{}'; cat`, true, "something follows"},
		"a number too many": {`echo '{"seq":4,"id":2,"session":"s1","ok":{}}'; cat`, true, "has the number 4 where 3 was due"},
		"wrong id":          {`echo '{"seq":3,"id":9,"session":"s1","ok":{}}'; cat`, true, "an answer to the request 9"},
		"no outcome":        {`echo '{"seq":3,"id":2,"session":"s1"}'; cat`, true, `needs either an "ok" or an "error"`},
		"two outcomes":      {`echo '{"seq":3,"id":2,"session":"s1","ok":{},"error":{}}'; cat`, true, `needs either an "ok" or an "error"`},
		"another session":   {`echo '{"seq":3,"id":2,"session":"s9","ok":{}}'; cat`, true, `of the session "s9"`},
		"event of another":  {`echo '{"seq":3,"event":"close","session":"s9"}'; cat`, true, `an event of the session "s9"`},
		"deferred unasked":  {`echo '{"seq":3,"id":2,"session":"s1","deferred":true}'; cat`, true, "as if it were deferred"},
		"ran unasked":       {`echo '{"seq":3,"event":"ran","id":2,"session":"s1","ok":{}}'; cat`, true, "is said to have run"},
		"answers twice":     {`echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; echo '{"seq":4,"id":2,"session":"s1","ok":{}}'; cat`, true, "is answered already"},
		"no result":         {`echo '{"seq":3,"id":2,"session":"s1","ok":[]}'; cat`, true, "is not one"},
		"unknown condition": {`echo '{"seq":3,"event":"event","session":"s1","condition":{"types":["tcp-bogus"]}}'; cat`, true, `the type "tcp-bogus", which is not documented`},
		"unknown error":     {`echo '{"seq":3,"id":2,"session":"s1","error":{"types":["tcp-bogus"]}}'; cat`, true, `the type "tcp-bogus", which is not documented`},
		"does not exit":     {`echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; read l; echo '{"seq":4,"id":3,"session":"s1","ok":{}}'; sleep 60`, true, "did not exit within 3s of the end of its input"},
		"closes its output": {`exec >&-; cat >&2`, true, "it closed its standard output, but runs on"},
		"reads no more":     {`exec <&-; sleep 60`, false, ""},
		"answers the end, and goes on": {`echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; read l; echo '{"seq":4,"id":3,"session":"s1","ok":{}}'; echo '{"seq":5,"event":"close","session":"s1"}'; cat`,
			true, "nothing may follow the answer to end"},
		"ends badly": {`echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; read l; echo '{"seq":4,"id":3,"session":"s1","ok":{}}'; cat; exit 4`,
			true, "exit status 4, though its input just ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := useUp(t, sh(hello+opened+test.script))
			var fault *subject.Fault
			if test.want == "" {
				return // bounded, and nothing is left of it: that is all
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || errors.As(err, &fault) != test.fault {
				t.Errorf("got  %v\nwant …%s", err, test.want)
			}
		})
	}
}

// useUp opens a session, asks something, ends it, and returns what was wrong.
func useUp(t *testing.T, command []string) error {
	d, err := driver.Start(t.Context(), command, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for id, op := range []subject.Operation{subject.Sync, subject.End} {
		if err := s.Perform(subject.Request{ID: id + 2, Op: op}); err != nil {
			return errors.Join(err, s.Close())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		if _, err := s.Next(ctx); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	return s.Close()
}
