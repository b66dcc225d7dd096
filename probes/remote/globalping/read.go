package globalping

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/remote"
)

// The states of a test.
const (
	inProgress = "in-progress"
	finished   = "finished"
	offline    = "offline"
)

const (
	// maxResults is far above the 500 vantages that one order takes.
	maxResults = 2000
	// maxSaidBytes bounds what is kept of a test's own words.
	maxSaidBytes = 200
)

// measurement is an answer.
type measurement struct {
	ID      string
	Type    string
	Target  string
	Status  string
	Options struct {
		Protocol string
		Port     uint16
		Query    struct{ Type string }
	} `json:"measurementOptions"`
	Results []struct {
		Probe  location
		Result json.RawMessage
	}
}

// Read gives what the tests of a measurement saw.
func (c *Client) Read(a remote.Ask, body json.RawMessage) ([]remote.Reading, error) {
	return Read(a, body)
}

// Read gives what a measurement's document holds of what was asked. It is pure.
func Read(a remote.Ask, body json.RawMessage) ([]remote.Reading, error) {
	var m measurement
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, probe.Fail(evidence.ClassHTTP, "a document of globalping: %w", err)
	}
	if len(m.Results) > maxResults {
		return nil, probe.Fail(evidence.ClassOther, "%d results; globalping gives at most 500", len(m.Results))
	}
	if m.Type != a.Type || !sameTarget(a, m.Target) {
		return nil, probe.Fail(evidence.ClassOther, "the answer is about a %s of %q, and a %s of %s was asked for",
			probe.Text(m.Type, maxNameBytes), probe.Text(m.Target, maxNameBytes), a.Type, a.Target())
	}
	var out []remote.Reading
	for _, r := range m.Results {
		out = append(out, readTest(a, r.Probe, r.Result))
	}
	return out, nil
}

// AskOf gives what a measurement's document was asked for, so that one that
// somebody else ordered can be read.
func AskOf(body json.RawMessage) (remote.Ask, error) {
	var m measurement
	if err := json.Unmarshal(body, &m); err != nil {
		return remote.Ask{}, fmt.Errorf("not a measurement of globalping: %w", err)
	}
	a := remote.Ask{Type: m.Type, Port: m.Options.Port, Method: strings.ToLower(m.Options.Protocol)}
	if addr, err := netip.ParseAddr(m.Target); err == nil {
		a.Addr = addr.Unmap()
	} else {
		a.Name = m.Target
	}
	if a.Method == "" {
		a.Method = evidence.MethodICMP // the platform's default for ping, traceroute and mtr
	}
	if a.Type == remote.TypeDNS {
		a.Method = m.Options.Query.Type
	}
	return a, nil
}

func sameTarget(a remote.Ask, target string) bool {
	if a.Name != "" {
		return strings.EqualFold(a.Name, target)
	}
	addr, err := netip.ParseAddr(target)
	return err == nil && addr.Unmap() == a.Addr.Unmap()
}

// test is the result of one vantage, of any type.
type test struct {
	Status          string
	RawOutput       string  `json:"rawOutput"`
	ResolvedAddress *string `json:"resolvedAddress"`
	Stats           struct{ Total, Rcv, Drop int }
	Timings         json.RawMessage
	Hops            []hop
	dnsTest
	httpTest
}

// timing is one packet.
type timing struct{ RTT *float64 }

type hop struct {
	ResolvedAddress  *string `json:"resolvedAddress"`
	ResolvedHostname *string `json:"resolvedHostname"`
	Timings          []timing
}

func readTest(a remote.Ask, at location, body json.RawMessage) remote.Reading {
	r := remote.Reading{Key: at.key(), Vantage: at.vantage()}
	var t test
	if err := json.Unmarshal(body, &t); err != nil {
		return failed(r, evidence.ClassOther, "its result cannot be read: "+err.Error())
	}
	switch t.Status {
	case finished:
	case inProgress:
		r.Pending = true
		return r
	case offline:
		return failed(r, evidence.ClassUnreachable, "the vantage went away before it measured")
	default:
		return failed(r, remote.ClassOfWords(t.RawOutput), "the vantage could not measure ("+t.Status+"): "+t.RawOutput)
	}
	switch a.Type {
	case remote.TypePing:
		return readPing(a, r, &t)
	case remote.TypeTraceroute, remote.TypeMTR:
		return readHops(a, r, &t)
	case remote.TypeDNS:
		return readDNS(a, r, &t)
	case remote.TypeHTTP:
		return readHTTP(a, r, &t)
	}
	return failed(r, evidence.ClassOther, "a result of a type that is not known: "+a.Type)
}

