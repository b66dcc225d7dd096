package probe_test

import (
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

func TestAllowed(t *testing.T) {
	for _, addr := range []string{
		"8.8.8.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.7", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
		"2001:db8::1", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "2002:808:808::1",
	} {
		if err := probe.Allowed(netip.MustParseAddr(addr)); err != nil {
			t.Errorf("%s is refused: %v", addr, err)
		}
	}
	for addr, what := range map[string]string{
		"127.0.0.1": "loopback", "127.255.255.255": "loopback", "0.0.0.0": "this network", "0.1.2.3": "this network",
		"10.0.0.1": "RFC 1918", "172.16.0.1": "RFC 1918", "172.31.255.255": "RFC 1918", "192.168.1.1": "RFC 1918",
		"169.254.169.254": "link-local", "100.64.0.1": "RFC 6598", "100.127.255.255": "RFC 6598",
		"224.0.0.1": "multicast", "239.255.255.255": "multicast", "255.255.255.255": "broadcast",
		"::": "unspecified", "::1": "loopback", "fe80::1": "link-local", "fe80::1%eth0": "link-local", "fc00::1": "RFC 4193", "fdff::1": "RFC 4193",
		"fec0::1": "site-local", "ff02::1": "multicast",
		"::ffff:127.0.0.1": "loopback", "::ffff:10.0.0.1": "RFC 1918", "::ffff:0:10.0.0.1": "RFC 1918", "::10.0.0.1": "RFC 1918",
		"64:ff9b::10.0.0.1": "RFC 1918", "64:ff9b::169.254.169.254": "link-local", "64:ff9b:1::127.0.0.1": "loopback", "2002:a00:1::1": "RFC 1918",
	} {
		err := probe.Allowed(netip.MustParseAddr(addr))
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "--allow-private") {
			t.Errorf("%s: error %v; %q and the way out are expected", addr, err, what)
		}
	}
	if probe.Allowed(netip.Addr{}) == nil {
		t.Error("no address is allowed")
	}
}

func TestGuard(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	controlled := 0
	base := net.Dialer{Control: func(string, string, syscall.RawConn) error { controlled++; return nil }}
	for _, address := range []string{l.Addr().String(), "localhost:" + strings.TrimPrefix(l.Addr().String(), "127.0.0.1:")} {
		conn, err := probe.Guard(base, false).DialContext(t.Context(), "tcp4", address)
		if err == nil {
			conn.Close()
		}
		if failed := (probe.Stamp{}).Failed(probe.Step{}, err); err == nil || failed.Class != evidence.ClassDenied {
			t.Errorf("%s: error %v of class %q; it is expected to be denied", address, err, failed.Class)
		}
	}
	if controlled != 0 {
		t.Error("a refused address reached the next hook")
	}
	conn, err := probe.Guard(base, true).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if controlled != 1 {
		t.Errorf("the dialer's own hook was called %d times; 1 is expected", controlled)
	}
}

func FuzzAllowed(f *testing.F) {
	f.Add("::ffff:127.0.0.1")
	f.Add("64:ff9b::10.0.0.1")
	f.Fuzz(func(t *testing.T, text string) {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return
		}
		bare := addr.Unmap().WithZone("")
		private := bare.IsLoopback() || bare.IsPrivate() || bare.IsLinkLocalUnicast() || bare.IsMulticast() || bare.IsUnspecified()
		if private && probe.Allowed(addr) == nil {
			t.Errorf("%s is allowed", addr)
		}
	})
}
