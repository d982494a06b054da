package fakeserver

import (
	"fmt"
	"syscall"
	"unsafe"
)

// queueFull asks the kernel whether a listening socket has all the connections that it takes: TCP_INFO has their number
// and the most in two fields that mean something else for a connection (tcp_get_info in net/ipv4/tcp.c).
func queueFull(fd int) (bool, error) {
	var info syscall.TCPInfo
	size := uint32(syscall.SizeofTCPInfo)
	_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return false, fmt.Errorf("get TCP_INFO: %w", errno)
	}
	return info.Unacked > info.Sacked, nil
}
