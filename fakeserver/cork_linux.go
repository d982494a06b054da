package fakeserver

import (
	"fmt"
	"net"
	"syscall"
)

// cork keeps a segment that is not full until the sending side is closed.
func cork(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK, 1)
	}); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("set TCP_CORK: %w", failed)
	}
	return nil
}
