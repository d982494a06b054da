package plain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sslconform/sslconform/conformance/subject"
)

// Describe is the operation of that name.
func (s *Session) Describe(o Object, _ subject.Request) (subject.Result, error) {
	class := subject.ClassSocket
	if o.Stream != nil {
		class = subject.ClassStream
	}
	return subject.Result{Classes: []string{class}, Members: members(reflect.TypeOf(o.itself()))}, nil
}

// members lists what a program can reach of a pointer to a struct: methods, those of embedded fields included, and
// fields, but for the embedded ones: they are how Go inherits.
func members(t reflect.Type) []string {
	var names []string
	for n := range t.NumMethod() {
		names = append(names, t.Method(n).Name)
	}
	for n := range t.Elem().NumField() {
		if field := t.Elem().Field(n); field.IsExported() && !field.Anonymous {
			names = append(names, field.Name)
		}
	}
	slices.Sort(names)
	return names
}

// A digest is that of all the data that was handed to the read callbacks of a socket.
type digest struct {
	hash hash.Hash
	size int
}

func newDigest() *digest { return &digest{hash: sha256.New()} }

func (d *digest) add(data []byte) (size int) {
	d.hash.Write(data)
	d.size += len(data)
	return len(data)
}

// setDigest says whether a socket has a digest, which takes the place of its data.
func (s *Session) setDigest(on subject.Handle, has bool) {
	delete(s.digests, on) // of an object that had the name before
	if has {
		s.digests[on] = newDigest()
	}
}

func (s *Session) digest(o Object, r subject.Request) (subject.Result, error) {
	d := s.digests[s.name(o.Socket)]
	if d == nil {
		return subject.Result{}, fmt.Errorf("no digest was asked for where %s was connected", r.On)
	}
	return subject.Result{Size: d.size, SHA256: hex.EncodeToString(d.hash.Sum(nil))}, nil
}

// measured is the CPU time that measuring has taken so far: the collections are none of what the process does.
var measured atomic.Int64

// measure tells what the process uses, its own looking not counted.
func measure() (subject.Result, error) {
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return subject.Result{}, fmt.Errorf("count the descriptors: %w", err)
	}
	used, err := cpuTime()
	if err != nil {
		return subject.Result{}, err
	}
	cpu := used - time.Duration(measured.Load())
	runtime.GC()
	runtime.GC() // the first one only marks what finalizers and pools let go
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	after, err := cpuTime()
	measured.Add(int64(after - used))
	return subject.Result{
		Descriptors: len(descriptors) - 1,
		Memory:      int(memory.HeapAlloc + memory.StackInuse),
		CPU:         int(cpu / time.Millisecond),
	}, err
}

// cpuTime is what the process has used so far.
func cpuTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("get the CPU time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
