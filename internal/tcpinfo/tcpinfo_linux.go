package tcpinfo

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the grain of the kernel's figures (tcp_info has microseconds): two
// stamps rounded down can lie up to one closer than the packets did.
const tick = time.Microsecond

// timestampTick is the grain of the timestamp option, by which a segment is
// timed once it was repeated (RFC 7323, 4.1; Linux counts milliseconds in it).
// The option names the very segment that is answered, so that nothing but the
// grain can make such a figure too short.
const timestampTick = time.Millisecond

// noMinimum stands in tcpi_min_rtt before the first sample.
const noMinimum = ^uint32(0)

// RoundTrip returns the kernel's shortest round trip on the TCP socket fd, or
// atMost where the kernel has none, where its figure cannot be trusted, and
// where atMost is shorter. atMost is what is known already: at first the time
// that connect took.
//
// After a bare handshake the kernel has one sample, from the stamp of the SYN
// to the arrival of the SYN-ACK: its smoothed and its minimal figure are both
// that sample. Once a segment was repeated a sample can come from the timestamp
// option, and the figure is lengthened by its grain.
func RoundTrip(fd int, atMost time.Duration) time.Duration {
	info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil {
		return atMost // a kernel without the option still connects
	}
	return sane(info, atMost)
}

// Of is [RoundTrip] of a connection.
func Of(conn syscall.Conn, atMost time.Duration) time.Duration {
	raw, err := conn.SyscallConn()
	if err != nil {
		return atMost
	}
	shortest := atMost
	if err := raw.Control(func(fd uintptr) { shortest = RoundTrip(int(fd), atMost) }); err != nil {
		return atMost // the connection is closed
	}
	return shortest
}

func sane(info *unix.TCPInfo, atMost time.Duration) time.Duration {
	figure := info.Min_rtt
	if figure == 0 || figure == noMinimum {
		figure = info.Rtt
	}
	kernel := time.Duration(figure)*time.Microsecond + tick
	if info.Total_retrans > 0 || info.Retransmits > 0 {
		kernel += timestampTick
	}
	if figure == 0 || kernel > atMost {
		return atMost
	}
	return kernel
}
