//go:build !linux

package fakeserver

import (
	"errors"
	"fmt"
	"runtime"
)

func queueFull(int) (bool, error) {
	return false, fmt.Errorf("%s does not tell whether a queue is full: %w", runtime.GOOS, errors.ErrUnsupported)
}
