// Package authrtt times round trips that only the holder of the endpoint's own
// key can have answered.
//
// A TCP handshake, a ping and a reset are answered by whoever gets the packet
// first: a proxy near the vantage, a firewall, a relay. What this package times
// ends with something that takes the key of a certificate that is valid for the
// name, by roots that this program carries or that the user vouches for:
//
//   - tls: a handshake, up to the proof of possession (see [probe.Proof]). Each
//     one is a full handshake with fresh randoms: there is no resumption and no
//     early data.
//   - h2-ping: PING frames of HTTP/2 and their acknowledgements inside such a
//     connection. A server may keep no work of its own in between, so this is
//     about as short as a TCP handshake.
//   - quic: a handshake of QUIC, where the service says that it speaks HTTP/3.
//
// The time to the first byte of a page is not among them: whoever has the key
// can send a page before it was asked for.
package authrtt

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "authrtt"

const (
	// DefaultHandshakes is how many handshakes the least is taken of where the
	// service speaks HTTP/2, whose PINGs are shorter anyway: that of probe tls, and
	// that of the connection for the PINGs.
	DefaultHandshakes = 2
	// DefaultHandshakesAlone is how many it is where nothing else is timed.
	DefaultHandshakesAlone = 5
	// DefaultPings is how many PINGs the least is taken of: a scheduler that is
	// late once is not late eight times.
	DefaultPings = 8
	// DefaultSpacing lies between two PINGs on average, so that one queue on the
	// way does not hold up all of them, and the server sees no burst.
	DefaultSpacing = 10 * time.Millisecond
	// DefaultWait bounds one connection: its handshakes, as probe tls bounds
	// them, and the PINGs.
	DefaultWait = 10 * time.Second
	// freshFor is how old the handshake of probe tls may be to count as one of
	// this step's: with an older bundle that is gone on with, it is not.
	freshFor = 2 * time.Minute
)

// h2 and h3 are what HTTP/2 (RFC 9113, 3.2) and HTTP/3 (RFC 9114, 3.1) are
// called in ALPN.
const (
	h2 = "h2"
	h3 = "h3"
)

// Probe times round trips to whoever holds the key.
type Probe struct {
	probe.Stamp
	Dialer  net.Dialer    // a template; the guard against private addresses is added
	Trust   *probe.Trust  // whom certificates are trusted by; nil: the embedded roots
	Spacing time.Duration // between PINGs; 0: DefaultSpacing
	Wait    time.Duration // for one connection; 0: DefaultWait
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindRTT,
		Question: "How long does it take to whoever holds the endpoint's key, and back?",
		Needs:    "network, a trusted certificate in `tls`",
		Shows:    "an upper bound on how far the host with the key can be, which nobody without the key can make shorter",
		Hides:    "how near it is; to whom else the key was given, such as a content network; what lies behind that host",
	}
}

// service is what a step asks for.
type service struct {
	at    probe.Endpoint
	known *evidence.TLS // what probe tls saw
	quic  bool
}

// byQUIC ends the subject of a step that goes over QUIC.
const byQUIC = " " + evidence.MethodQUIC

// Plan asks every service whose certificate is trusted for the name, and over
// QUIC too where it says that it speaks HTTP/3.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	trusted, offered := p.trusted(seen), p.offered(seen)
	var out []probe.Step
	for _, e := range probe.Endpoints(targets, seen) {
		shown := trusted[shake{e.AddrPort(), e.ServerName()}]
		if e.Refused != nil || shown == nil {
			continue
		}
		s := service{at: e, known: shown}
		out = append(out, probe.Step{Probe: Name, Subject: subject(e.AddrPort(), e.Host), Addr: e.Addr, Ask: s})
		if offered.has(e) {
			s.quic = true
			out = append(out, probe.Step{Probe: Name, Subject: subject(e.AddrPort(), e.Host) + byQUIC, Addr: e.Addr, Ask: s})
		}
	}
	return out
}

func subject(at netip.AddrPort, host string) string { return at.String() + " " + host }

// shake names a handshake, and trustedKey is what they are kept under.
type (
	shake struct {
		at   netip.AddrPort
		name string
	}
	trustedKey struct{ vantage string }
)

// trusted returns the handshakes of this vantage that showed a certificate that
// is trusted.
func (p *Probe) trusted(seen *probe.Seen) map[shake]*evidence.TLS {
	begin := func() map[shake]*evidence.TLS { return map[shake]*evidence.TLS{} }
	return probe.Index(seen, trustedKey{p.Vantage}, begin, func(out map[shake]*evidence.TLS, o evidence.Observation) {
		if t, ok := o.(*evidence.TLS); ok && t.Trusted && probe.Clear(o, p.Vantage) {
			out[shake{netip.AddrPortFrom(t.Addr, t.Port), t.ServerName}] = t
		}
	}, evidence.KindTLS)
}

// Answers reports the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.RTT:
		if o.Authenticated == nil {
			return "", false
		}
		text := subject(netip.AddrPortFrom(o.Addr, o.Port), o.Authenticated.ServerName)
		if o.Method == evidence.MethodQUIC {
			text += byQUIC
		}
		return text, true
	}
	return "", false
}

// Run times one service.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	s, ok := step.Ask.(service)
	if !ok {
		return nil, probe.Foreign(step)
	}
	var out []evidence.Observation
	var err error
	if s.quic {
		out, err = p.overQUIC(ctx, s.at)
	} else {
		out, err = p.overTLS(ctx, s)
	}
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if err != nil {
		out = append(out, p.Failed(step, err))
	}
	return out, nil
}

// overTLS times handshakes, and PINGs in the last of the connections. What was
// timed is returned with the error of what was not.
func (p *Probe) overTLS(ctx context.Context, s service) ([]evidence.Observation, error) {
	own := DefaultHandshakesAlone
	if s.known.ALPN == h2 {
		own = DefaultHandshakes
	}
	var proofs []proof
	if p.counts(s.known) {
		own--
		proofs = append(proofs, proof{tookMS: s.known.RoundTripMS, certSHA256: s.known.FingerprintSHA256})
	}
	before, sent := len(proofs), len(proofs)
	var pings []evidence.Observation
	var failed error
	for i := range own {
		sent++
		got, pinged, err := p.connection(ctx, s.at, i == own-1)
		if pinged != nil {
			pings = append(pings, pinged)
		}
		if got != nil {
			proofs = append(proofs, *got)
		}
		if err != nil {
			failed = err
			break
		}
	}
	if len(proofs) == before { // whose roots they are is not known of the other one
		return pings, failed
	}
	return append([]evidence.Observation{p.line(s.at, evidence.MethodTLS, sent, proofs)}, pings...), failed
}

// counts reports whether the handshake of probe tls is as good as one of this
// step's own.
func (p *Probe) counts(known *evidence.TLS) bool {
	age := p.Time().Sub(known.At)
	return known.RoundTripMS > 0 && age >= 0 && age < freshFor && (known.Version == "1.3" || known.Version == "1.2")
}

// proof is a handshake with somebody who has the key.
type proof struct {
	tookMS     float64
	certSHA256 string
	byUser     bool // only the user's own roots make the certificate valid
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
