package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An author in Go tests a subject from a module of their own by the lines that README shows: they pass, and a clause
// fails where the subject is broken.
func TestAuthorInGo(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^    func TestConformance\(t \*testing\.T\) \{\n(?:        .*\n)+    \}\n`).FindString(string(readme))
	if lines == "" {
		t.Fatal("README does not show a TestConformance any more")
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string]string{
		"go.mod": fmt.Sprintf("module example.org/acme\n\ngo 1.25.0\n\nrequire github.com/sslconform/sslconform v0.0.0\n\nreplace github.com/sslconform/sslconform => %s\n", root),
		"go.sum": string(sums),
		"acme_test.go": `package acme_test

import (
	"os"
	"testing"

	"github.com/sslconform/sslconform/conformance"
	"github.com/sslconform/sslconform/conformance/mutants"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/reference"
)

` + lines + `
var mySubject = acme()

func acme() subject.Subject {
	name := os.Getenv("MUTANT")
	if name == "" {
		return reference.New()
	}
	m, err := mutants.Find(name)
	if err != nil {
		panic(err)
	}
	return m.Of(func(dial mutants.Dial) subject.Subject { return reference.Dialing(dial) })
}
`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	test := func(mutant string) (string, error) {
		cmd := exec.Command("go", "test", "-mod=mod", "-count=1", "-ginkgo.focus", "close/(explicit|last)", ".")
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "MUTANT="+mutant)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := test(""); err != nil {
		t.Fatalf("a good subject: %v\n%s", err, out)
	}
	for mutant, want := range map[string]string{
		"close-cb-twice": "close/explicit (must): Closing the wrapped socket calls close-cb once",
		// What comes when a session is watched is in no spec of Ginkgo's.
		"close-cb-again-later": "close/last (must): After close-cb no callback runs",
	} {
		if out, err := test(mutant); err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v, and it does not say %q:\n%s", mutant, err, want, out)
		}
	}
}
