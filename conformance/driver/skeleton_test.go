package driver_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fixtures/skip"
)

// skeleton builds the driver in C that the page shows, with a main function of its own or with another one.
func skeleton(t *testing.T, main string) (program string) {
	t.Helper()
	gcc := skip.Tool(t, "gcc")
	page, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(page), "```c\n")
	code, _, _ = strings.Cut(code, "```")
	folder := t.TempDir()
	source, program := filepath.Join(folder, "driver.c"), filepath.Join(folder, "driver")
	if main != "" {
		code = strings.Replace(code, "int main(void)", "int skeleton(void)", 1) + main
	}
	if err := os.WriteFile(source, []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(gcc, "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1", "-o", program, source).CombinedOutput()
	if err != nil {
		t.Fatalf("build the skeleton: %v\n%s", err, out)
	}
	return program
}

// The skeleton talks, and offers nothing.
func TestSkeleton(t *testing.T) {
	d, err := start(t, skeleton(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	requests := append([]subject.Request{
		{ID: 2, Op: subject.Sync},
		{ID: 3, Op: subject.Write, On: "x", Data: bytes.Repeat([]byte{255}, 700_000)},
		{ID: 4, Op: subject.Close, On: "x", WhenOn: "x", WhenCallback: subject.OnRead},
	}, everything...)
	requests = append(requests, subject.Request{ID: 99, Op: subject.End})
	if err := s.Perform(requests...); err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, s)
	if err != nil {
		t.Fatal(err)
	}
	var want []subject.Record
	for _, r := range requests {
		answer := subject.Record{ID: r.ID, Error: subject.ErrUnsupported}
		if r.Op == subject.Sync || r.Op == subject.End {
			answer = subject.Record{ID: r.ID, OK: &subject.Result{}}
		}
		want = append(want, answer)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(subject.Record{}, "Time", "Seq")); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// What it has for later is right, too: fields of any kind, and bytes of every value in either direction.
func TestSkeletonParts(t *testing.T) {
	program := skeleton(t, `
int main(void)
{
	char *line = NULL;
	size_t room = 0;
	struct request r;
	unsigned char *bytes;

	while (getline(&line, &room, stdin) > 0) {
		parse(&r, line);
		bytes = malloc(strlen(get(&r, "data")) + 1);
		read_event(get(&r, "session"), get(&r, "more"), get(&r, "has"), bytes, from_base64(get(&r, "data"), bytes));
		free(bytes);
	}
	return 0;
}
`)
	every := make([]byte, 256)
	for n := range every {
		every[n] = byte(n)
	}
	var in strings.Builder
	for n := range len(every) + 1 {
		fmt.Fprintf(&in, `{"id":%d,"op":"write","data":"%s","has":["read","event"],"session":"s1","more":true}`+"\n", n, base64.StdEncoding.EncodeToString(every[n:]))
	}
	parts := exec.Command(program)
	parts.Stdin = strings.NewReader(in.String())
	out, err := parts.Output()
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(out))
	for n := range len(every) + 1 {
		type event struct {
			Seq                           int
			Event, Session, On, Callbacks string
			Arguments                     int
			Data                          []byte
		}
		want, got := event{n + 1, "read", "s1", "true", `["read","event"]`, 2, every[n:]}, event{}
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("line %d (-want +got):\n%.1000s", n+1, diff)
		}
	}
}
