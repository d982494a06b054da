//go:build !linux

package fakeserver

import (
	"errors"
	"fmt"
	"net"
	"runtime"
)

func cork(*net.TCPConn) error {
	return fmt.Errorf("%s has no TCP_CORK: %w", runtime.GOOS, errors.ErrUnsupported)
}
