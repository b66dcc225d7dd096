// Package ipspecial recognises addresses that are not on the public internet, by the
// registries of special-purpose addresses (RFC 6890).
package ipspecial

import "net/netip"

// private is a range that nothing on the internet may lead a probe into.
type private struct {
	prefix netip.Prefix
	what   string
}

// privateRanges are the ranges that [Kind] knows. Ranges for
// documentation and benchmarks are not among them: nobody's machines are there.
var privateRanges = []private{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network (RFC 791)"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private (RFC 1918)"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared address space (RFC 6598)"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback (RFC 1122)"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local (RFC 3927)"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private (RFC 1918)"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private (RFC 1918)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast (RFC 5771)"},
	{netip.MustParsePrefix("255.255.255.255/32"), "broadcast (RFC 919)"},
	{netip.MustParsePrefix("::/128"), "unspecified (RFC 4291)"},
	{netip.MustParsePrefix("::1/128"), "loopback (RFC 4291)"},
	{netip.MustParsePrefix("fc00::/7"), "unique local (RFC 4193)"},
	{netip.MustParsePrefix("fe80::/10"), "link-local (RFC 4291)"},
	{netip.MustParsePrefix("fec0::/10"), "site-local (RFC 3879)"},
	{netip.MustParsePrefix("ff00::/8"), "multicast (RFC 4291)"},
}

// embedding is a range of IPv6 whose addresses carry an IPv4 address from the
// byte at on.
type embedding struct {
	prefix netip.Prefix
	at     int
}

// embeddings are the ranges through which an IPv4 address can be reached: what
// is refused as IPv4 is refused through them.
var embeddings = []embedding{
	{netip.MustParsePrefix("::ffff:0:0/96"), 12},   // IPv4-mapped, RFC 4291
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible, RFC 4291
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated, RFC 2765
	{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64, RFC 6052
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12},  // NAT64 of a local prefix, RFC 8215
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4, RFC 3056
}

// Kind says what kind of private address it is: of this machine, of its own
// network, or of nobody. It is empty for an address of the public internet,
// which those for documentation and benchmarks (198.18.0.0/15) count as:
// nobody's machines are there, and published evidence uses them in place of
// real addresses.
func Kind(addr netip.Addr) string {
	bare := addr.WithZone("").Unmap()
	for _, r := range privateRanges {
		if r.prefix.Contains(bare) {
			return r.what
		}
	}
	if bare.Is4() {
		return ""
	}
	raw := bare.As16()
	for _, e := range embeddings {
		if e.prefix.Contains(bare) {
			return Kind(netip.AddrFrom4([4]byte(raw[e.at : e.at+4])))
		}
	}
	return ""
}
