package driver

import (
	"crypto/sha256"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/subject"
)

// The page for authors of drivers names all fields of lines and all capabilities, and its bytes of a write with a size
// are those that the suite expects.
func TestPage(t *testing.T) {
	data, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
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
