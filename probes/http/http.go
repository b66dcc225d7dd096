// Package http asks a server for one page and records what its headers say of
// where it is.
//
// It sends one GET for / and reads no body. HEAD would be less to answer, but
// front doors treat it as the exception it is: some refuse it, some pass it by
// their caches, and what is wanted is what every client gets. No redirect is
// followed: it leads to another endpoint, and where an endpoint leads is the
// user's to choose.
package http

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	nethttp "net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "http"

const (
	plainPort = 80  // http, RFC 9110, 4.2.1
	tlsPort   = 443 // https, RFC 9110, 4.2.2

	// DefaultWait bounds the whole exchange up to the end of the headers: two
	// handshakes and an answer, on a slow server.
	DefaultWait = 10 * time.Second
	// maxHeaderBytes bounds the headers read. Servers themselves accept 8 to
	// 16 KiB, and few answers come near it.
	maxHeaderBytes = 32 << 10
	// maxLocationBytes bounds what is kept.
	maxLocationBytes = 1000
)

// Probe asks for one page.
type Probe struct {
	probe.Stamp
	Dialer  net.Dialer    // a template; the guard against private addresses is added
	Version string        // of this program, for User-Agent
	Wait    time.Duration // for the whole exchange; 0: DefaultWait
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindHTTP,
		Question: "What does the server that answers (front end) say of where it is?",
		Needs:    "network, an answer to `rtt` (port 80) or `tls` (any other)",
		Shows:    "the point of presence or region that the server names itself",
		Hides:    "whether that is true; where the content comes from",
	}
}

// page is what a step asks for.
type page struct {
	at  probe.Endpoint
	url string
}

// Plan asks every address once for each name on it: over https where a TLS
// handshake worked, on any port; over http on port 80. Elsewhere it is not
// known that the service speaks HTTP.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	answers, secure := probe.Answering(seen, p.Vantage), p.secure(seen)
	var out []probe.Step
	for _, e := range probe.Endpoints(targets, seen) {
		if e.Refused != nil || e.Landmark && e.Port != plainPort {
			continue // landmarks show by plain HTTP alone whether somebody redirects
		}
		q := page{at: e}
		switch {
		case e.Port == plainPort && answers[e.AddrPort()]:
			q.url = address("http", e, plainPort)
		case secure[shake{e.AddrPort(), e.ServerName()}]:
			q.url = address("https", e, tlsPort)
		default:
			continue
		}
		out = append(out, probe.Step{Probe: Name, Subject: subject(e.AddrPort(), q.url), Addr: e.Addr, Ask: q})
	}
	return out
}

// secure returns the names for which each address shook hands with this vantage.
func (p *Probe) secure(seen *probe.Seen) map[shake]bool {
	begin := func() map[shake]bool { return map[shake]bool{} }
	return probe.Index(seen, secureKey{p.Vantage}, begin, func(out map[shake]bool, o evidence.Observation) {
		if t, ok := o.(*evidence.TLS); ok && probe.Clear(o, p.Vantage) {
			out[shake{netip.AddrPortFrom(t.Addr, t.Port), t.ServerName}] = true
		}
	}, evidence.KindTLS)
}

// shake is a handshake that worked, and secureKey what they are kept under.
type (
	shake struct {
		at   netip.AddrPort
		name string
	}
	secureKey struct{ vantage string }
)

// address returns the URL of an endpoint's first page.
func address(scheme string, e probe.Endpoint, usual uint16) string {
	host := e.Host
	if e.Port != usual {
		host = net.JoinHostPort(host, strconv.Itoa(int(e.Port)))
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return (&url.URL{Scheme: scheme, Host: host, Path: "/"}).String()
}

func subject(at netip.AddrPort, page string) string { return at.String() + " " + page }

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.HTTP:
		port, ok := portOf(o.URL)
		return subject(netip.AddrPortFrom(o.Addr, port), o.URL), ok
	}
	return "", false
}

func portOf(page string) (uint16, bool) {
	u, err := url.Parse(page)
	if err != nil {
		return 0, false
	}
	switch {
	case u.Port() != "":
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		return uint16(port), err == nil
	case u.Scheme == "http":
		return plainPort, true
	}
	return tlsPort, u.Scheme == "https"
}

// Run asks once.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	q, ok := step.Ask.(page)
	if !ok {
		return nil, probe.Foreign(step)
	}
	out, err := p.get(ctx, q)
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if err != nil {
		return []evidence.Observation{p.Failed(step, err)}, nil
	}
	return []evidence.Observation{out}, nil
}

func (p *Probe) get(ctx context.Context, q page) (*evidence.HTTP, error) {
	wait := p.Wait
	if wait <= 0 {
		wait = DefaultWait
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var t timing
	request, err := nethttp.NewRequestWithContext(t.trace(ctx), nethttp.MethodGet, q.url, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", q.url, err)
	}
	request.Header.Set("User-Agent", p.userAgent())
	transport := p.transport(q.at)
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request) // follows no redirect
	if err != nil {
		failed, answered := t.failure(err)
		if answered {
			if out, err := p.lenient(ctx, q); err == nil {
				return out, nil
			}
		}
		return nil, failed
	}
	defer response.Body.Close() // unread: the connection ends with it
	out := p.answer(q, response.StatusCode, protocol(response), response.Header)
	t.fill(out)
	return out, nil
}

// answer makes an observation of the head of an answer.
func (p *Probe) answer(q page, status int, protocol string, header nethttp.Header) *evidence.HTTP {
	return &evidence.HTTP{
		Meta: p.Meta(evidence.KindHTTP), Addr: q.at.Addr, URL: q.url, Status: status,
		Location: probe.Text(header.Get("Location"), maxLocationBytes),
		Headers:  probe.Placing(header),
		Protocol: protocol, AltProtocols: alternatives(header.Values("Alt-Svc")),
	}
}

// transport makes one connection, to the step's address whatever the name
// resolves to, and no other.
func (p *Probe) transport(e probe.Endpoint) *nethttp.Transport {
	dialer := probe.Guard(p.Dialer, e.AllowPrivate)
	return &nethttp.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", e.AddrPort().String())
		},
		TLSClientConfig:        tlsConfig(),
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // nothing to inflate
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// tlsConfig takes any certificate: probe tls says whether it is trusted; here it
// matters only what is answered. Nothing secret is sent.
func tlsConfig() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CurvePreferences: probe.KeyExchanges()}
}

func (p *Probe) userAgent() string {
	version := p.Version
	if version == "" {
		version = "dev"
	}
	return "landfall/" + version + " (+https://github.com/landfall-audit/landfall)"
}
