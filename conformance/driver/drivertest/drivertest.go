// Package drivertest helps to test drivers: it holds the lines that pass between the suite and one of them against
// protocol.schema.json.
package drivertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxLine is what PROTOCOL.md allows a line, its end included.
const maxLine = 1 << 20

// A Schema is that of the protocol.
type Schema struct {
	any, request *jsonschema.Schema
	results      map[string]*jsonschema.Schema // by operation
	definitions  map[string]definition
}

// A definition is one of the schema's, as far as it is a list of names, or tells of fields.
type definition struct {
	Enum       []string
	Properties map[string]any
}

// Load reads protocol.schema.json.
func Load(path string) (*Schema, error) {
	s, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("read the schema %s: %w", path, err)
	}
	return s, nil
}

func load(path string) (*Schema, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document struct {
		Definitions map[string]definition `json:"$defs"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	s := &Schema{results: make(map[string]*jsonschema.Schema), definitions: document.Definitions}
	compiler := jsonschema.NewCompiler()
	if s.any, err = compiler.Compile(path); err != nil {
		return nil, err
	}
	if s.request, err = compiler.Compile(path + "#/$defs/request"); err != nil {
		return nil, err
	}
	for _, op := range s.Names("operation") {
		if s.results[op], err = compiler.Compile(path + "#/$defs/" + op + "/$defs/result"); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Names are those that a definition lists, in order: "operation", "kind" (of events), "capability", "condition-name".
func (s *Schema) Names(definition string) []string {
	return slices.Sorted(slices.Values(s.definitions[definition].Enum))
}

// Fields are those that a definition allows, in order.
func (s *Schema) Fields(definition string) []string {
	return slices.Sorted(maps.Keys(s.definitions[definition].Properties))
}

// Check tells what is wrong with the lines of a transcript, which is written as [Tap] and PROTOCOL.md write it, and
// returns the operations and events that occur in it, an event with that word before its kind.
func (s *Schema) Check(transcript io.Reader) (seen map[string]bool, err error) {
	c := checker{Schema: s, asked: make(map[key]string), seen: make(map[string]bool)}
	var wrong []error
	lines := bufio.NewScanner(transcript)
	lines.Buffer(nil, 2*maxLine)
	for lines.Scan() {
		if err := c.check(lines.Text()); err != nil {
			wrong = append(wrong, fmt.Errorf("%.400s\n%w", lines.Text(), err))
		}
	}
	return c.seen, errors.Join(append(wrong, lines.Err())...)
}

// A checker goes through a transcript.
type checker struct {
	*Schema
	asked map[key]string // the operation of each request
	seen  map[string]bool
}

// key is what a request is known by.
type key struct {
	Session string
	ID      int
}

func (c *checker) check(line string) error {
	if request, is := strings.CutPrefix(line, to); is {
		return c.toDriver([]byte(request))
	}
	if report, is := strings.CutPrefix(line, from); is {
		return c.fromDriver([]byte(report))
	}
	return errors.New("it does not say whose line it is")
}

func (c *checker) toDriver(line []byte) error {
	var q struct {
		key
		Op string
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return err
	}
	c.asked[q.key] = q.Op
	c.seen[q.Op] = true
	if err := valid(c.request, line); err != nil {
		return err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, line); err != nil || compact.Len() != len(line) {
		return errors.Join(errors.New("there is space between its tokens"), err)
	}
	return nil
}

func (c *checker) fromDriver(line []byte) error {
	if err := valid(c.any, line); err != nil {
		return err
	}
	var a struct {
		key
		Event string
		OK    json.RawMessage
	}
	err := json.Unmarshal(line, &a)
	if a.Event != "" {
		c.seen["event "+a.Event] = true
	}
	result := c.results[c.asked[a.key]]
	switch {
	case err != nil || a.OK == nil:
		return err
	case result == nil:
		return errors.New("it answers a request that was not made")
	default:
		return valid(result, a.OK)
	}
}

func valid(s *jsonschema.Schema, line []byte) error {
	if len(line) >= maxLine {
		return fmt.Errorf("its %d bytes are too many for a line", len(line))
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return err
	}
	return s.Validate(v)
}
