package errqueue

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// entry lays out what the kernel puts beside an entry of the queue.
func entry(level, name int32, origin, kind, code byte, family uint16, sender []byte) []byte {
	data := make([]byte, errLength, 64)
	data[errOrigin], data[errType], data[errCode] = origin, kind, code
	data = binary.NativeEndian.AppendUint16(data, family)
	data = append(data, 0, 0) // port
	if family == unix.AF_INET6 {
		data = append(data, 0, 0, 0, 0) // flow label
	}
	data = append(data, sender...)
	out := make([]byte, unix.CmsgSpace(len(data)))
	header := unix.CmsgLen(0)
	binary.NativeEndian.PutUint32(out[header-8:], uint32(level))
	binary.NativeEndian.PutUint32(out[header-4:], uint32(name))
	if header == 16 {
		binary.NativeEndian.PutUint64(out, uint64(unix.CmsgLen(len(data))))
	} else {
		binary.NativeEndian.PutUint32(out, uint32(unix.CmsgLen(len(data))))
	}
	copy(out[header:], data)
	return out
}

func TestParse(t *testing.T) {
	four, six := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::1")
	icmp := func(kind, code byte) []byte {
		return entry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, kind, code, unix.AF_INET, four.AsSlice())
	}
	icmp6 := func(kind, code byte) []byte {
		return entry(unix.SOL_IPV6, unix.IPV6_RECVERR, unix.SO_EE_ORIGIN_ICMP6, kind, code, unix.AF_INET6, six.AsSlice())
	}
	for _, test := range []struct {
		name    string
		control []byte
		ok      bool
		from    netip.Addr
		means   [3]bool // exceeded, unreachable, port unreachable
	}{
		{"exceeded", icmp(exceeded4, 0), true, four, [3]bool{true, false, false}},
		{"fragments", icmp(exceeded4, 1), true, four, [3]bool{}},
		{"prohibited", icmp(unreachable4, 13), true, four, [3]bool{false, true, false}},
		{"port", icmp(unreachable4, portUnreachable4), true, four, [3]bool{false, true, true}},
		{"too-big", icmp(unreachable4, fragNeeded4), true, four, [3]bool{}},
		{"exceeded6", icmp6(exceeded6, 0), true, six, [3]bool{true, false, false}},
		{"no-route6", icmp6(unreachable6, 0), true, six, [3]bool{false, true, false}},
		{"port6", icmp6(unreachable6, portUnreachable6), true, six, [3]bool{false, true, true}},
		{"too-big6", icmp6(2, 0), true, six, [3]bool{}},
		{"of-this-machine", entry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_LOCAL, exceeded4, 0, unix.AF_INET, four.AsSlice()), false, netip.Addr{}, [3]bool{}},
		{"another-option", entry(unix.SOL_IP, unix.IP_TTL, unix.SO_EE_ORIGIN_ICMP, exceeded4, 0, unix.AF_INET, four.AsSlice()), false, netip.Addr{}, [3]bool{}},
		{"no-sender", entry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, exceeded4, 0, unix.AF_UNSPEC, nil), true, netip.Addr{}, [3]bool{true, false, false}},
		{"cut", icmp(exceeded4, 0)[:30], false, netip.Addr{}, [3]bool{}},
		{"empty", nil, false, netip.Addr{}, [3]bool{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, ok := parse(test.control)
			if ok != test.ok || m.From != test.from {
				t.Fatalf("got %+v, %v", m, ok)
			}
			if means := [3]bool{m.Exceeded(), m.Unreachable(), m.PortUnreachable()}; ok && means != test.means {
				t.Errorf("exceeded, unreachable, port unreachable: %v; want %v", means, test.means)
			}
		})
	}
	for n := range errLength + 2 {
		if _, ok := parseExtended(make([]byte, n)); ok {
			t.Errorf("%d bytes are taken for a message", n)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(entry(unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, exceeded4, 0, unix.AF_INET, []byte{1, 2, 3, 4}))
	f.Add(entry(unix.SOL_IPV6, unix.IPV6_RECVERR, unix.SO_EE_ORIGIN_ICMP6, exceeded6, 0, unix.AF_INET6, make([]byte, 16)))
	f.Fuzz(func(t *testing.T, control []byte) {
		if m, ok := parse(control); ok && m.PortUnreachable() && !m.Unreachable() {
			t.Errorf("got %+v", m)
		}
	})
}

// TestNext sends a packet to a port of this machine where nothing listens.
func TestNext(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	to := &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}}
	if err := errors.Join(Ask(fd, false), unix.Connect(fd, to)); err != nil {
		t.Fatal(err)
	}
	if _, ok := Next(fd); ok {
		t.Error("a message came before anything was sent")
	}
	if _, err := unix.Write(fd, []byte("what is quoted")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		m, ok := Next(fd)
		if ok {
			if !m.PortUnreachable() || m.From != netip.AddrFrom4(to.Addr) || m.About != netip.MustParseAddrPort("127.0.0.1:9") || string(m.Quote) != "what is quoted" {
				t.Errorf("got %+v", m)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("no message came")
		}
	}
}
