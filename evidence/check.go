package evidence

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what a measurement can give. They are wide: their purpose is to
// keep out values that would turn arithmetic into nonsense, not to judge.
const (
	maxTextBytes  = 64 << 10
	maxDurationMS = 24 * 60 * 60 * 1000 // a day
	maxDistanceKM = 20038               // half of the equator: further is everywhere
	maxTTL        = 255
)

func checkText(field, text string) error {
	if len(text) > maxTextBytes {
		return fmt.Errorf("%s has %d bytes; at most %d are taken", field, len(text), maxTextBytes)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%s is not valid UTF-8", field)
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return fmt.Errorf("%s holds the control character %U; write it escaped or leave it out", field, r)
		}
	}
	return nil
}

// maxIDBytes bounds ids and the names of runs.
const maxIDBytes = 200

// checkID reports an id that nobody would give. It may hold slashes: published
// bundles were merged of others. When several files are merged, the name of the
// file stands before all of it.
func checkID(field, id string) error {
	if len(id) > maxIDBytes {
		return fmt.Errorf("%s has %d bytes; at most %d are taken", field, len(id), maxIDBytes)
	}
	return checkText(field, id)
}

// checkRun reports a name that no run has. A slash would reach into the ids of
// another run where several are merged.
func checkRun(run string) error {
	if run == "" || len(run) > maxIDBytes || strings.Trim(run, runCharacters) != "" {
		return fmt.Errorf("run is %q; a name of letters, digits, dots, hyphens, colons and underscores is expected, at most %d", run, maxIDBytes)
	}
	return nil
}

const runCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:_"

func checkDuration(field string, ms float64) error {
	if math.IsNaN(ms) || ms < 0 || ms > maxDurationMS {
		return fmt.Errorf("%s is %v; a duration is 0 to %d milliseconds", field, ms, maxDurationMS)
	}
	return nil
}

func checkAddr(addr netip.Addr) error {
	if !addr.IsValid() {
		return fmt.Errorf("addr is missing; an IPv4 or IPv6 address is expected")
	}
	return nil
}

func checkPosition(lat, lon *float64) error {
	if (lat == nil) != (lon == nil) {
		return fmt.Errorf("only one of lat and lon is given; give both or neither")
	}
	if lat == nil {
		return nil
	}
	if math.IsNaN(*lat) || math.Abs(*lat) > 90 {
		return fmt.Errorf("lat is %v; -90 to 90 degrees are expected", *lat)
	}
	if math.IsNaN(*lon) || math.Abs(*lon) > 180 {
		return fmt.Errorf("lon is %v; -180 to 180 degrees are expected", *lon)
	}
	return nil
}

func checkCount(field string, n int) error {
	if n < 0 {
		return fmt.Errorf("%s is %d; a count is not negative", field, n)
	}
	return nil
}

// firstError returns the first error of a list of checks.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *Vantage) check() error {
	var radius error
	if math.IsNaN(v.RadiusKM) || v.RadiusKM < 0 || v.RadiusKM > maxDistanceKM {
		radius = fmt.Errorf("radius_km is %v; 0 to %d are expected", v.RadiusKM, maxDistanceKM)
	}
	return firstError(v.Meta.check(), checkText("name", v.Name), checkText("machine", v.Machine), checkPosition(v.Lat, v.Lon), radius)
}

func (d *DNS) check() error {
	for _, name := range d.Chain {
		if err := checkText("chain", name); err != nil {
			return err
		}
	}
	for _, text := range d.Texts {
		if err := checkText("texts", text); err != nil {
			return err
		}
	}
	for _, s := range d.Services {
		if err := checkText("services", s.Target); err != nil {
			return err
		}
	}
	var asked error
	if d.CountriesAsked < 0 || d.CountriesAsked > maxCountries {
		asked = fmt.Errorf("countries_asked is %d; 0 to %d are expected", d.CountriesAsked, maxCountries)
	}
	return firstError(d.Meta.check(), asked, checkText("name", d.Name), checkText("resolver", d.Resolver),
		checkText("nsid", d.NSID), checkText("zone", d.Zone))
}

// leastMS is a nanosecond: nothing that is timed takes less, and what divides by
// less than it is no number.
const leastMS = 1e-6

// checkLeast reports a least round trip that no reply can have taken.
func (r *RTT) checkLeast() error {
	switch {
	case r.MinMS > 0 && r.MinMS < leastMS:
		return fmt.Errorf("min_ms is %v; no reply takes less than a nanosecond", r.MinMS)
	case r.MinMS > 0 && r.Sent > 0 && r.Lost == r.Sent:
		return fmt.Errorf("min_ms is %v, and all %d are lost", r.MinMS, r.Sent)
	case len(r.SamplesMS) > 0 && r.MinMS < slices.Min(r.SamplesMS):
		return fmt.Errorf("min_ms is %v, below each sample; it may over-state a round trip and not under-state it", r.MinMS)
	}
	return nil
}

