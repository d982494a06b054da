package driver_test

import (
	"context"
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
