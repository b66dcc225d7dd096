package selfcheck_test

import (
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/selfcheck"
)

// clockWorld is a world of hosts that answer with a Date; each is a name for a server
// of its own.
func clockWorld(t *testing.T, handlers ...nethttp.HandlerFunc) (*selfcheck.Probe, probetest.World) {
	t.Helper()
	p := &selfcheck.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}}
	var w probetest.World
	for i, handle := range handlers {
		server := httptest.NewTLSServer(handle)
		t.Cleanup(server.Close)
		place(&w, p, i, netip.MustParseAddrPort(server.Listener.Addr().String()))
	}
	return p, w
}

// place makes a known host of the server at an address.
func place(w *probetest.World, p *selfcheck.Probe, i int, at netip.AddrPort) {
	name := string(rune('a'+i)) + ".test"
	p.Known = append(p.Known, selfcheck.KnownHost{Host: name, Port: at.Port()})
	w.Targets = append(w.Targets, probe.Target{Host: name, Port: at.Port(), AllowPrivate: true})
	w.Seen = append(w.Seen,
		&evidence.DNS{Meta: evidence.Meta{Kind: evidence.KindDNS, Vantage: probetest.Vantage}, Name: name, Type: "A", Answers: []netip.Addr{at.Addr()}},
		&evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT, Vantage: probetest.Vantage}, Addr: at.Addr(), Port: at.Port(), Method: evidence.MethodTCP, MinMS: 1},
	)
}

// dated answers with a Date that is off by some time; 0 is the server's own.
func dated(off time.Duration) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Date", time.Now().Add(off).UTC().Format(nethttp.TimeFormat))
	}
}

func TestConformance(t *testing.T) {
	p, w := clockWorld(t, dated(0), dated(0), dated(0))
	asked := make(chan struct{}, 1)
	silent := probetest.Serve(t, func(conn net.Conn) {
		select {
		case asked <- struct{}{}:
		default:
		}
		probetest.Silence(conn)
	})
	quiet := &selfcheck.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}}
	var nobody probetest.World
	place(&nobody, quiet, 0, silent)
	probetest.Run(t, probetest.Case{Probe: p, World: w, SilentProbe: quiet, Silent: nobody, Asked: asked})
}

func TestClockOfHosts(t *testing.T) {
	without := func(w nethttp.ResponseWriter, _ *nethttp.Request) { w.Header()["Date"] = nil }
	for _, test := range []struct {
		name         string
		hosts        []nethttp.HandlerFunc
		result, text string // of the check; no result: a failure
	}{
		{"right", []nethttp.HandlerFunc{dated(0), dated(0)}, "passed", "agrees"},
		{"a-minute-off", []nethttp.HandlerFunc{dated(-time.Minute), dated(-time.Minute)}, "passed", "off by 59s"},
		{"one-host-is-wrong", []nethttp.HandlerFunc{dated(-24 * time.Hour), dated(0)}, "passed", "agrees"},
		{"an-hour-ahead", []nethttp.HandlerFunc{dated(-time.Hour), dated(-time.Hour)}, "failed", "off by 59m"},
		{"an-hour-behind", []nethttp.HandlerFunc{dated(time.Hour), dated(time.Hour)}, "failed", "off by -"},
		{"one-host-alone", []nethttp.HandlerFunc{dated(time.Hour), without}, "not-possible", "no other host told the time"},
		{"no-date", []nethttp.HandlerFunc{without, without}, "", "no date"},
		{"nonsense", []nethttp.HandlerFunc{
			func(w nethttp.ResponseWriter, _ *nethttp.Request) { w.Header().Set("Date", "today\x1b[2J") }, without}, "", "no date"},
		{"endless-headers", []nethttp.HandlerFunc{
			func(w nethttp.ResponseWriter, _ *nethttp.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, without}, "", "asking"},
		{"redirect-inward", []nethttp.HandlerFunc{func(w nethttp.ResponseWriter, r *nethttp.Request) {
			dated(0)(w, r)
			nethttp.Redirect(w, r, "http://127.0.0.1:1/", nethttp.StatusFound)
		}, dated(0)}, "passed", "agrees"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, w := clockWorld(t, test.hosts...)
			steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...))
			if len(steps) != 1 {
				t.Fatalf("%d steps", len(steps))
			}
			got, err := p.Run(t.Context(), steps[0])
			if err != nil || len(got) != 1 {
				t.Fatalf("%d observations, error %v", len(got), err)
			}
			switch o := got[0].(type) {
			case *evidence.Error:
				if test.result != "" || !strings.Contains(o.Error, test.text) {
					t.Errorf("got %+v", o)
				}
			case *evidence.Selfcheck:
				if c := o.Checks[0]; c.Result != test.result || !strings.Contains(c.Text, test.text) || o.Result == evidence.CheckPassed || (o.Result == evidence.CheckFailed) != (test.result == "failed") {
					t.Errorf("got %+v; want %s with %q", o, test.result, test.text)
				}
			}
		})
	}
}

func TestPrivateHostIsNotAsked(t *testing.T) {
	p, w := clockWorld(t, dated(0), dated(0))
	for i := range w.Targets {
		w.Targets[i].AllowPrivate = false
	}
	if steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...)); len(steps) > 0 {
		t.Errorf("planned %+v", steps)
	}
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := selfcheck.NewClock(nil)
		time.Sleep(time.Hour)
		if got := c.Check(); got.Result != evidence.CheckPassed {
			t.Errorf("%+v", got)
		}
	})
	// Parsed times have no steady reading, so nothing can be compared with it.
	now := time.Unix(0, 0)
	c := selfcheck.NewClock(func() time.Time { return now })
	now = now.Add(time.Hour)
	if got := c.Check(); got.Result != evidence.CheckPassed {
		t.Errorf("%+v", got)
	}
}
