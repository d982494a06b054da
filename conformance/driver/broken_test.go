package driver_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/subject"
)

// A session that a driver spoils breaks with a fault, one whose process dies with an error that is none.
func TestBrokenSessions(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		fault  bool
		want   string
	}{
		"good":                        {good + `cat`, false, ""},
		"dies":                        {`exit 7`, false, "the driver's process ended (exit status 7)"},
		"dies by a signal":            {`kill -ABRT $$`, false, "signal: aborted"},
		"asks and dies":               {`printf 'Password:' >/dev/tty; exit 7`, false, `(exit status 7); on its terminal, where nobody answers, it wrote "Password:"; it wrote nothing to its standard error`},
		"hangs":                       {`sleep 60`, false, "context deadline exceeded"},
		"hangs for ever":              {`trap '' TERM; sleep 60; sleep 60`, false, "context deadline exceeded"},
		"garbage":                     {`echo oops; cat`, true, "beginning of value: oops"},
		"half a line":                 {`printf '{"seq":3,'`, true, `not a line of the protocol: cut off before its end: {"seq":3,`},
		"dies in a line":              {`printf '{"seq":3,'; kill -SEGV $$`, false, `ended (signal: segmentation fault); its last line is not a line of the protocol: cut off before its end: {"seq":3,`},
		"stops in a line":             {`printf '{"seq":3,'; exec >&-; cat >&2`, true, "it closed its standard output, but runs on; its last line is"},
		"hangs in a line":             {`printf '{"seq":3,'; sleep 60`, false, "context deadline exceeded"},
		"a long line":                 {`head -c 100000000 /dev/zero | tr '\0' x; cat`, true, "longer than 1048576 bytes"},
		"two objects":                 {`echo '{"seq":3,"id":2,"session":"s1","ok":{}}{}'; cat`, true, "something follows"},
		"no number":                   {`echo '{"id":2,"session":"s1","ok":{}}'; cat`, true, `a line has no "seq" where 3 was due`},
		"a number too many":           {`echo '{"seq":4,"id":2,"session":"s1","ok":{}}'; cat`, true, "has the number 4 where 3 was due"},
		"wrong id":                    {`echo '{"seq":3,"id":9,"session":"s1","ok":{}}'; cat`, true, "an answer to the request 9"},
		"no outcome":                  {`echo '{"seq":3,"id":2,"session":"s1"}'; cat`, true, `needs either an "ok" or an "error"`},
		"two outcomes":                {`echo '{"seq":3,"id":2,"session":"s1","ok":{},"error":{}}'; cat`, true, `needs either an "ok" or an "error"`},
		"another session":             {`echo '{"seq":3,"id":2,"session":"s9","ok":{}}'; cat`, true, `of the session "s9"`},
		"event of another":            {`echo '{"seq":3,"event":"close","session":"s9"}'; cat`, true, `an event of the session "s9"`},
		"unknown event":               {`echo '{"seq":3,"event":"drain","session":"s1"}'; cat`, true, `there is no event "drain": use one of connect,`},
		"no condition":                {`echo '{"seq":3,"event":"event","session":"s1","callbacks":"A"}'; cat`, true, `an event callback was called with no "condition"`},
		"deferred unasked":            {`echo '{"seq":3,"id":2,"session":"s1","deferred":true}'; cat`, true, "as if it were deferred"},
		"ran unasked":                 {`echo '{"seq":3,"event":"ran","id":2,"session":"s1","ok":{}}'; cat`, true, "is said to have run"},
		"answers twice":               {`echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; echo '{"seq":4,"id":2,"session":"s1","ok":{}}'; cat`, true, "is answered already"},
		"no result":                   {`echo '{"seq":3,"id":2,"session":"s1","ok":[]}'; cat`, true, "is not as it should be: it is a JSON array where an object belongs"},
		"unknown condition":           {`echo '{"seq":3,"event":"event","session":"s1","condition":{"types":["tcp-bogus"]}}'; cat`, true, `the type "tcp-bogus", which is not documented`},
		"unknown error":               {`echo '{"seq":3,"id":2,"session":"s1","error":{"types":["tcp-bogus"]}}'; cat`, true, `the type "tcp-bogus", which is not documented`},
		"does not exit":               {good + `sleep 60`, true, "did not exit within 3s of the end of its input"},
		"will not exit":               {`trap '' TERM; ` + good + `sleep 60; sleep 60`, true, "did not exit within 3s of the end of its input"},
		"closes its output":           {`exec >&-; cat >&2`, true, "it closed its standard output, but runs on"},
		"reads no more":               {`exec <&-; sleep 60`, false, "context deadline exceeded"},
		"goes on after end":           {good + `echo '{"seq":5,"event":"close","session":"s1"}'; cat`, true, "nothing may follow the answer to end"},
		"ends badly":                  {good + `cat; exit 4`, true, "exit status 4, though its input just ended"},
		"talks without end":           {`yes >&2`, false, "context deadline exceeded"},
		"leaves a child":              {`sleep 60 & ` + good + `cat`, false, ""},
		"leaves a child that is deaf": {`(trap '' TERM HUP; sleep 60; sleep 60) & ` + good + `cat`, false, ""},
		"leaves a child elsewhere":    {`setsid sleep 60 & ` + good + `cat`, false, ""},
		"dies and leaves children":    {`sleep 60 & setsid sh -c 'sleep 60 & sleep 60' & kill -KILL $$`, false, "signal: killed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, left := marked(sh(hello + opened + test.script))
			began := time.Now()
			err := useUp(t, command)
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			var fault *subject.Fault
			if test.want == "" && err != nil || !strings.Contains(fmt.Sprint(err), test.want) || errors.As(err, &fault) != test.fault {
				t.Errorf("got  %v\nwant …%s", err, test.want)
			}
			if pids := left(); len(pids) > 0 {
				t.Errorf("processes are left: %v", pids)
			}
		})
	}
}

