package dns

import (
	"fmt"
	"net/netip"

	mdns "github.com/miekg/dns"
)

// withSubnet puts a client subnet into a question (RFC 7871, 6).
func withSubnet(query *mdns.Msg, subnet netip.Prefix) {
	subnet = subnet.Masked()
	option := &mdns.EDNS0_SUBNET{
		Code: mdns.EDNS0SUBNET, Family: familyOf(subnet), SourceNetmask: uint8(subnet.Bits()), Address: subnet.Addr().AsSlice(),
	}
	edns := query.IsEdns0()
	edns.Option = append(edns.Option, option)
}

// familyOf returns the address family as its registry numbers it.
func familyOf(subnet netip.Prefix) uint16 {
	if subnet.Addr().Is4() {
		return 1
	}
	return 2
}

// scope returns the network for which the server gave its answer: subnet, or a
// wider one that holds it. A scope longer than what was sent counts as that
// (RFC 7871, 7.2.1). It is not valid where the server said nothing. An option
// that speaks of another subnet than was asked makes the whole reply useless
// (RFC 7871, 7.3).
func scope(reply *mdns.Msg, subnet netip.Prefix) (netip.Prefix, error) {
	edns := reply.IsEdns0()
	if edns == nil {
		return netip.Prefix{}, nil
	}
	var out netip.Prefix
	for _, o := range edns.Option {
		got, ok := o.(*mdns.EDNS0_SUBNET)
		if !ok {
			continue
		}
		if out.IsValid() {
			return netip.Prefix{}, fmt.Errorf("it has two client subnets")
		}
		addr, ok := netip.AddrFromSlice(got.Address)
		if subnet.Addr().Is4() {
			addr = addr.Unmap()
		}
		if !ok || got.Family != familyOf(subnet) || int(got.SourceNetmask) != subnet.Bits() || addr != subnet.Masked().Addr() {
			return netip.Prefix{}, fmt.Errorf("it is for the client subnet %s/%d, not %s", addr, got.SourceNetmask, subnet)
		}
		out = netip.PrefixFrom(addr, min(int(got.SourceScope), subnet.Bits())).Masked()
	}
	return out, nil
}
