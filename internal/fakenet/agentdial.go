package fakenet

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"

	"github.com/landfall-audit/landfall/internal/fakenet/tcpstack"
)

// firstClientPort is the first port that an agent's connections are made from; its
// single packets take those below (expect).
const firstClientPort = 40000

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
	conn, err := client.Dial(ctx, from, to)
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
func (a *Agent) client() (*tcpstack.Stack, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own != nil {
		return a.own, nil
	}
	own, err := tcpstack.NewClient(a.addrs, firstClientPort, a.send)
	if err != nil {
		return nil, err
	}
	a.own = own
	return own, nil
}
