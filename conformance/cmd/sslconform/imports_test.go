package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

const module = "github.com/sslconform/sslconform/"

// rooms says which packages of our own those of a folder may import: the arrows only go down.
var rooms = []struct {
	folder string
	may    []string
}{
	{"impl/async", nil},
	{"impl/async/asynctest", nil},
	{"impl/asyncssl", []string{"impl/async", "impl/identity"}},
	{"impl/identity", nil},
	{"impl/reference", []string{"impl/asyncssl", "impl/reference/plain", "conformance/subject"}},
	{"impl/reference/plain", []string{"impl/async", "conformance/subject"}},
	{"impl/bench", []string{"impl/async", "impl/asyncssl", "certs"}},
	{"impl/peers/*", []string{"conformance/subject", "conformance/driver"}},
	{"conformance/subject", nil},
	{"conformance/driver", []string{"conformance/subject"}},
	{"conformance/driver/drivertest", nil},
	{"conformance/verdict", []string{"conformance/subject", "fakeserver", "fixtures"}},
	{"conformance", []string{"conformance/subject", "conformance/verdict", "fakeserver", "certs", "fixtures"}},
	{"conformance/capture", []string{"conformance/verdict", "fakeserver"}},
	{"conformance/report", []string{"conformance/verdict", "fixtures"}},
	{"conformance/mutants", []string{"conformance/subject"}},
	{"conformance/mutation", nil},
	{"conformance/cmd/sslconform", []string{"*", "*/*", "*/*/*"}},
	{"conformance/figures", []string{"fixtures"}},
	{"conformance/cmd/bench", []string{"conformance/figures", "conformance/verdict", "certs", "fixtures"}},
	{"conformance/cmd/proof", []string{"conformance/mutants", "conformance/verdict", "fixtures"}},
	{"conformance/cmd/soak", []string{"conformance/verdict"}},
	{"fakeserver", []string{"certs"}},
	{"fakeserver/cmd/fakeserver", []string{"fakeserver", "certs"}},
	{"certs", nil},
	{"fixtures", nil},
	{"fixtures/skip", nil},
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		checkRoom(t, strings.TrimPrefix(p.ImportPath, module), p.Imports)
	}
}

func checkRoom(t *testing.T, folder string, imports []string) {
	for _, room := range rooms {
		if !matches(room.folder, folder) {
			continue
		}
		for _, imported := range imports {
			own, ours := strings.CutPrefix(imported, module)
			if ours && !matchesAny(room.may, own) {
				t.Errorf("%s imports %s, which is not for it", folder, own)
			}
		}
		return
	}
	t.Errorf("%s has no room in the house", folder)
}

// What knows of no TLS gets none into a program that uses it.
func TestWithoutTLS(t *testing.T) {
	for _, folder := range []string{"impl/async", "impl/reference/plain"} {
		out, err := exec.Command("go", "list", "-deps", module+folder).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range strings.Fields(string(out)) {
			if imported == "crypto/tls" || imported == module+"impl/asyncssl" {
				t.Errorf("%s brings in %s", folder, imported)
			}
		}
	}
}

func matches(pattern, folder string) bool {
	ok, _ := path.Match(pattern, folder)
	return ok
}

func matchesAny(patterns []string, folder string) bool {
	for _, p := range patterns {
		if matches(p, folder) {
			return true
		}
	}
	return false
}
