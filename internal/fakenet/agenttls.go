package fakenet

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/netip"
	"time"
)

// Certificate connects to a server and gives the certificate (PEM) that it shows
// to whoever asks for a name, and how long connecting took. An agent holds no
// connections, so the handshake itself is left out.
func (a *Agent) Certificate(ctx context.Context, to netip.AddrPort, name string) (leaf []byte, connect time.Duration, err error) {
	reply, err := a.Connect(ctx, to, hostTTL)
	if err != nil {
		return nil, 0, err
	}
	if reply.Kind != Accepted {
		return nil, 0, errors.New("connection refused")
	}
	if !a.world.view.nodes[to.Addr()].speaksTLS(to.Port()) {
		return nil, 0, errors.New("no TLS there")
	}
	shown, err := a.world.services.ca.Certificate(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		return nil, 0, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: shown.Certificate[0]}), reply.Took, nil
}

// speaksTLS reports whether what answers at a port does.
func (n *node) speaksTLS(port uint16) bool {
	if _, box := n.answering(port); box != nil && box.box.TLS {
		return true
	}
	switch _, service := n.state(port); service {
	case HTTPS, DoT, Globalping, Atlas:
		return true
	}
	return false
}
