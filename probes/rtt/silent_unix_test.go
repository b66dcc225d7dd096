//go:build unix

package rtt

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
)

// blackhole returns a loopback port whose queue is full: the system drops every
// further SYN.
func blackhole(t *testing.T) netip.AddrPort {
	t.Helper()
	fd := socketFD(t)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	bound, ok := name.(*unix.SockaddrInet4)
	if !ok {
		t.Fatalf("the socket is bound to %v", name)
	}
	for range 8 {
		filler := socketFD(t)
		if err := unix.SetNonblock(filler, true); err != nil {
			t.Fatal(err)
		}
		_ = unix.Connect(filler, bound) // in progress, for ever for the last of them
	}
	return netip.AddrPortFrom(netip.AddrFrom4(bound.Addr), uint16(bound.Port))
}

func socketFD(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func TestSilentAddressIsGivenUp(t *testing.T) {
	p := newProbe()
	p.Wait = 20 * time.Millisecond
	wantFailure(t, measure(t, p, target(blackhole(t))), evidence.ClassTimeout, "none of 2 connections")
}

func TestConformance(t *testing.T) {
	open, closed, hole := probetest.Serve(t, probetest.Silence), probetest.ClosedPort(t), blackhole(t)
	private := target(open)
	private.Host, private.AllowPrivate = "127.0.0.2", false
	asked := make(chan struct{}, 1)
	silent := newProbe()
	silent.Dialer.Control = func(string, string, syscall.RawConn) error {
		select {
		case asked <- struct{}{}:
		default:
		}
		return nil
	}
	probetest.Run(t, probetest.Case{
		Probe:       newProbe(),
		World:       probetest.World{Targets: []probe.Target{target(open), target(closed), private}},
		SilentProbe: silent,
		Silent:      probetest.World{Targets: []probe.Target{target(hole)}},
		Asked:       asked,
	})
}
