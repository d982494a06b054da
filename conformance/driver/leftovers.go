package driver

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// marker is the variable by which what a driver has started is known: who inherits its environment has it.
const marker = "SSLCONFORM_DRIVER"

// endRest ends what the process, which has ended, has left behind: what is in its group and, on Linux, whatever has its
// mark, be it in a session of its own. What has another environment is not found.
func (p *process) endRest() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	for until := time.Now().Add(grace); killMarked(p.mark) && time.Now().Before(until); {
		<-time.After(5 * time.Millisecond) // they take their time to go
	}
}

// killMarked kills the processes that have a mark, and tells whether there were any.
func killMarked(mark string) (found bool) {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil || !hasMark(folder, mark) {
			continue
		}
		// Another process may have got the number since: the handle holds on to this one.
		p, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		if hasMark(folder, mark) {
			found = true
			p.Kill()
		}
		p.Release()
	}
	return found
}

func hasMark(folder, mark string) bool {
	environment, err := os.ReadFile(filepath.Join(folder, "environ"))
	return err == nil && bytes.Contains(environment, []byte(mark))
}
