package rtt

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSane(t *testing.T) {
	const wall = 10 * time.Millisecond
	for _, test := range []struct {
		name string
		info unix.TCPInfo
		want time.Duration
	}{
		{"minimum", unix.TCPInfo{Rtt: 9000, Min_rtt: 8000}, 8001 * time.Microsecond},
		{"no-minimum-yet", unix.TCPInfo{Rtt: 9000, Min_rtt: noMinimum}, 9001 * time.Microsecond},
		{"old-kernel", unix.TCPInfo{Rtt: 9000}, 9001 * time.Microsecond},
		{"nothing-measured", unix.TCPInfo{}, wall},
		{"longer-than-connect", unix.TCPInfo{Rtt: 200000, Min_rtt: 200000}, wall},
		{"just-as-long", unix.TCPInfo{Rtt: 10000, Min_rtt: 10000}, wall},
		{"repeated-syn", unix.TCPInfo{Rtt: 1000, Min_rtt: 1000, Total_retrans: 1}, wall},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := sane(&test.info, wall); got != test.want {
				t.Errorf("got %v; want %v", got, test.want)
			}
		})
	}
}