// good answers sync and end.
const good = `echo '{"seq":3,"id":2,"session":"s1","ok":{}}'; read l; echo '{"seq":4,"id":3,"session":"s1","ok":{}}'; `

// useUp opens a session, asks something, ends it, and returns what was wrong.
func useUp(t *testing.T, command []string) error {
	d, err := driver.Start(t.Context(), command, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for id, op := range []subject.Operation{subject.Sync, subject.End} {
		if err := s.Perform(subject.Request{ID: id + 2, Op: op}); err != nil {
			return errors.Join(err, s.Close())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		if _, err := s.Next(ctx); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	return s.Close()
}

// A session that was given up cannot go on for ever: its process is ended, and with it what else there is in it.
func TestFloodOfAGivenUp(t *testing.T) {
	sharing := strings.Replace(hello, `"name"`, `"sessions":true,"name"`, 1)
	d, err := start(t, sh(sharing+opened+`echo '{"seq":3,"id":1,"session":"s2","ok":{}}'; read l; `+
		`n=4; while echo '{"seq":'$n',"event":"read","session":"s1","on":"x","callbacks":"A"}'; do n=$((n+1)); done`)...)
	if err != nil {
		t.Fatal(err)
	}
	var sessions [2]subject.Session
	for n := range sessions {
		if sessions[n], err = d.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer sessions[n].Close()
	}
	if err := sessions[0].Perform(subject.Request{ID: 2, Op: subject.Sync}); err != nil {
		t.Fatal(err)
	}
	sessions[0].Close()
	if _, err := collect(t, sessions[1]); !errors.Is(err, subject.ErrGivenUp) {
		t.Errorf("the other session ends with %v", err)
	}
}

// marked makes all processes of a driver that is a script known, and returns what lists those that are there.
func marked(command []string) (known []string, left func() []string) {
	if command[0] != "/bin/sh" {
		return command, func() []string { return nil }
	}
	mark := "SSLCONFORM_TEST_MARK=" + rand.Text()
	known = []string{"/bin/sh", "-c", `exec env "$0" "$@"`, mark}
	return append(known, command...), func() (pids []string) {
		environments, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, path := range environments {
			if environment, err := os.ReadFile(path); err == nil && strings.Contains(string(environment), mark) {
				pids = append(pids, path)
			}
		}
		return pids
	}
}

// What a driver starts in a session of its own, with another environment, is not found; but nobody waits for it.
func TestDaemon(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	began := time.Now()
	err := useUp(t, sh(hello+opened+good+`setsid env -i sh -c 'echo $$ >`+file+`; exec sleep 60' & while ! test -s `+file+`; do :; done; cat`))
	if took := time.Since(began); err != nil || took > 10*time.Second {
		t.Errorf("it took %v: %v", took, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("it is gone (%v): PROTOCOL.md can promise more", err)
	}
}
