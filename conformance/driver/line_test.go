package driver

import (
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What goes to a driver can be read without knowing how JSON escapes characters.
func TestRequestsHaveNoEscapes(t *testing.T) {
	line, err := encodeRequest(request{Request: subject.Request{ID: 2, Op: subject.Write, On: "<a&b>", Data: []byte("\"\\\xff")}})
	if want := `{"id":2,"op":"write","on":"<a&b>","data":"Ilz/"}` + "\n"; err != nil || string(line) != want {
		t.Errorf("got %s, %v; want %s", line, err, want)
	}
	for _, path := range []string{`a"b`, `a\b`, "a\nb", "ä"} {
		if _, err := encodeRequest(request{Request: subject.Request{Authority: path}}); err == nil {
			t.Errorf("%q is let through", path)
		}
	}
	if _, err := encodeRequest(request{Request: subject.Request{Data: []byte(strings.Repeat("x", maxLine))}}); err == nil {
		t.Error("a line that is too long is let through")
	}
}
