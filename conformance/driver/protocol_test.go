package driver

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/subject"
)

// The page for authors of drivers names all fields of lines and all capabilities, and its bytes of a write with a size
// are those that the suite expects.
func TestPage(t *testing.T) {
	page := readPage(t)
	for _, of := range []any{request{}, record{}, subject.Result{}, subject.Condition{}, subject.Error{}, introduction{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "" && name != "-" && !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, `"`+name+`":`) {
				t.Errorf("the field %s is not on the page", name)
			}
		}
	}
	_, capabilities, _ := strings.Cut(page, "\n## Capabilities\n")
	for _, c := range subject.Documented {
		if !strings.Contains(capabilities, "| "+string(c)+" |") {
			t.Errorf("the capability %s is not in the table", c)
		}
	}
	for seed := 1; seed <= 2; seed++ {
		p := subject.Payload(1<<20, seed)
		if row := fmt.Sprintf("| %d | `% x` | `%x` |", seed, p[:8], sha256.Sum256(p)); !strings.Contains(page, row) {
			t.Errorf("the table of bytes has no row %s", row)
		}
	}
}

func readPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// examples are the conversations on the page.
func examples(page string) (all [][]string) {
	before := false
	for line := range strings.Lines(page) {
		line, indented := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "    ")
		is := indented && (strings.HasPrefix(line, "→ ") || strings.HasPrefix(line, "← "))
		if is && !before {
			all = append(all, nil)
		}
		if is {
			all[len(all)-1] = append(all[len(all)-1], line)
		}
		before = is
	}
	return all
}

// The examples are lines that the suite would write and take, and there is one of each operation and event.
func TestExamples(t *testing.T) {
	schema, seen := loadSchema(t), map[string]bool{}
	for _, lines := range examples(readPage(t)) {
		inIt, err := schema.Check(strings.NewReader(strings.Join(lines, "\n")))
		if err != nil {
			t.Error(err)
		}
		maps.Copy(seen, inIt)
		r := newReplay()
		for _, line := range lines {
			side, text, _ := strings.Cut(line, " ")
			if err := r.line(side == "→", text); err != nil {
				t.Errorf("%s\n%v", line, err)
			}
		}
	}
	want := schema.Names("operation")
	for _, kind := range schema.Names("kind") {
		want = append(want, "event "+kind)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("operations and events that have an example (-want +got):\n%s", diff)
	}
}

// A replay is a driver's process that an example is all there is of.
type replay struct{ *process }

const exampleSession = "s7"

func newReplay() replay {
	p := &process{asked: make(map[key]*question), lastSeq: -1}
	p.sessions = map[string]*session{exampleSession: {process: p, name: exampleSession}}
	return replay{p}
}

func (r replay) line(toDriver bool, text string) error {
	input := newReader(strings.NewReader(text + "\n"))
	if toDriver {
		var q request
		if _, err := readLine(input, &q); err != nil {
			return err
		}
		return r.request(q, text)
	}
	var line record
	if _, err := readLine(input, &line); err != nil {
		return err
	}
	if r.lastSeq < 0 { // it begins somewhere
		r.lastSeq = line.Seq - 1
	}
	if q := r.asked[key{line.Session, line.ID}]; q != nil && q.request.Op == opHello {
		if hello, err := introduced(line); err != nil || hello.Check() != nil {
			return fmt.Errorf("%w, %w", err, hello.Check())
		}
	}
	return r.dispatch(line)
}

// request sends what it is told, and what is sent has to be what is written.
func (r replay) request(q request, text string) error {
	asked := &question{request: q, session: r.sessions[exampleSession]}
	if q.Op == opHello || q.Op == opOpen {
		asked.session, asked.reply = nil, make(chan record, 1)
	}
	sent, err := r.note([]*question{asked})
	if err != nil {
		return err
	}
	var want, got map[string]any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		return err
	}
	if err := json.Unmarshal(bytes.TrimSpace(sent), &got); err != nil {
		return err
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("the suite would write another line (-page +suite):\n%s", diff)
	}
	return nil
}
