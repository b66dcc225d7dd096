// Package tls shakes hands with a server, records its certificate, and times
// round trips that only the holder of the certificate's key can have answered.
//
// A certificate that nobody trusts is recorded like any other, with trusted
// false: the question is who answers, and no secret is sent. Trust is decided by
// the roots that this program carries and those that the user vouches for.
//
// A TCP handshake, a ping and a reset are answered by whoever gets the packet
// first: a proxy near the vantage, a firewall, a relay. What is timed here, where
// the certificate is trusted for the name, ends with something that takes its key:
//
//   - tls: a handshake, up to the proof of possession (see [probe.Proof]). Each
//     one is a full handshake with fresh randoms: there is no resumption and no
//     early data.
//   - h2-ping: PING frames of HTTP/2 and their acknowledgements inside such a
//     connection, the very one whose handshake was recorded. There is no work of
//     the server's in between, so this is about as short as a TCP handshake.
//   - quic: a handshake of QUIC, where the service says that it speaks HTTP/3.
//
// The time to the first byte of a page is not among them: whoever has the key
// can send a page before it was asked for.
package tls

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
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
	Wait   time.Duration // for connection and handshake, and again for PINGs; 0: DefaultWait
	// Spacing is the wait between two PINGs; 0: DefaultSpacing.
	Spacing time.Duration
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindTLS, Further: []evidence.Kind{evidence.KindRTT},
		Question: "Who does the host say that it is, and how long does it take to whoever holds the key, and back?",
		Needs:    "network, an answer to `rtt`",
		Shows:    "that the host holds the key of a certificate for the name; an upper bound on how far it is, which nobody without the key can make shorter",
		Hides:    "who operates the host: keys are given to content networks; how near it is; what lies behind it",
	}
}

// Plan shakes hands with every address that answered, for each name on it; of
// landmarks with the nearest.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	answers, near := probe.Answering(seen, p.Vantage), probe.NearLandmarks(targets, seen, p.Vantage)
	known := p.known(seen)
	var out []probe.Step
	for _, e := range probe.Endpoints(targets, seen) {
		if e.Refused != nil || e.Port == plainPort || !answers[e.AddrPort()] || e.Landmark && !near[e.AddrPort()] {
			continue
		}
		text := subject(e.AddrPort(), e.ServerName())
		out = append(out, probe.Step{Probe: Name, Subject: text, Addr: e.Addr, Ask: e})
		if known.offersQUIC(e) {
			out = append(out, probe.Step{Probe: Name, Subject: text + byQUIC, Addr: e.Addr, Ask: overQUIC{e}})
		}
	}
	return out
}

func subject(at netip.AddrPort, serverName string) string {
	return strings.TrimSpace(at.String() + " " + serverName)
}

// Answers reports the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return strings.TrimSuffix(strings.TrimSuffix(o.Target, byPing), byHandshake), o.Probe == Name
	case *evidence.TLS:
		return subject(netip.AddrPortFrom(o.Addr, o.Port), o.ServerName), true
	case *evidence.RTT:
		if o.Authenticated == nil {
			return "", false
		}
		e := probe.Endpoint{Host: o.Authenticated.ServerName, Addr: o.Addr, Port: o.Port}
		text := subject(e.AddrPort(), e.ServerName())
		if o.Method == evidence.MethodQUIC {
			text += byQUIC
		}
		return text, true
	}
	return "", false
}

// Run shakes hands once and records what was shown; where that is trusted, it
// times whoever holds the key.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	var out []evidence.Observation
	var err error
	switch ask := step.Ask.(type) {
	case probe.Endpoint:
		out, err = p.look(ctx, step, ask)
	case overQUIC:
		out, err = p.timeQUIC(ctx, ask.at)
	default:
		return nil, probe.Foreign(step)
	}
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if err != nil {
		return []evidence.Observation{p.Failed(step, err)}, nil
	}
	return out, nil
}

