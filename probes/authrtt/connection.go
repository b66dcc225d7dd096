package authrtt

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// connection makes one connection and times its handshake, and PINGs where they
// are wanted and the server speaks HTTP/2.
func (p *Probe) connection(ctx context.Context, e probe.Endpoint, ping bool) (*proof, *evidence.RTT, error) {
	ctx, cancel := context.WithTimeout(ctx, probe.OrDefault(p.Wait, DefaultWait))
	defer cancel()
	raw, err := probe.Guard(p.Dialer, e.AllowPrivate).DialContext(ctx, "tcp", e.AddrPort().String())
	if err != nil {
		return nil, nil, err
	}
	defer probe.Bind(ctx, raw)()
	watched := &probe.Proof{Conn: raw}
	conn := tls.Client(watched, p.config(e.Host, h2, "http/1.1"))
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, nil, failure("TLS handshake", err)
	}
	state := conn.ConnectionState()
	got, err := p.prove(state, e.Host, watched.Took(state.Version))
	if err != nil || !ping || state.NegotiatedProtocol != h2 {
		return got, nil, err
	}
	s := newSeries(conn, watched, probe.OrDefault(p.Spacing, DefaultSpacing))
	samplesMS, sent, err := s.run(ctx)
	if err != nil {
		err = failure("HTTP/2 PING", err)
	}
	if len(samplesMS) == 0 {
		return got, nil, err
	}
	return got, p.reply(e, evidence.MethodH2Ping, sent, samplesMS, *got), err
}

// config makes full handshakes with fresh randoms: without a session cache
// nothing is resumed, and so nothing is sent early. The certificate is judged
// once the handshake is over, so that judging it takes no part in its time.
func (p *Probe) config(host string, protocols ...string) *tls.Config {
	return &tls.Config{
		ServerName:         host, // an address is not sent, RFC 6066, 3
		InsecureSkipVerify: true,
		NextProtos:         protocols,
		// Older versions prove possession with broken hashes (RFC 8996).
		MinVersion:       tls.VersionTLS12,
		CurvePreferences: probe.KeyExchanges(),
		Time:             p.Time,
	}
}

// prove makes a proof of a handshake whose certificate is valid for the host.
func (p *Probe) prove(state tls.ConnectionState, host string, took time.Duration) (*proof, error) {
	if state.DidResume || took <= 0 {
		return nil, probe.Fail(evidence.ClassTLS, "the handshake proves no key: it resumed an earlier one")
	}
	by, err := p.Trust.Verify(state.PeerCertificates, host, p.Time())
	if err != nil {
		return nil, probe.Fail(evidence.ClassTLS, "the certificate is not trusted for %s: %w", host, err)
	}
	digest := sha256.Sum256(state.PeerCertificates[0].Raw)
	return &proof{tookMS: probe.Milliseconds(took), certSHA256: hex.EncodeToString(digest[:]), byUser: by.ByUser}, nil
}

// failure tells that nothing came in time from whatever else ends an exchange
// that had begun.
func failure(what string, err error) error {
	if evidence.Classify(err) == evidence.ClassTimeout {
		return fmt.Errorf("%s: %w", what, err)
	}
	return probe.Fail(evidence.ClassTLS, "%s: %w", what, err)
}
