//go:build !linux

package echo

import (
	"io"
	"net"
	"net/netip"

	"golang.org/x/net/icmp"
)

func openICMP(f family, to netip.Addr) (io.ReadWriteCloser, error) {
	socket, err := icmp.ListenPacket(f.network, f.any)
	if err != nil {
		return nil, err
	}
	return &pinger{socket, to}, nil
}

// pinger is a socket for one address.
type pinger struct {
	*icmp.PacketConn
	to netip.Addr
}

// Write sends to the address.
func (p *pinger) Write(packet []byte) (int, error) {
	return p.WriteTo(packet, &net.UDPAddr{IP: p.to.AsSlice(), Zone: p.to.Zone()})
}

// Read returns the next packet that comes from the address.
func (p *pinger) Read(into []byte) (int, error) {
	for {
		n, from, err := p.ReadFrom(into)
		if err != nil {
			return 0, err
		}
		if sender, ok := from.(*net.UDPAddr); ok && sender.AddrPort().Addr().Unmap().WithZone("") == p.to.WithZone("") {
			return n, nil
		}
	}
}
