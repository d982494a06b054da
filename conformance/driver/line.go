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
	// Separate: the session is to be opened where the TLS part is not loaded.
	Separate bool `json:"separate,omitempty"`
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

// errLine: what came is not a line of the protocol; errCut: it may have become one.
var (
	errLine = errors.New("not a line of the protocol")
	errCut  = fmt.Errorf("%w: cut off before its end", errLine)
)

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, maxLine) }

// readLine decodes the next line into v, strictly: an unknown field is a misspelt one. It returns the line as it may be
// shown. At the end the error is io.EOF.
func readLine(r *bufio.Reader, v any) (shown string, err error) {
	line, err := r.ReadSlice('\n')
	shown = show(line)
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		err = fmt.Errorf("%w: longer than %d bytes", errLine, maxLine)
	case err != nil && len(line) > 0:
		err = errCut
	case err == nil:
		if err = decode(line, v); err != nil {
			err = fmt.Errorf("%w: %w", errLine, err)
		}
	}
	return shown, err
}

func show(line []byte) string {
	const most = 400
	line = bytes.TrimSpace(line)
	if len(line) > most {
		return fmt.Sprintf("%s… (%d bytes)", line[:most], len(line))
	}
	return string(line)
}

func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return undecoded(err)
	}
	if rest := data[d.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return errors.New("something follows the JSON object")
	}
	return nil
}

func encodeLine(v any) ([]byte, error) {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode a line: %w", err)
	}
	if line.Len() > maxLine {
		return nil, fmt.Errorf("encode a line: %d bytes are more than the %d of a line", line.Len(), maxLine)
	}
	return line.Bytes(), nil
}

// encodeRequest makes a line that can be read without knowing how JSON escapes characters.
func encodeRequest(r request) ([]byte, error) {
	line, err := encodeLine(r)
	if err == nil && bytes.ContainsFunc(line, func(c rune) bool { return c == '\\' || c > '~' }) {
		err = fmt.Errorf("the request %q has a character that is kept from drivers: printable ASCII without \" and \\ is what the protocol allows", r)
	}
	return line, err
}
