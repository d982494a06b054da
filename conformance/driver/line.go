package driver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sslconform/sslconform/conformance/subject"
)

// Protocol is the version of the protocol that both ends speak.
const Protocol = 1

// maxLine bounds a line, its end included.
const maxLine = 1 << 20

// The operations of a process; all others are those of a session.
const (
	opHello subject.Operation = "hello"
	opOpen  subject.Operation = "open"
)

// request is a line from the suite to a driver.
type request struct {
	subject.Request
	Session  string `json:"session,omitempty"`
	Protocol int    `json:"protocol,omitempty"`
	// More: the next request of the session belongs to the same turn.
	More bool `json:"more,omitempty"`
}

// record is a line from a driver to the suite.
type record struct {
	subject.Record
	Session string `json:"session,omitempty"`
	// OK is an introduction for hello and a [subject.Result] for all else.
	OK json.RawMessage `json:"ok,omitempty"`
}

// introduction answers hello.
type introduction struct {
	subject.Info
	// Sessions: the process can hold several sessions, one after the other and at once.
	Sessions bool `json:"sessions,omitempty"`
}

// errLine: what came is not a line of the protocol.
var errLine = errors.New("not a line of the protocol")

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, maxLine) }

// readLine decodes the next line into v, strictly: an unknown field is a misspelt one. At the end it returns io.EOF.
func readLine(r *bufio.Reader, v any) error {
	line, err := r.ReadSlice('\n')
	bad := func(why any) error {
		return fmt.Errorf("%w: %v: %s", errLine, why, subject.Quote(bytes.TrimSpace(line)))
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return bad(fmt.Sprintf("longer than %d bytes", maxLine))
	case err != nil && len(line) > 0:
		return bad("cut off before its end")
	case err != nil:
		return err
	}
	if err := decode(line, v); err != nil {
		return bad(err)
	}
	return nil
}

func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON object")
	}
	return nil
}

func encodeLine(v any) ([]byte, error) {
	line, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode a line: %w", err)
	}
	if len(line) >= maxLine {
		return nil, fmt.Errorf("encode a line: %d bytes are more than the %d of a line", len(line), maxLine)
	}
	return append(line, '\n'), nil
}
