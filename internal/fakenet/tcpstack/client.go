package tcpstack

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// lastPort is the last port that connections are made from.
const lastPort = 65535

// NewClient makes a stack that opens connections, from firstPort on, and takes
// none.
func NewClient(addrs []netip.Addr, firstPort uint16, out func(raw []byte)) (*Stack, error) {
	h, err := newStack(slices.Values(addrs), out)
	if err != nil {
		return nil, err
	}
	if err := h.stack.SetPortRange(firstPort, lastPort); err != nil {
		return nil, fmt.Errorf("setting the ports of an agent: %v", err)
	}
	// A test is over in seconds; so are its connections.
	quick := tcpip.TCPTimeWaitTimeoutOption(time.Second)
	if err := h.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &quick); err != nil {
		return nil, fmt.Errorf("setting how long an agent's connections linger: %v", err)
	}
	return h, nil
}

// Dial opens a connection between two addresses.
func (h *Stack) Dial(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
	end := tcpip.FullAddress{NIC: theNIC, Addr: tcpip.AddrFromSlice(to.Addr().AsSlice()), Port: to.Port()}
	own := tcpip.FullAddress{NIC: theNIC, Addr: tcpip.AddrFromSlice(from.AsSlice())}
	return gonet.DialTCPWithBind(ctx, h.stack, own, end, protocolOf(to.Addr()))
}
