package driver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/driver"
)

const hello = `read l; echo '{"seq":1,"id":1,"ok":{"name":"acme","capabilities":["tls1.3"]}}'; `

const opened = `read l; echo '{"seq":2,"id":1,"session":"s1","ok":{}}'; read l; `

// Whatever is wrong with a driver that starts, Start says so in a sentence that names it, and what to do about it.
func TestStartFails(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string, mode os.FileMode) []string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return []string{path}
	}
	for name, test := range map[string]struct {
		command []string
		want    string
	}{
		"no such file":              {[]string{"/no/such/driver"}, "there is no file /no/such/driver: give the path of a program"},
		"not in PATH":               {[]string{"no-such-driver"}, `there is no program "no-such-driver" in PATH: give the path of one, such as ./no-such-driver`},
		"a folder":                  {[]string{folder}, folder + " is a folder: give the path of a program"},
		"not executable":            {file("mode", "#!/bin/sh\n", 0o644), "may not be run: chmod +x"},
		"no program":                {file("text", "Welcome!", 0o755), "a script has to begin with a line such as #!/bin/sh"},
		"no interpreter":            {file("lisp", "#!/no/such/lisp\n", 0o755), "is there, but not what it takes to run it"},
		"exits":                     {[]string{"/bin/false"}, "the driver's process ended (exit status 1); it wrote nothing to its standard error"},
		"exits with a message":      {sh(`echo "cannot find libfoo" >&2; exit 3`), "ended (exit status 3); the end of its standard error:\ncannot find libfoo"},
		"dies by a signal":          {sh(`kill -SEGV $$`), "signal: segmentation fault"},
		"exits, and leaves a child": {sh(`sleep 60 & exit 3`), "the driver's process ended (exit status 3)"},
		"speaks no JSON":            {sh(`echo Welcome; cat`), "what it wrote to its standard output is not a line of the protocol: it is no JSON: invalid character 'W' looking for beginning of value: Welcome"},
		"wrong id":                  {sh(`read l; echo '{"seq":1,"id":7,"ok":{}}'; cat`), "an answer to the request 7, which was not made"},
		"no seq":                    {sh(`read l; echo '{"id":1,"ok":{}}'; cat`), `a line has no "seq" where 1 was due: {"id":1,"ok":{}}`},
		"a misspelt field":          {sh(`read l; echo '{"seq":1,"id":1,"okay":{}}'; cat`), `not a line of the protocol: unknown field "okay"`},
		"a number in quotes":        {sh(`read l; echo '{"seq":"1","id":1,"ok":{}}'; cat`), `"seq" is a JSON string where a whole number belongs: {"seq":"1"`},
		"no name":                   {sh(`read l; echo '{"seq":1,"id":1,"ok":{"capabilities":["tls1.3"]}}'; cat`), `does not say its name: give "name"`},
		"a misspelt introduction":   {sh(`read l; echo '{"seq":1,"id":1,"ok":{"name":"acme","capability":["tls1.3"]}}'; cat`), `its answer to hello is not as it should be: unknown field "capability"`},
		"no version of TLS":         {sh(`read l; echo '{"seq":1,"id":1,"ok":{"name":"acme","capabilities":["stream"]}}'; cat`), `declares neither "tls1.2" nor "tls1.3": give at least one of them`},
		"unknown capability":        {sh(`read l; echo '{"seq":1,"id":1,"ok":{"name":"acme","capabilities":["tls1.3","flight"]}}'; cat`), `the capability "flight", which does not exist: use some of stream,`},
		"refuses":                   {sh(`read l; echo '{"seq":1,"id":1,"error":{"unsupported":true}}'; cat`), "it answers hello with an error: unsupported"},
		"closes its output":         {sh(`exec >&-; cat >&2`), "it closed its standard output, but runs on"},
		"buffers its output":        {sh(`read l; cat >&2`), "no answer to hello within 5s; it wrote nothing to its standard error\n(it has to answer hello, its first line, as conformance/driver/PROTOCOL.md describes, and to write the answer out at once)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, left := marked(test.command)
			_, err := driver.Start(t.Context(), command, 5*time.Second)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.command[0]) {
				t.Errorf("got  %v\nwant …%s", err, test.want)
			}
			if pids := left(); len(pids) > 0 {
				t.Errorf("processes are left: %v", pids)
			}
		})
	}
	if _, err := driver.Start(t.Context(), nil, time.Second); err == nil {
		t.Error("it starts without a command")
	}
}

// However stubborn it is, a driver that says nothing is told of in time.
func TestStartIsBounded(t *testing.T) {
	began := time.Now()
	command, left := marked(sh("trap '' TERM; sleep 60 & wait; sleep 60"))
	_, err := driver.Start(t.Context(), command, time.Second)
	if err == nil || !strings.Contains(err.Error(), "no answer to hello within 1s") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	if pids := left(); len(pids) > 0 {
		t.Errorf("processes are left: %v", pids)
	}
}

func sh(script string) []string { return []string{"/bin/sh", "-c", script} }
