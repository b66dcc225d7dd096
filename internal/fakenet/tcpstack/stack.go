package tcpstack

import (
	"fmt"
	"iter"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
)

const (
	// MTU is that of the device: Ethernet's.
	MTU = 1500
	// maxHandshakes is how many connections may be opening at once. Each waits
	// a round trip for its last packet.
	maxHandshakes = 1 << 15
	// theNIC is the number of the stack's only interface.
	theNIC = 1
)

// Stack is the TCP of all hosts: one stack that has all their addresses.
type Stack struct {
	stack *stack.Stack
	link  *link
}

// link is the interface between the stack and the fabric.
type link struct {
	*channel.Endpoint
	out func(raw []byte)
}

// WritePackets takes what the stack sends.
func (l *link) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	for _, p := range packets.AsSlice() {
		view := p.ToView()
		l.out(append([]byte(nil), view.AsSlice()...))
		view.Release()
	}
	return packets.Len(), nil
}

// Serve makes the stack of hosts with these addresses. Out takes its
// packets; serve is called for each first packet of a connection, on a goroutine
// of its own.
func Serve(addrs iter.Seq[netip.Addr], out func(raw []byte), serve func(*Request)) (*Stack, error) {
	h, err := newStack(addrs, out)
	if err != nil {
		return nil, err
	}
	forwarder := tcp.NewForwarder(h.stack, 0, maxHandshakes, func(r *tcp.ForwarderRequest) { serve(&Request{r}) })
	h.stack.SetTransportProtocolHandler(tcp.ProtocolNumber, forwarder.HandlePacket)
	return h, nil
}

// newStack makes a stack that has these addresses. Out takes its packets.
func newStack(addrs iter.Seq[netip.Addr], out func(raw []byte)) (*Stack, error) {
	// An address is taken at once, without asking whether others have it (RFC 4862, 5.4).
	v6 := ipv6.NewProtocolWithOptions(ipv6.Options{DADConfigs: stack.DADConfigurations{}})
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, v6},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	l := &link{Endpoint: channel.New(0, MTU, ""), out: out}
	l.LinkEPCapabilities = stack.CapabilityRXChecksumOffload // both ends are in this machine's memory
	if err := s.CreateNIC(theNIC, l); err != nil {
		return nil, fmt.Errorf("making the interface of simulated hosts: %v", err)
	}
	for addr := range addrs {
		own := tcpip.ProtocolAddress{Protocol: protocolOf(addr), AddressWithPrefix: tcpip.AddrFromSlice(addr.AsSlice()).WithPrefix()}
		if err := s.AddProtocolAddress(theNIC, own, stack.AddressProperties{}); err != nil {
			return nil, fmt.Errorf("giving the simulated hosts the address %s: %v", addr, err)
		}
	}
	s.SetRouteTable([]tcpip.Route{
		{Destination: header.IPv4EmptySubnet, NIC: theNIC},
		{Destination: header.IPv6EmptySubnet, NIC: theNIC},
	})
	return &Stack{s, l}, nil
}

func protocolOf(addr netip.Addr) tcpip.NetworkProtocolNumber {
	if addr.Is4() {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}

// Deliver returns the stack a segment.
func (h *Stack) Deliver(p packet.Packet) {
	b := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(p.Raw)})
	h.link.InjectInbound(protocolOf(p.Src), b)
	b.DecRef()
}

// Close ends the stack and all connections, and waits for its workers.
func (h *Stack) Close() {
	h.stack.Destroy()
}

// Request is a connection that somebody wants to open.
type Request struct{ *tcp.ForwarderRequest }

// Ends returns both ends of the connection.
func (r *Request) Ends() (vantage, host netip.AddrPort) {
	id := r.ID()
	return addrPort(id.RemoteAddress, id.RemotePort), addrPort(id.LocalAddress, id.LocalPort)
}

func addrPort(a tcpip.Address, port uint16) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(a.AsSlice())
	return netip.AddrPortFrom(addr, port)
}

// Refuse answers with a RST.
func (r *Request) Refuse() { r.Complete(true) }

// Accept shakes hands; it takes a round trip.
func (r *Request) Accept() (net.Conn, error) {
	var queue waiter.Queue
	endpoint, err := r.CreateEndpoint(&queue)
	r.Complete(err != nil)
	if err != nil {
		return nil, fmt.Errorf("shaking hands: %v", err)
	}
	return gonet.NewTCPConn(&queue, endpoint), nil
}
