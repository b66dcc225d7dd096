//go:build !linux

package rtt

import (
	"net/netip"
	"syscall"
	"time"
)

// socket needs nothing where the kernel is not asked for its figure.
type socket struct{}

func (socket) hold(string, syscall.RawConn) error { return nil }

func (w *watch) release() {}

// shortest returns the time that connect took: longer than the round trip by
// what the scheduler adds, never shorter.
func (w *watch) shortest(wall time.Duration) time.Duration { return wall }

// refusedBy cannot tell who refused on this system.
func (w *watch) refusedBy(netip.Addr) error { return nil }
