package tls

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// What is timed to whoever holds the key.
const (
	// DefaultHandshakes is how many handshakes the least is taken of where nothing
	// shorter is timed. Where the service speaks HTTP/2 its PINGs are, and the one
	// handshake before them is enough.
	DefaultHandshakes = 5
	// DefaultPings is how many PINGs the least is taken of: a scheduler that is
	// late once is not late eight times.
	DefaultPings = 8
	// DefaultSpacing lies between two PINGs on average, so that one queue on the
	// way does not hold up all of them, and the server sees no burst.
	DefaultSpacing = 20 * time.Millisecond
)

// h2 and h3 are what HTTP/2 (RFC 9113, 3.2) and HTTP/3 (RFC 9114, 3.1) are
// called in ALPN.
const (
	h2 = "h2"
	h3 = "h3"
)

// What ends the target of an error that speaks of a part of a step.
const (
	byPing      = " " + evidence.MethodH2Ping
	byHandshake = " handshake"
	byQUIC      = " " + evidence.MethodQUIC
)

// proof is a handshake with somebody who has the key of a trusted certificate.
type proof struct {
	tookMS     float64
	certSHA256 string
	byUser     bool // only the user's own roots make the certificate valid
}

// prove makes a proof of a handshake whose certificate is trusted.
func prove(state tls.ConnectionState, by probe.Verdict, took time.Duration) (*proof, error) {
	switch {
	case state.DidResume || took <= 0:
		return nil, probe.Fail(evidence.ClassTLS, "the handshake proves no key: it resumed an earlier one")
	case state.Version < tls.VersionTLS12:
		return nil, probe.Fail(evidence.ClassTLS, "the handshake proves no key: %s does so with broken hashes (RFC 8996)", tls.VersionName(state.Version))
	}
	digest := sha256.Sum256(state.PeerCertificates[0].Raw)
	return &proof{tookMS: probe.Milliseconds(took), certSHA256: hex.EncodeToString(digest[:]), byUser: by.ByUser}, nil
}

// byKey times whoever holds the key of a trusted certificate: PINGs in the
// connection that was made, or further handshakes where there are none. What
// failed is in errors of its own, which name the part.
func (p *Probe) byKey(ctx context.Context, step probe.Step, s *shaken) []evidence.Observation {
	var out []evidence.Observation
	failed := func(part string, err error) {
		step := step
		step.Subject += part
		out = append(out, p.Failed(step, err))
	}
	first, err := prove(s.state, s.trust, s.took)
	if err != nil {
		failed(byHandshake, err)
		return out
	}
	proofs, sent := []proof{*first}, 1
	var pinged *evidence.RTT
	if s.state.NegotiatedProtocol == h2 {
		if pinged, err = p.pings(ctx, s, *first); err != nil {
			failed(byPing, err)
		}
	}
	s.watched.Close()
	for pinged == nil && sent < DefaultHandshakes && ctx.Err() == nil {
		sent++
		got, err := p.again(ctx, s.at)
		if err != nil {
			failed(byHandshake, err)
			break
		}
		proofs = append(proofs, *got)
	}
	out = append([]evidence.Observation{p.line(s.at, evidence.MethodTLS, sent, proofs)}, out...)
	if pinged != nil {
		out = append(out, pinged)
	}
	return out
}

// pings times PINGs in a connection; nil where none was acknowledged.
func (p *Probe) pings(ctx context.Context, s *shaken, by proof) (*evidence.RTT, error) {
	ctx, cancel := context.WithTimeout(ctx, probe.OrDefault(p.Wait, DefaultWait))
	defer cancel()
	defer probe.Bind(ctx, s.conn)()
	samplesMS, sent, err := newSeries(s.conn, s.watched, probe.OrDefault(p.Spacing, DefaultSpacing)).run(ctx)
	if err != nil {
		return nil, failure("HTTP/2 PING", err)
	}
	return p.reply(s.at, evidence.MethodH2Ping, sent, samplesMS, by), nil
}

// again makes one more handshake.
func (p *Probe) again(ctx context.Context, e probe.Endpoint) (*proof, error) {
	s, err := p.shake(ctx, e)
	if err != nil {
		return nil, err
	}
	defer s.watched.Close()
	by, err := p.Trust.Verify(s.state.PeerCertificates, e.Host, p.Time())
	if err != nil {
		return nil, probe.Fail(evidence.ClassTLS, "the certificate is not trusted for %s: %w", e.Host, err)
	}
	return prove(s.state, by, s.took)
}

// line makes an observation of handshakes. It names the certificate of the
// shortest.
func (p *Probe) line(e probe.Endpoint, method string, sent int, proofs []proof) *evidence.RTT {
	least := proofs[0]
	var samplesMS []float64
	for _, one := range proofs {
		samplesMS = append(samplesMS, one.tookMS)
		if one.tookMS < least.tookMS {
			least.tookMS, least.certSHA256 = one.tookMS, one.certSHA256
		}
		least.byUser = least.byUser || one.byUser
	}
	return p.reply(e, method, sent, samplesMS, least)
}

// reply makes an observation of samples that the holder of a key answered.
func (p *Probe) reply(e probe.Endpoint, method string, sent int, samplesMS []float64, by proof) *evidence.RTT {
	out := &evidence.RTT{
		Meta: p.Meta(evidence.KindRTT), Addr: e.Addr, Port: e.Port, Method: method,
		Sent: sent, Lost: sent - len(samplesMS), MinMS: slices.Min(samplesMS), SamplesMS: samplesMS,
		Authenticated: &evidence.Authenticated{ServerName: strings.ToLower(e.Host), CertSHA256: by.certSHA256, How: method},
	}
	if by.byUser {
		out.Authenticated.Roots = evidence.RootsOfUser
	}
	return out
}

// failure knows that whatever ends an exchange that had begun, a reset too, is a
// failure of TLS; that nothing came in time is told apart.
func failure(what string, err error) error {
	if evidence.Classify(err) == evidence.ClassTimeout {
		return fmt.Errorf("%s: %w", what, err)
	}
	return probe.Fail(evidence.ClassTLS, "%s: %w", what, err)
}
