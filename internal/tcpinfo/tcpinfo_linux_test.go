package tcpinfo

import (
	"net"
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
		{"repeated", unix.TCPInfo{Rtt: 1000, Min_rtt: 1000, Total_retrans: 1}, 2001 * time.Microsecond},
		{"repeated-and-longer", unix.TCPInfo{Rtt: 9500, Min_rtt: 9500, Total_retrans: 1}, wall},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := sane(&test.info, wall); got != test.want {
				t.Errorf("got %v; want %v", got, test.want)
			}
		})
	}
}

// The figure of a real connection is one that the kernel timed, and a closed
// connection leaves what was known.
func TestOf(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	tcp := conn.(*net.TCPConn)
	if got := Of(tcp, time.Hour); got <= 0 || got > time.Second {
		t.Errorf("a handshake on loopback took %v", got)
	}
	if got := Of(tcp, 1); got != 1 {
		t.Errorf("%v, longer than what was known", got)
	}
	conn.Close()
	if got := Of(tcp, time.Minute); got != time.Minute {
		t.Errorf("a closed connection gives %v", got)
	}
}