// failed gives the reading of a vantage that could not measure.
func failed(r remote.Reading, class evidence.Class, text string) remote.Reading {
	r.Observations = append(r.Observations, &evidence.Error{
		Meta: evidence.Meta{Kind: evidence.KindError}, Error: probe.Text(strings.TrimSpace(text), maxSaidBytes), Class: class,
	})
	return r
}

// answered gives the address that a test reached, if it is the one asked for;
// of a name it is the one that the vantage was given.
func (t *test) answered(a remote.Ask) (netip.Addr, error) {
	if t.ResolvedAddress == nil {
		return netip.Addr{}, fmt.Errorf("the result names no address")
	}
	addr, err := netip.ParseAddr(*t.ResolvedAddress)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("the result is about %q, which is not an address", *t.ResolvedAddress)
	}
	if addr = addr.Unmap(); a.Addr.IsValid() && addr != a.Addr.Unmap() {
		return netip.Addr{}, fmt.Errorf("the result is about %s, and %s was asked for", addr, a.Addr)
	}
	return addr, nil
}

func readPing(a remote.Ask, r remote.Reading, t *test) remote.Reading {
	addr, err := t.answered(a)
	if err != nil {
		return failed(r, evidence.ClassOther, err.Error())
	}
	var timings []timing
	if err := json.Unmarshal(t.Timings, &timings); err != nil && len(t.Timings) > 0 {
		return failed(r, evidence.ClassOther, "its times cannot be read: "+err.Error())
	}
	out := newRTT(a, addr, timings)
	if len(out.SamplesMS) == 0 {
		return failed(r, evidence.ClassTimeout, fmt.Sprintf("none of %d packets was answered", t.Stats.Total))
	}
	if out.Sent = max(t.Stats.Total, len(out.SamplesMS)); t.Stats.Drop > 0 {
		out.Lost = min(t.Stats.Drop, out.Sent)
	}
	r.Observations = append(r.Observations, remote.Resolved(a, addr)...)
	r.Observations = append(r.Observations, out)
	return r
}

func newRTT(a remote.Ask, addr netip.Addr, timings []timing) *evidence.RTT {
	out := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: addr, Method: a.Method}
	if a.Method == evidence.MethodTCP {
		out.Port = a.Port
	}
	if out.SamplesMS = times(timings); len(out.SamplesMS) > 0 {
		out.MinMS = slices.Min(out.SamplesMS)
	}
	return out
}

// times gives the round trips that the figures stand for at the most; none
// takes no time at all.
func times(timings []timing) []float64 {
	var out []float64
	for _, t := range timings {
		if t.RTT != nil && *t.RTT > 0 {
			out = append(out, remote.AtMostMS(*t.RTT))
		}
	}
	return out
}

// readHops gives the path and, where it reached the host, the round trip to it.
func readHops(a remote.Ask, r remote.Reading, t *test) remote.Reading {
	addr, err := t.answered(a)
	if err != nil {
		return failed(r, evidence.ClassOther, err.Error())
	}
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: addr, Method: a.Method}
	if a.Method == evidence.MethodTCP {
		path.Port = a.Port
	}
	var host []timing
	for i, h := range t.Hops[:min(len(t.Hops), maxHops)] {
		step := evidence.Hop{TTL: i + 1, RTTMS: times(h.Timings)}
		if h.ResolvedAddress != nil {
			if known, err := netip.ParseAddr(*h.ResolvedAddress); err == nil {
				step.Addr = known.Unmap()
			}
		}
		if name := h.ResolvedHostname; name != nil && step.Addr.IsValid() && *name != step.Addr.String() {
			step.Name = probe.Text(*name, maxSaidBytes)
		}
		if step.Addr == addr {
			path.Reached, host = true, append(host, h.Timings...)
		}
		path.Hops = append(path.Hops, step)
	}
	r.Observations = append(r.Observations, path)
	if rtt := newRTT(a, addr, host); len(rtt.SamplesMS) > 0 {
		r.Observations = append(r.Observations, rtt)
	}
	return r
}

// maxHops is the furthest that packets go (RFC 791, 3.1).
const maxHops = 255
