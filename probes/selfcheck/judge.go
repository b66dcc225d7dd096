package selfcheck

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/probe"
)

// The names of the checks.
const (
	checkLight        = "light-speed"
	checkMethods      = "methods-agree"
	checkPosition     = "position"
	checkInterception = "interception"
	checkSkew         = "clock-skew"
	checkSteps        = "clock-steps"
	checkIPv6         = "ipv6"
	checkUnannounced  = "unannounced"
)

const (
	// farKM is from where on a host tests whether replies are its own: light in
	// fibre takes 10 ms there and back, longer than the way to a box that stands
	// near the vantage.
	farKM = 1000
	// leastFar is how many regions must have been tested so.
	leastFar = 2
	// nearKM is how small the disk around a host must be that says something of
	// the vantage's own place.
	nearKM = 2000
	// maxTextBytes bounds the text of a check.
	maxTextBytes = 400
)

// Judge tells from what a run saw of the hosts of [Targets] whether the vantage
// can be trusted. It reads the observations of this vantage alone, and nothing
// but its arguments; further are checks made elsewhere, such as that of
// [Clock.Check]. The result has no id yet.
//
// A vantage passes if far hosts of two regions could be tested, none of them
// answered faster than light, and nothing else failed. It fails if anything
// did. Else nothing can be said, and its round trips count, but do not carry
// anything alone.
func Judge(vantage *evidence.Vantage, seen []evidence.Observation, further ...evidence.Check) *evidence.Selfcheck {
	return Check(vantage, KnownHosts(), seen, further...)
}

// Check is [Judge] with other known hosts.
func Check(vantage *evidence.Vantage, known []KnownHost, seen []evidence.Observation, further ...evidence.Check) *evidence.Selfcheck {
	f := gather(vantage, known, seen)
	out := &evidence.Selfcheck{Meta: evidence.Meta{Kind: evidence.KindSelfcheck, Vantage: vantage.ID, At: f.last}}
	out.Checks = append([]evidence.Check{
		f.lightSpeed(), f.methodsAgree(), f.position(), f.interception(), f.clockSkew(), f.ipv6(),
	}, further...)
	if len(f.nobody) > 0 {
		out.Checks = append(out.Checks, f.unannounced())
	}
	for i := range out.Checks {
		c := &out.Checks[i]
		c.Text = probe.Text(c.Text, maxTextBytes)
		c.Evidence = slices.DeleteFunc(c.Evidence, func(id string) bool { return id == "" })
		slices.Sort(c.Evidence)
		c.Evidence = slices.Compact(c.Evidence)
	}
	out.Result = resultOf(out.Checks)
	return out
}

func resultOf(checks []evidence.Check) string {
	result := evidence.CheckNotPossible
	for _, c := range checks {
		switch {
		case c.Name == checkIPv6: // it is there or not
		case c.Result == evidence.CheckFailed:
			return evidence.CheckFailed
		case c.Name == checkLight:
			result = c.Result
		}
	}
	return result
}

// facts is what was seen from one vantage that the checks go by.
type facts struct {
	at       geo.Place
	placed   bool
	radiusKM float64
	hosts    []*hostFacts
	absent   []*evidence.DNS // answers for names that nobody has
	parts    []*evidence.Selfcheck
	nobody   []evidence.Observation // of [Unannounced]
	six      []*evidence.RTT        // over IPv6
	sixError []*evidence.Error
	last     time.Time
}

// hostFacts is what was seen of one known host.
type hostFacts struct {
	KnownHost
	addrs  map[netip.Addr]bool
	rtts   []*evidence.RTT
	shakes []*evidence.TLS
	pages  []*evidence.HTTP
}

