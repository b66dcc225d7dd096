//go:build !linux

package tcpinfo

import (
	"syscall"
	"time"
)

// Of returns what is known already: the kernel is not asked on this system.
func Of(_ syscall.Conn, atMost time.Duration) time.Duration { return atMost }