// look makes the first handshake, and goes on in its connection.
func (p *Probe) look(ctx context.Context, step probe.Step, e probe.Endpoint) ([]evidence.Observation, error) {
	s, err := p.shake(ctx, e)
	if err != nil {
		return nil, err
	}
	defer s.watched.Close()
	out, err := p.facts(s)
	if err != nil {
		return nil, err
	}
	if !out.Trusted {
		return []evidence.Observation{out}, nil
	}
	return append([]evidence.Observation{out}, p.byKey(ctx, step, s)...), nil
}

// shaken is a connection whose handshake is over.
type shaken struct {
	at      probe.Endpoint
	conn    *tls.Conn
	watched *probe.Proof
	state   tls.ConnectionState
	trust   probe.Verdict
	connect time.Duration // until the connection stood
	shaking time.Duration // the whole handshake
	took    time.Duration // the part that proves the key
}

// shake makes a connection and a handshake. Without a session cache nothing is
// resumed, and so nothing is sent early.
func (p *Probe) shake(ctx context.Context, e probe.Endpoint) (*shaken, error) {
	ctx, cancel := context.WithTimeout(ctx, probe.OrDefault(p.Wait, DefaultWait))
	defer cancel()
	called := time.Now()
	raw, err := probe.Guard(p.Dialer, e.AllowPrivate).DialContext(ctx, "tcp", e.AddrPort().String())
	if err != nil {
		return nil, err
	}
	s := &shaken{at: e, watched: &probe.Proof{Conn: raw}}
	s.conn = tls.Client(s.watched, p.config(e.Host, h2, "http/1.1"))
	began := time.Now()
	if err := s.conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, failure("TLS handshake", err)
	}
	s.connect, s.shaking, s.state = began.Sub(called), time.Since(began), s.conn.ConnectionState()
	s.took = s.watched.Took(s.state.Version)
	return s, nil
}

// config takes any certificate. It is judged once the handshake is over: an
// untrusted one is seen, not refused, and judging takes no part in the time.
func (p *Probe) config(host string, protocols ...string) *tls.Config {
	return &tls.Config{
		ServerName:         host, // an address is not sent, RFC 6066, 3
		InsecureSkipVerify: true,
		NextProtos:         protocols,
		MinVersion:         tls.VersionTLS10, // an old server is seen too
		CurvePreferences:   probe.KeyExchanges(),
		Time:               p.Time,
	}
}

func (p *Probe) facts(s *shaken) (*evidence.TLS, error) {
	state, e := s.state, s.at
	if len(state.PeerCertificates) == 0 {
		return nil, probe.Fail(evidence.ClassTLS, "the handshake ended without a certificate")
	}
	leaf := state.PeerCertificates[0]
	fingerprint := sha256.Sum256(leaf.Raw)
	s.trust = p.Trust.Compare(state.PeerCertificates, e.Host, p.Time())
	return &evidence.TLS{
		Meta: p.Meta(evidence.KindTLS), Addr: e.Addr, Port: e.Port, ServerName: e.ServerName(),
		ALPN:              probe.Text(state.NegotiatedProtocol, maxNameBytes),
		Version:           strings.TrimPrefix(tls.VersionName(state.Version), "TLS "),
		Subject:           probe.Text(leaf.Subject.String(), maxNameBytes),
		Issuer:            probe.Text(leaf.Issuer.String(), maxNameBytes),
		SANs:              names(leaf),
		FingerprintSHA256: hex.EncodeToString(fingerprint[:]),
		Trusted:           s.trust.Trusted,
		SystemTrusts:      s.trust.System,
		ConnectMS:         probe.Milliseconds(s.connect),
		HandshakeMS:       probe.Milliseconds(s.shaking),
		RoundTripMS:       probe.Milliseconds(s.took),
	}, nil
}

// names returns the first subject alternative names (RFC 5280, 4.2.1.6) that
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