func gather(vantage *evidence.Vantage, known []KnownHost, seen []evidence.Observation) *facts {
	f := &facts{radiusKM: vantage.RadiusKM}
	if lat, lon, ok := vantage.Position(); ok {
		f.at, f.placed = geo.Point(lat, lon), true
	}
	byName, byAddr := map[string]*hostFacts{}, map[netip.Addr][]*hostFacts{}
	for _, k := range known {
		h := &hostFacts{KnownHost: k, addrs: map[netip.Addr]bool{}}
		f.hosts = append(f.hosts, h)
		byName[k.Host] = h
	}
	own := slices.DeleteFunc(slices.Clone(seen), func(o evidence.Observation) bool { return !probe.Clear(o, vantage.ID) })
	for _, o := range own {
		if at := o.Common().At; at.After(f.last) {
			f.last = at
		}
		d, ok := o.(*evidence.DNS)
		if !ok || d.ClientSubnet != "" {
			continue
		}
		if slices.Contains(absentNames, d.Name) && (d.Rcode == "NXDOMAIN" || d.Rcode == "NOERROR") {
			f.absent = append(f.absent, d)
		}
		if h := byName[d.Name]; h != nil && (d.Type == "A" || d.Type == "AAAA") {
			for _, addr := range d.Answers {
				if addr = addr.Unmap(); !h.addrs[addr] {
					h.addrs[addr] = true
					byAddr[addr] = append(byAddr[addr], h)
				}
			}
		}
	}
	for _, o := range own {
		f.add(o, byName, byAddr)
	}
	return f
}

func (f *facts) add(o evidence.Observation, byName map[string]*hostFacts, byAddr map[netip.Addr][]*hostFacts) {
	switch o := o.(type) {
	case *evidence.RTT:
		if o.MinMS <= 0 || o.Method == evidence.MethodImport {
			return
		}
		for _, h := range byAddr[o.Addr.Unmap()] {
			h.rtts = append(h.rtts, o)
		}
		if o.Addr.Unmap() == Unannounced {
			f.nobody = append(f.nobody, o)
		}
		if o.Addr.Is6() && !o.Addr.Is4In6() {
			f.six = append(f.six, o)
		}
	case *evidence.TLS:
		if h := byName[o.ServerName]; h != nil {
			h.shakes = append(h.shakes, o)
		}
	case *evidence.HTTP:
		if h := byName[hostOf(o.URL)]; h != nil {
			h.pages = append(h.pages, o)
		}
	case *evidence.Selfcheck:
		if isPart(o) {
			f.parts = append(f.parts, o)
		}
	case *evidence.Error:
		target, _, _ := strings.Cut(o.Target, " ")
		at, err := netip.ParseAddrPort(target)
		if err == nil && at.Addr().Is6() && !at.Addr().Is4In6() {
			f.sixError = append(f.sixError, o)
		}
		if err == nil && at.Addr().Unmap() == Unannounced {
			f.nobody = append(f.nobody, o)
		}
	}
}

// fastest returns the quickest reply of a host.
func (h *hostFacts) fastest() *evidence.RTT {
	var out *evidence.RTT
	for _, r := range h.rtts {
		if out == nil || r.MinMS < out.MinMS {
			out = r
		}
	}
	return out
}

// awayKM is the least distance from the declared place to the host, with what
// both may be off.
func (f *facts) awayKM(h *hostFacts) float64 {
	return max(0, geo.AtLeastKM(f.at, geo.Point(h.Lat, h.Lon))-h.RadiusKM-f.radiusKM)
}

func (h *hostFacts) named() string { return h.Host + " (" + h.Provider + ":" + h.Region + ")" }

// tooFast says what a reply shows that came before light could have been there
// and back.
func tooFast(h *hostFacts, r *evidence.RTT, awayKM float64) string {
	return fmt.Sprintf("%s answered in %.1f ms (%s), but is %.0f km away or more, for which light in fibre takes %.1f ms: somebody nearby answers in its place, or the vantage is not where it says",
		h.named(), r.MinMS, r.Method, awayKM, 2*awayKM/geo.FibreKMPerMS)
}

// lightSpeed holds the replies of far hosts against the time that light takes.
func (f *facts) lightSpeed() evidence.Check {
	out := evidence.Check{Name: checkLight, Result: evidence.CheckNotPossible}
	if !f.placed {
		out.Text = "the place of the vantage is not known"
		return out
	}
	regions := map[string]bool{}
	var broken []string
	for _, h := range f.hosts {
		r, away := h.fastest(), f.awayKM(h)
		if r == nil || away < farKM {
			continue
		}
		if away > geo.ReachKM(r.MinMS, geo.FibreKMPerMS) {
			if len(broken) == 0 {
				out.Evidence = nil
			}
			broken = append(broken, tooFast(h, r, away))
		}
		if !regions[h.Provider+":"+h.Region] || len(broken) > 0 {
			out.Evidence = append(out.Evidence, r.ID)
		}
		regions[h.Provider+":"+h.Region] = true
	}
	switch {
	case len(broken) > 0:
		out.Result, out.Text = evidence.CheckFailed, broken[0]
		if len(broken) > 1 {
			out.Text = fmt.Sprintf("%s; so did %d more of %d", broken[0], len(broken)-1, len(regions))
		}
	case len(regions) < leastFar:
		out.Text = fmt.Sprintf("%d known hosts answered from more than %d km; %d of different regions are needed", len(regions), farKM, leastFar)
	default:
		out.Result = evidence.CheckPassed
		out.Text = fmt.Sprintf("%d known hosts, each %d km away or more, answered no faster than light in fibre", len(regions), farKM)
	}
	return out
}

