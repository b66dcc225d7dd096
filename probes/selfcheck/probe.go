// Package selfcheck tells whether a vantage can be trusted: whether its replies
// come from the hosts asked and not from somebody nearby, and whether it is
// where it says.
//
// It goes by hosts whose place is published: a reply from one of them that is
// faster than light from the declared place is either not from there, or the
// place is wrong. Their names are probed like any other, see [Targets], and
// [Judge] reads what came back. The probe of this package asks only what no
// other asks: what time it is.
//
// A vantage that passes is not proven right. Whoever delays replies on purpose
// passes, and so does a wrong place that is wrong by less than the hosts show.
package selfcheck

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "selfcheck"

const (
	// DefaultWait bounds one question for the time.
	DefaultWait = 10 * time.Second
	// clockHosts is how many hosts are asked for the time: one may be wrong.
	clockHosts = 2
	// maxSkew is how far the clock may be off: five minutes, which Kerberos
	// allows too (RFC 4120, 1.6). Round trips do not depend on it; the dates of
	// evidence do, and whether certificates are trusted.
	maxSkew = 5 * time.Minute
	// maxHeaderBytes is far above what servers send.
	maxHeaderBytes = 64 << 10
)

// Probe asks known hosts for the time.
type Probe struct {
	probe.Stamp
	Dialer net.Dialer    // a template; the guard against private addresses is added
	Known  []KnownHost   // nil: KnownHosts()
	Wait   time.Duration // for one host; 0: DefaultWait
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindSelfcheck,
		Question: "Is the clock of this vantage right?",
		Needs:    "network, answers to `rtt` from hosts of known place",
		Shows:    "that dates in the evidence, and with the round trips of the same hosts this vantage, can be trusted",
		Hides:    "delays that somebody adds on purpose; a wrong place that the hosts are too far away to show",
	}
}

func (p *Probe) known() []KnownHost {
	if p.Known != nil {
		return p.Known
	}
	return KnownHosts()
}

// subjectClock is the one subject: the vantage has one clock.
const subjectClock = "clock"

// Plan asks the first known hosts that answered, once there are enough.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	known := p.known()
	answers := probe.Answering(seen, p.Vantage)
	var ask []probe.Endpoint
	for _, e := range probe.Endpoints(targets, seen) {
		listed := slices.ContainsFunc(known, func(k KnownHost) bool { return k.Host == e.Host && k.Port == e.Port })
		asked := slices.ContainsFunc(ask, func(a probe.Endpoint) bool { return a.Host == e.Host })
		if listed && !asked && e.Refused == nil && answers[e.AddrPort()] {
			ask = append(ask, e)
		}
	}
	if len(ask) < min(clockHosts, len(known)) || len(ask) == 0 {
		return nil
	}
	return []probe.Step{{Probe: Name, Subject: subjectClock, Ask: ask[:min(len(ask), clockHosts)]}}
}

// Answers returns the step that an observation answers. What [Judge] made is not
// an answer: it holds more than the clock.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.Selfcheck:
		return subjectClock, isPart(o)
	}
	return "", false
}

// isPart tells what this probe saw from what [Judge] made of everything.
func isPart(s *evidence.Selfcheck) bool {
	return len(s.Checks) == 1 && s.Checks[0].Name == checkSkew
}

// Run asks the hosts for the time and compares. What it gives never says that
// the vantage passed: that takes more than a clock.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	hosts, ok := step.Ask.([]probe.Endpoint)
	if !ok {
		return nil, probe.Foreign(step)
	}
	var skews []skew
	var failed error
	for _, e := range hosts {
		if cut := probe.Cut(ctx); cut != nil {
			return nil, cut
		}
		got, err := p.ask(ctx, e)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("asking %s for the time: %w", e.Host, err))
			continue
		}
		skews = append(skews, got)
	}
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if len(skews) == 0 {
		return []evidence.Observation{p.Failed(step, failed)}, nil
	}
	check := compare(skews)
	result := evidence.CheckNotPossible
	if check.Result == evidence.CheckFailed {
		result = evidence.CheckFailed
	}
	return []evidence.Observation{&evidence.Selfcheck{
		Meta: p.Meta(evidence.KindSelfcheck), Result: result, Checks: []evidence.Check{check},
	}}, nil
}

// skew is how far this clock is ahead of a host's.
type skew struct {
	host string
	// The difference lies between the two: a Date has whole seconds, and the
	// answer took its time.
	least, most time.Duration
}

// off returns how far the clocks are apart at the least; 0 where they may agree.
func (s skew) off() time.Duration {
	switch {
	case s.least > 0:
		return s.least
	case s.most < 0:
		return s.most
	}
	return 0
}

// ask gets the Date of one host. The certificate is not looked at: a clock that
// is off by years trusts none, and what a liar's date shows is found out by the
// certificates that probe tls sees.
func (p *Probe) ask(ctx context.Context, e probe.Endpoint) (skew, error) {
	wait := p.Wait
	if wait <= 0 {
		wait = DefaultWait
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	guarded := probe.Guard(p.Dialer, e.AllowPrivate)
	transport := &nethttp.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return guarded.DialContext(ctx, network, e.AddrPort().String())
		},
		TLSClientConfig:        &tls.Config{ServerName: e.Host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	defer transport.CloseIdleConnections()
	request, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodHead, "https://"+net.JoinHostPort(e.Host, fmt.Sprint(e.Port))+"/", nil)
	if err != nil {
		return skew{}, err
	}
	before := p.Time()
	response, err := transport.RoundTrip(request) // follows no redirect
	if err != nil {
		return skew{}, err
	}
	response.Body.Close()
	after := p.Time()
	date, err := nethttp.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return skew{}, probe.Fail(evidence.ClassHTTP, "the answer has no date (RFC 9110, 6.6.1)")
	}
	return skew{host: e.Host, least: before.Sub(date.Add(time.Second)), most: after.Sub(date)}, nil
}

// compare makes a check of skews. The clock is wrong where all hosts say so; one
// alone may be wrong itself.
func compare(skews []skew) evidence.Check {
	check := evidence.Check{Name: checkSkew, Result: evidence.CheckPassed}
	var smallest skew
	for i, s := range skews {
		if i == 0 || s.off().Abs() < smallest.off().Abs() {
			smallest = s
		}
	}
	switch off := smallest.off(); {
	case off == 0:
		check.Text = fmt.Sprintf("the clock agrees with that of %s to the second that it tells", smallest.host)
	case off.Abs() <= maxSkew:
		check.Text = fmt.Sprintf("the clock is off by %s from that of %s", off.Truncate(time.Second), smallest.host)
	case len(skews) < clockHosts:
		check.Result = evidence.CheckNotPossible
		check.Text = fmt.Sprintf("the clock is off by %s from that of %s, and no other host told the time", off.Truncate(time.Second), smallest.host)
	default:
		check.Result = evidence.CheckFailed
		check.Text = fmt.Sprintf("the clock is off by %s or more from those of %d hosts, such as %s; set it", off.Truncate(time.Second), len(skews), smallest.host)
	}
	return check
}