func (r *RTT) check() error {
	for _, ms := range r.SamplesMS {
		if err := checkDuration("samples_ms", ms); err != nil {
			return err
		}
	}
	lost := checkCount("lost", r.Lost)
	if lost == nil && r.Sent > 0 && r.Lost > r.Sent {
		lost = fmt.Errorf("lost is %d of %d sent; at most all can be lost", r.Lost, r.Sent)
	}
	return firstError(r.Meta.check(), checkAddr(r.Addr), checkDuration("min_ms", r.MinMS), r.checkLeast(), checkCount("sent", r.Sent), lost, r.Authenticated.check(), r.checkKeyed())
}

// checkKeyed reports a method in which no key can answer, of a round trip that is
// said to be by one.
func (r *RTT) checkKeyed() error {
	switch r.Method {
	case MethodTCP, MethodICMP, MethodUDP:
		if r.Authenticated != nil {
			return fmt.Errorf("method is %q, in which no key answers, and the round trip is said to be authenticated; %s, %s or %s is expected", r.Method, MethodTLS, MethodH2Ping, MethodQUIC)
		}
	}
	return nil
}

// check reports what is wrong with who is said to have answered; nil is nobody.
func (a *Authenticated) check() error {
	if a == nil {
		return nil
	}
	var how, name error
	switch a.How {
	case MethodH2Ping, MethodTLS, MethodQUIC:
	default:
		how = fmt.Errorf("authenticated.how is %q; h2-ping, tls or quic is expected", a.How)
	}
	if a.ServerName == "" {
		name = fmt.Errorf("authenticated.server_name is missing; the name that the certificate is valid for is expected")
	}
	return firstError(name, checkText("authenticated.server_name", a.ServerName), checkText("authenticated.cert_sha256", a.CertSHA256), how)
}

func (t *Trace) check() error {
	for _, hop := range t.Hops {
		if hop.TTL < 0 || hop.TTL > maxTTL {
			return fmt.Errorf("ttl is %d; 0 to %d are expected", hop.TTL, maxTTL)
		}
		for _, ms := range hop.RTTMS {
			if err := checkDuration("rtt_ms", ms); err != nil {
				return err
			}
		}
	}
	return firstError(t.Meta.check(), checkAddr(t.Addr))
}

func (t *TLS) check() error {
	return firstError(t.Meta.check(), checkAddr(t.Addr), checkText("alpn", t.ALPN), checkDuration("connect_ms", t.ConnectMS),
		checkDuration("handshake_ms", t.HandshakeMS), checkDuration("round_trip_ms", t.RoundTripMS))
}

func (h *HTTP) check() error {
	for _, protocol := range h.AltProtocols {
		if err := checkText("alt_protocols", protocol); err != nil {
			return err
		}
	}
	return firstError(h.Meta.check(), checkAddr(h.Addr), checkText("protocol", h.Protocol), checkDuration("ttfb_ms", h.TTFBMS),
		checkDuration("connect_ms", h.ConnectMS), checkDuration("handshake_ms", h.HandshakeMS))
}

func (g *GeoIP) check() error {
	return firstError(g.Meta.check(), checkAddr(g.Addr), checkPosition(g.Lat, g.Lon))
}

func (n *Network) check() error { return firstError(n.Meta.check(), checkAddr(n.Addr)) }

func (r *Range) check() error {
	var prefix error
	switch {
	case !r.Prefix.IsValid():
		prefix = fmt.Errorf("prefix is missing; one in CIDR notation (RFC 4632) is expected")
	case !r.Prefix.Contains(r.Addr) && !r.Prefix.Contains(r.Addr.Unmap()):
		prefix = fmt.Errorf("prefix is %s, which does not hold addr %s", r.Prefix, r.Addr)
	}
	return firstError(r.Meta.check(), checkAddr(r.Addr), prefix)
}

func (h *Hint) check() error { return firstError(h.Meta.check(), checkAddr(h.Addr)) }

func (f *Flow) check() error {
	var bytes error
	if f.BytesUp < 0 || f.BytesDown < 0 {
		bytes = fmt.Errorf("bytes_up is %d and bytes_down %d; neither can be negative", f.BytesUp, f.BytesDown)
	}
	return firstError(f.Meta.check(), checkAddr(f.Addr), bytes)
}

func (r *Retrieval) check() error {
	for _, ms := range r.SamplesMS {
		if err := checkDuration("samples_ms", ms); err != nil {
			return err
		}
	}
	return firstError(r.Meta.check(), checkAddr(r.Addr), checkCount("challenges", r.Challenges),
		checkDuration("rtt_min_ms", r.RTTMinMS), checkDuration("ttfb_min_ms", r.TTFBMinMS))
}

// Validate reports the first field of o that no measurement can give, as the
// reader and the writer of bundles do.
func Validate(o Observation) error { return o.check() }