// position holds the declared place against hosts that are near enough to say
// something of it.
func (f *facts) position() evidence.Check {
	out := evidence.Check{Name: checkPosition, Result: evidence.CheckNotPossible}
	if !f.placed {
		out.Text = "the place of the vantage is not known"
		return out
	}
	best := float64(nearKM)
	var nearest *hostFacts
	for _, h := range f.hosts {
		r, away := h.fastest(), f.awayKM(h)
		if r == nil || away >= farKM {
			continue
		}
		reach := geo.ReachKM(r.MinMS, geo.FibreKMPerMS)
		if away > reach {
			out.Result, out.Text, out.Evidence = evidence.CheckFailed, tooFast(h, r, away), []string{r.ID}
			return out
		}
		if within := reach + h.RadiusKM; within < best {
			best, nearest, out.Evidence = within, h, []string{r.ID}
		}
	}
	if nearest == nil {
		out.Text = fmt.Sprintf("no known host is near enough to answer from within %d km", nearKM)
		return out
	}
	out.Result = evidence.CheckPassed
	out.Text = fmt.Sprintf("the vantage is within %.0f km of %s, as the place that it declares", best, nearest.named())
	return out
}

// unannounced looks for a reply from where nobody is.
func (f *facts) unannounced() evidence.Check {
	out := evidence.Check{Name: checkUnannounced, Result: evidence.CheckNotPossible}
	for _, o := range f.nobody {
		switch o := o.(type) {
		case *evidence.RTT:
			return evidence.Check{
				Name: checkUnannounced, Result: evidence.CheckFailed, Evidence: []string{o.ID},
				Text: fmt.Sprintf("%s answered in %.1f ms (%s), which nobody may announce: somebody nearby answers in the place of others", o.Addr, o.MinMS, o.Method),
			}
		case *evidence.Error:
			out.Evidence = append(out.Evidence, o.ID)
			if o.Class == evidence.ClassTimeout || o.Class == evidence.ClassUnreachable {
				out.Result, out.Text = evidence.CheckPassed, fmt.Sprintf("%s, which nobody may announce, does not answer", Unannounced)
			}
		}
	}
	if out.Text == "" {
		out.Text = fmt.Sprintf("%s, which nobody may announce, could not be tried", Unannounced)
	}
	return out
}

// clockSkew repeats what the probe found.
func (f *facts) clockSkew() evidence.Check {
	out := evidence.Check{Name: checkSkew, Result: evidence.CheckNotPossible, Text: "no known host was asked for the time"}
	for i, part := range f.parts {
		own := part.Checks[0]
		if i == 0 || own.Result == evidence.CheckFailed {
			out.Result, out.Text = own.Result, own.Text
		}
		out.Evidence = append(out.Evidence, part.ID)
	}
	return out
}

// ipv6 says whether there is IPv6 here. That is neither good nor bad.
func (f *facts) ipv6() evidence.Check {
	out := evidence.Check{Name: checkIPv6, Result: evidence.CheckNotPossible}
	unreachable := 0
	for _, e := range f.sixError {
		if e.Class == evidence.ClassUnreachable {
			unreachable++
			out.Evidence = []string{cmp.Or(e.ID, "")}
		}
	}
	switch {
	case len(f.six) > 0:
		out.Result, out.Text, out.Evidence = evidence.CheckPassed, "hosts answer over IPv6", []string{f.six[0].ID}
	case unreachable > 0 && unreachable == len(f.sixError):
		out.Text = "there is no IPv6 here: addresses of IPv6 were not looked at"
	case len(f.sixError) > 0:
		out.Text = "no host answered over IPv6"
	default:
		out.Text = "no host with an address of IPv6 was tried"
	}
	return out
}
