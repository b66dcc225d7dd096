// Package tls shakes hands with a server and records its certificate.
//
// A certificate that nobody trusts is recorded like any other, with trusted
// false: the question is who answers, and no secret is sent.
package tls

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "tls"

const (
	// plainPort is the one port where a TLS handshake is never tried: HTTP
	// without TLS (RFC 9110, 4.2.1).
	plainPort = 80
	// DefaultWait bounds connection and handshake together: five round trips
	// of the longest kind and a slow server's key exchange.
	DefaultWait = 10 * time.Second
	// maxSANs and maxNameBytes bound what is kept of a certificate's names.
	// Content networks put a hundred customers on one certificate; a name has
	// at most 253 bytes (RFC 1035, 2.3.4).
	maxSANs      = 100
	maxNameBytes = 253
)

// Probe shakes hands.
type Probe struct {
	probe.Stamp
	Dialer net.Dialer    // a template; the guard against private addresses is added
	Trust  *probe.Trust  // whom certificates are trusted by; nil: the embedded roots
	Wait   time.Duration // for connection and handshake; 0: DefaultWait
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindTLS,
		Question: "Who does the host say that it is?",
		Needs:    "network, an answer to `rtt`",
		Shows:    "that the host holds the key of a certificate for the name",
		Hides:    "who operates the host: keys are given to content networks; where it is",
	}
}

// Plan shakes hands with every address that answered, for each name on it; of
// landmarks with the nearest.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	answers, near := probe.Answering(seen, p.Vantage), probe.NearLandmarks(targets, seen, p.Vantage)
	var out []probe.Step
	for _, e := range probe.Endpoints(targets, seen) {
		if e.Landmark && !near[e.AddrPort()] {
			continue
		}
		if e.Refused == nil && e.Port != plainPort && answers[e.AddrPort()] {
			out = append(out, probe.Step{Probe: Name, Subject: subject(e.AddrPort(), e.ServerName()), Addr: e.Addr, Ask: e})
		}
	}
	return out
}

func subject(at netip.AddrPort, serverName string) string {
	return strings.TrimSpace(at.String() + " " + serverName)
}

// Answers gives the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.TLS:
		return subject(netip.AddrPortFrom(o.Addr, o.Port), o.ServerName), true
	}
	return "", false
}

// Run shakes hands once.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	e, ok := step.Ask.(probe.Endpoint)
	if !ok {
		return nil, probe.Foreign(step)
	}
	out, err := p.handshake(ctx, e)
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if err != nil {
		return []evidence.Observation{p.Failed(step, err)}, nil
	}
	return []evidence.Observation{out}, nil
}

func (p *Probe) handshake(ctx context.Context, e probe.Endpoint) (*evidence.TLS, error) {
	wait := p.Wait
	if wait <= 0 {
		wait = DefaultWait
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	called := time.Now()
	raw, err := probe.Guard(p.Dialer, e.AllowPrivate).DialContext(ctx, "tcp", e.AddrPort().String())
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	watched := &probe.Proof{Conn: raw}
	conn := tls.Client(watched, &tls.Config{
		ServerName: e.Host, // an address is not sent, RFC 6066, 3
		// The certificate is judged by itself afterwards: an untrusted one is
		// seen, not refused. Nothing but the handshake is sent.
		InsecureSkipVerify: true,
		NextProtos:         []string{"h2", "http/1.1"},
		MinVersion:         tls.VersionTLS10, // an old server is seen too
		CurvePreferences:   probe.KeyExchanges(),
		Time:               p.Time,
	})
	began := time.Now()
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, failure(err)
	}
	took := time.Since(began)
	state := conn.ConnectionState()
	out, err := p.facts(state, e)
	if err != nil {
		return nil, err
	}
	out.ConnectMS = probe.Milliseconds(began.Sub(called))
	out.HandshakeMS = probe.Milliseconds(took)
	out.RoundTripMS = probe.Milliseconds(watched.Took(state.Version))
	return out, nil
}

// failure knows that whatever ends a handshake, a reset too, is a failure of
// TLS; that nothing came in time is told apart.
func failure(err error) error {
	if evidence.Classify(err) == evidence.ClassTimeout {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	return probe.Fail(evidence.ClassTLS, "TLS handshake: %w", err)
}

func (p *Probe) facts(state tls.ConnectionState, e probe.Endpoint) (*evidence.TLS, error) {
	if len(state.PeerCertificates) == 0 {
		return nil, probe.Fail(evidence.ClassTLS, "the handshake ended without a certificate")
	}
	leaf := state.PeerCertificates[0]
	fingerprint := sha256.Sum256(leaf.Raw)
	trust := p.Trust.Compare(state.PeerCertificates, e.Host, p.Time())
	return &evidence.TLS{
		Meta: p.Meta(evidence.KindTLS), Addr: e.Addr, Port: e.Port, ServerName: e.ServerName(),
		ALPN:              probe.Text(state.NegotiatedProtocol, maxNameBytes),
		Version:           strings.TrimPrefix(tls.VersionName(state.Version), "TLS "),
		Subject:           probe.Text(leaf.Subject.String(), maxNameBytes),
		Issuer:            probe.Text(leaf.Issuer.String(), maxNameBytes),
		SANs:              names(leaf),
		FingerprintSHA256: hex.EncodeToString(fingerprint[:]),
		Trusted:           trust.Trusted,
		SystemTrusts:      trust.System,
	}, nil
}

// names gives the first subject alternative names (RFC 5280, 4.2.1.6) that
// hosts have: names and addresses.
func names(leaf *x509.Certificate) []string {
	var out []string
	for _, name := range leaf.DNSNames[:min(len(leaf.DNSNames), maxSANs)] {
		out = append(out, probe.Text(name, maxNameBytes))
	}
	for _, ip := range leaf.IPAddresses[:min(len(leaf.IPAddresses), maxSANs-len(out))] {
		out = append(out, ip.String())
	}
	return out
}
