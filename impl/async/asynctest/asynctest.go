// Package asynctest helps to test what runs on package async: peers, and a check that nothing is left behind.
package asynctest

import (
	"io"
	"net"
	"os"
	"testing"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// Clean checks, when the test ends, that no goroutine and no descriptor is left of it.
func Clean(t testing.TB) {
	t.Helper()
	goroutines, descriptors := gleak.Goroutines(), countDescriptors()
	t.Cleanup(func() {
		g := gomega.NewWithT(t)
		g.Eventually(gleak.Goroutines, "5s").ShouldNot(gleak.HaveLeaked(goroutines))
		g.Eventually(countDescriptors, "5s").Should(gomega.BeNumerically("<=", descriptors), "descriptors")
	})
}

// countDescriptors counts none where there is no /proc.
func countDescriptors() int {
	// The runtime opens some of its own when the network is used first.
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// Listen serves connections, each in a goroutine, and returns where. A connection is closed when serve returns. The
// test is checked to be [Clean].
func Listen(t testing.TB, serve func(*net.TCPConn)) (address string) {
	t.Helper()
	Clean(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

// Echo sends back whatever comes. It hides the connection's shortcuts, which keep pipes for later: descriptors that
// would count as left behind.
func Echo(c *net.TCPConn) { io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) }
