package tls

import (
	"context"
	"net"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// quicTries is how many handshakes of QUIC the least is taken of.
const quicTries = 2

// overQUIC is what a step over QUIC asks.
type overQUIC struct{ at probe.Endpoint }

// timeQUIC times handshakes of QUIC, each from before its first packet until it
// is complete: then the server's Finished has come, and with it a signature over
// the client's random (RFC 9001, 4.1.1; RFC 8446, 4.4). Retries and version
// negotiation only add to it.
func (p *Probe) timeQUIC(ctx context.Context, e probe.Endpoint) ([]evidence.Observation, error) {
	var proofs []proof
	sent := 0
	var failed error
	for range quicTries {
		sent++
		got, err := p.quicHandshake(ctx, e)
		if err != nil {
			failed = err
			break
		}
		proofs = append(proofs, *got)
	}
	if len(proofs) == 0 {
		return nil, failed
	}
	return []evidence.Observation{p.line(e, evidence.MethodQUIC, sent, proofs)}, nil
}

func (p *Probe) quicHandshake(ctx context.Context, e probe.Endpoint) (*proof, error) {
	wait := probe.OrDefault(p.Wait, DefaultWait)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	raw, err := probe.Guard(p.Dialer, e.AllowPrivate).DialContext(ctx, "udp", e.AddrPort().String())
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	transport := &quic.Transport{Conn: connected{raw}}
	defer transport.Close()
	began := time.Now()
	conn, err := transport.Dial(ctx, raw.RemoteAddr(), p.config(e.Host, h3), &quic.Config{
		HandshakeIdleTimeout: wait, MaxIncomingStreams: -1, MaxIncomingUniStreams: -1, DisablePathMTUDiscovery: true,
	})
	took := time.Since(began)
	if ctx.Err() != nil {
		err = ctx.Err() // whatever it became on the way
	}
	if err != nil {
		return nil, failure("QUIC handshake", err)
	}
	state := conn.ConnectionState().TLS
	_ = conn.CloseWithError(0, "") // the server need not hear it
	by, err := p.Trust.Verify(state.PeerCertificates, e.Host, p.Time())
	if err != nil {
		return nil, probe.Fail(evidence.ClassTLS, "the certificate is not trusted for %s: %w", e.Host, err)
	}
	return prove(state, by, took)
}

// connected lets a socket that speaks to one address alone be used as one that
// speaks to any: what others send never reaches it, and that nobody listens is
// known at once.
type connected struct{ net.Conn }

// ReadFrom reads a packet.
func (c connected) ReadFrom(into []byte) (int, net.Addr, error) {
	n, err := c.Read(into)
	return n, c.RemoteAddr(), err
}

// WriteTo sends a packet to the one address.
func (c connected) WriteTo(data []byte, _ net.Addr) (int, error) { return c.Write(data) }

// SetReadBuffer leaves the socket's buffer as it is: a handshake fits into any.
func (c connected) SetReadBuffer(int) error { return nil }

// SetWriteBuffer leaves the socket's buffer as it is.
func (c connected) SetWriteBuffer(int) error { return nil }
