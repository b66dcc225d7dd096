package globalping

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
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
	ID      string           `json:"id"`
	Type    string           `json:"type"`
	Target  string           `json:"target"`
	Status  string           `json:"status"`
	Created string           `json:"createdAt"` // RFC 3339
	Updated string           `json:"updatedAt"`
	Probes  platform.Integer `json:"probesCount"`
	Options struct {
		Protocol string
		Port     uint16
		Query    struct{ Type string }
		Request  struct{ Host string } // of http: the name that is asked for, where the target is not
	} `json:"measurementOptions"`
	Results []json.RawMessage
}

// at returns when a measurement was ordered, and its tests began; the zero time
// where it does not say.
func (m *measurement) at() time.Time {
	for _, text := range []string{m.Created, m.Updated} {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// Read returns what the tests of a measurement saw.
func (c *Client) Read(a platform.Ask, body json.RawMessage) ([]platform.Reading, error) {
	return Read(a, body)
}

// Read returns what a measurement's document holds of what was asked. It is pure.
func Read(a platform.Ask, body json.RawMessage) ([]platform.Reading, error) {
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
	var out []platform.Reading
	for _, raw := range m.Results {
		out = append(out, m.read(a, raw))
	}
	return out, nil
}

// read reads the result of one vantage.
func (m *measurement) read(a platform.Ask, raw json.RawMessage) platform.Reading {
	var item struct {
		Probe  location
		Result json.RawMessage
	}
	reading := platform.Reading{Vantage: evidence.Vantage{Name: "unknown probe", Network: evidence.NetworkGlobalping}}
	if err := json.Unmarshal(raw, &item); err != nil {
		reading = failed(reading, evidence.ClassOther, unreadable+platform.ExplainJSON(err).Error())
	} else {
		reading = readTest(a, item.Probe, item.Result, m.Options.Request.Host)
	}
	reading.At = m.at()
	id := ""
	if m.ID != "" {
		id = evidence.NetworkGlobalping + ":" + probe.Text(m.ID, maxNameBytes)
	}
	platform.StampAll(reading.Observations, reading.At, id, m.Target)
	return reading
}

// unreadable begins the failure of a result that cannot be read.
const unreadable = "its result cannot be read: "

// AskOf returns what a measurement's document was asked for, so that one that
// somebody else ordered can be read. What the platform takes where nothing is
// said (its MeasurementOptions) is filled in.
func AskOf(body json.RawMessage) (platform.Ask, error) {
	var m measurement
	if err := json.Unmarshal(body, &m); err != nil {
		return platform.Ask{}, fmt.Errorf("not a measurement of globalping: %w", platform.ExplainJSON(err))
	}
	a := platform.Ask{Type: m.Type, Port: m.Options.Port, Method: strings.ToLower(m.Options.Protocol)}
	if addr, err := netip.ParseAddr(m.Target); err == nil {
		a.Addr = addr.Unmap()
	} else {
		a.Name = m.Target
	}
	switch {
	case a.Type == platform.TypeDNS:
		a.Method = cmp.Or(m.Options.Query.Type, "A")
	case a.Type == platform.TypeHTTP:
		a.Method = cmp.Or(a.Method, "https")
		if a.Port == 0 && a.Method == methodHTTP {
			a.Port = httpPort
		}
		a.Port = cmp.Or(a.Port, httpsPort)
	case a.Method == "":
		a.Method = evidence.MethodICMP
	case a.Method == evidence.MethodTCP:
		a.Port = cmp.Or(a.Port, httpPort)
	}
	return a, nil
}

// sameTarget reports whether a document is about what was asked: the address
// where there is one, since that is what is ordered, and else the name.
func sameTarget(a platform.Ask, target string) bool {
	if !a.Addr.IsValid() {
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

	host string // the Host header that was asked for; empty: the target
}

// timing is one packet.
type timing struct{ RTT *float64 }

type hop struct {
	ResolvedAddress  *string `json:"resolvedAddress"`
	ResolvedHostname *string `json:"resolvedHostname"`
	Timings          []timing
}

func readTest(a platform.Ask, at location, body json.RawMessage, host string) platform.Reading {
	r := platform.Reading{Key: at.key(), Vantage: at.vantage()}
	var t test
	if err := json.Unmarshal(body, &t); err != nil {
		return failed(r, evidence.ClassOther, unreadable+platform.ExplainJSON(err).Error())
	}
	t.host = host
	switch t.Status {
	case finished:
	case inProgress:
		r.Pending = true
		return r
	case offline:
		return failed(r, evidence.ClassUnreachable, "the vantage went away before it measured")
	default:
		return failed(r, platform.ClassOfWords(t.RawOutput), "the vantage could not measure ("+t.Status+"): "+t.RawOutput)
	}
	switch a.Type {
	case platform.TypePing:
		return readPing(a, r, &t)
	case platform.TypeTraceroute, platform.TypeMTR:
		return readHops(a, r, &t)
	case platform.TypeDNS:
		return readDNS(a, r, &t)
	case platform.TypeHTTP:
		return readHTTP(a, r, &t)
	}
	return failed(r, evidence.ClassOther, "a result of a type that is not known: "+a.Type)
}

// failed returns the reading of a vantage that could not measure.
func failed(r platform.Reading, class evidence.Class, text string) platform.Reading {
	r.Observations = append(r.Observations, &evidence.Error{
		Meta: evidence.Meta{Kind: evidence.KindError}, Error: probe.Text(strings.TrimSpace(text), maxSaidBytes), Class: class,
	})
	return r
}

// answered returns the address that a test reached, if it is the one asked for;
// of a name it is the one that the vantage was given.
func (t *test) answered(a platform.Ask) (netip.Addr, error) {
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

func readPing(a platform.Ask, r platform.Reading, t *test) platform.Reading {
	addr, err := t.answered(a)
	if err != nil {
		return failed(r, evidence.ClassOther, err.Error())
	}
	var timings []timing
	if err := json.Unmarshal(t.Timings, &timings); err != nil && len(t.Timings) > 0 {
		return failed(r, evidence.ClassOther, "its times cannot be read: "+platform.ExplainJSON(err).Error())
	}
	out := newRTT(a, addr)
	if !platform.Answered(out, times(timings), t.Stats.Total) {
		if t.Stats.Total < 1 { // the platform writes -1 where ping printed no summary
			return failed(r, evidence.ClassTimeout, "no packet was answered")
		}
		return failed(r, evidence.ClassTimeout, fmt.Sprintf("none of %d packets was answered", t.Stats.Total))
	}
	r.Observations = append(append(r.Observations, platform.Resolved(named(a), addr)...), out)
	return r
}

// named returns the ask with its name in the form of one; without where it has
// none that a vantage can have looked up.
func named(a platform.Ask) platform.Ask {
	if a.Name = platform.HostName(a.Name); a.Addr.IsValid() {
		a.Name = ""
	}
	return a
}

func newRTT(a platform.Ask, addr netip.Addr) *evidence.RTT {
	out := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: addr, Method: a.Method}
	if a.Method == evidence.MethodTCP {
		out.Port = a.Port
	}
	return out
}

// times returns the round trips that the figures stand for at the most; none
// takes no time at all.
func times(timings []timing) []float64 {
	var out []float64
	for _, t := range timings {
		if t.RTT != nil && *t.RTT > 0 {
			out = append(out, platform.AtMostMS(*t.RTT))
		}
	}
	return out
}

// step returns a hop as a step of the path. The platform names one host of a hop
// and lists the times of all that answered there, so only the longest is certain
// to be no shorter than one of that host.
func (h *hop) step(ttl int) platform.PathStep {
	out := platform.PathStep{TTL: ttl}
	if h.ResolvedAddress == nil {
		return out
	}
	from, err := netip.ParseAddr(*h.ResolvedAddress)
	if err != nil {
		return out // traceroute's parser writes * of a silent hop
	}
	reply := platform.PathReply{From: from.Unmap()}
	if took := times(h.Timings); len(took) > 0 {
		reply.MS = slices.Max(took)
	}
	if name := h.ResolvedHostname; name != nil && *name != from.String() {
		reply.Name = probe.Text(*name, maxSaidBytes)
	}
	out.Replies = []platform.PathReply{reply}
	return out
}

// readHops returns the path and, where it reached the host, the round trip to it.
func readHops(a platform.Ask, r platform.Reading, t *test) platform.Reading {
	addr, err := t.answered(a)
	if err != nil {
		return failed(r, evidence.ClassOther, err.Error())
	}
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: addr, Method: a.Method}
	rtt := newRTT(a, addr)
	path.Port = rtt.Port
	var steps []platform.PathStep
	for i := range t.Hops[:min(len(t.Hops), platform.MaxHops)] {
		steps = append(steps, t.Hops[i].step(i+1))
	}
	if a.Type == platform.TypeMTR {
		steps = platform.TrimSilent(steps)
	}
	var took []float64
	path.Hops, took = platform.Path(addr, steps)
	path.Reached = platform.Answered(rtt, took, 0)
	r.Observations = append(append(r.Observations, platform.Resolved(named(a), addr)...), path)
	if path.Reached {
		r.Observations = append(r.Observations, rtt)
	}
	return r
}
