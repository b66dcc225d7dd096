package echo

import (
	"encoding/binary"
	"io"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pinger is a socket for one address, whose packets the kernel stamps as they
// come: a busy program reads them only some time after.
type pinger struct {
	*os.File
	raw  syscall.RawConn
	to   netip.Addr
	peer unix.Sockaddr
	ago  time.Duration
}

func openICMP(f family, to netip.Addr) (io.ReadWriteCloser, error) {
	domain, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if f.protocol == protocolICMP6 {
		domain, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "ICMP echo to "+to.String())
	p := &pinger{File: file, to: to.WithZone(""), peer: sockaddr(to)}
	if p.raw, err = file.SyscallConn(); err == nil {
		err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return p, nil
}

func sockaddr(to netip.Addr) unix.Sockaddr {
	if to.Is4() {
		return &unix.SockaddrInet4{Addr: to.As4()}
	}
	// An interface by name needs a look-up that this program has no use for.
	zone, _ := strconv.ParseUint(to.Zone(), 10, 32)
	return &unix.SockaddrInet6{Addr: to.As16(), ZoneId: uint32(zone)}
}

// Write sends to the address.
func (p *pinger) Write(packet []byte) (int, error) {
	var failed error
	err := p.raw.Write(func(fd uintptr) bool {
		failed = unix.Sendto(int(fd), packet, 0, p.peer)
		return failed != unix.EAGAIN
	})
	if err == nil && failed != nil {
		err = os.NewSyscallError("sendto", failed)
	}
	if err != nil {
		return 0, err
	}
	return len(packet), nil
}

// Read returns the next packet that comes from the address.
func (p *pinger) Read(into []byte) (n int, err error) {
	var control [64]byte // holds the stamp and no more
	var failed error
	err = p.raw.Read(func(fd uintptr) bool {
		for {
			var controlled int
			var from unix.Sockaddr
			n, controlled, _, from, failed = unix.Recvmsg(int(fd), into, control[:], 0)
			switch {
			case failed == unix.EAGAIN:
				return false
			case failed == unix.EINTR:
			case failed != nil:
				return true
			case addrOf(from) == p.to:
				p.ago = age(control[:controlled], time.Now())
				return true
			}
		}
	})
	if err == nil && failed != nil {
		err = os.NewSyscallError("recvmsg", failed)
	}
	return max(n, 0), err
}

func addrOf(from unix.Sockaddr) netip.Addr {
	switch from := from.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(from.Addr)
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(from.Addr)
	}
	return netip.Addr{}
}

// since tells how long ago the packet came that was read last.
func (p *pinger) since() time.Duration { return p.ago }

// age reads the kernel's stamp (socket(7), SO_TIMESTAMP) and gives how long
// before now it was by the system's clock; 0 where there is none.
func age(control []byte, now time.Time) time.Duration {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			stamp := time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
			return now.Round(0).Sub(stamp)
		}
	}
	return 0
}
