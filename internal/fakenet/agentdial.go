package fakenet

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// The ports that an agent's connections are made from; its single packets take
// those below (expect).
const (
	firstClientPort = 40000
	lastClientPort  = 65535
)

// Dial opens a connection from the agent's vantage.
func (a *Agent) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	from, err := a.source(to.Addr())
	if err != nil {
		return nil, err
	}
	client, err := a.client()
	if err != nil {
		return nil, err
	}
	end := tcpip.FullAddress{NIC: theNIC, Addr: tcpip.AddrFromSlice(to.Addr().AsSlice()), Port: to.Port()}
	own := tcpip.FullAddress{NIC: theNIC, Addr: tcpip.AddrFromSlice(from.AsSlice())}
	conn, err := gonet.DialTCPWithBind(ctx, client.stack, own, end, protocolOf(to.Addr()))
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", to, err)
	}
	return conn, nil
}

// Roots are the certificates that everybody in the agent's world trusts.
func (a *Agent) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.world.services.ca.cert)
	return pool
}

// client returns the TCP of the agent's own, which is made when first needed.
func (a *Agent) client() (*hostStack, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own != nil {
		return a.own, nil
	}
	own, err := newClientStack(a.addrs, a.send)
	if err != nil {
		return nil, err
	}
	a.own = own
	return own, nil
}

// newClientStack makes a stack that opens connections and takes none.
func newClientStack(addrs []netip.Addr, out func(raw []byte)) (*hostStack, error) {
	own := func(yield func(netip.Addr) bool) {
		for _, addr := range addrs {
			if !yield(addr) {
				return
			}
		}
	}
	h, err := newStack(own, out)
	if err != nil {
		return nil, err
	}
	if err := h.stack.SetPortRange(firstClientPort, lastClientPort); err != nil {
		return nil, fmt.Errorf("setting the ports of an agent: %v", err)
	}
	// A test is over in seconds; so are its connections.
	quick := tcpip.TCPTimeWaitTimeoutOption(time.Second)
	if err := h.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &quick); err != nil {
		return nil, fmt.Errorf("setting how long an agent's connections linger: %v", err)
	}
	return h, nil
}
