package async

import (
	"net"
	"testing"
)

// What is written to a descriptor that was closed meanwhile is lost, and that is all, however much the kernel took of
// the write before.
func TestWireWriteAfterClose(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(c, func(f func()) { f() }, func() {})
	for _, data := range []string{"more than", "that"} {
		if n, err := w.Write([]byte(data)); n != len(data) || err != nil {
			t.Errorf("writing %q: %d, %v", data, n, err)
		}
		c.Close()
	}
}
