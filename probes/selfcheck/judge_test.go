package selfcheck_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/selfcheck"
)

// The hosts of the tests: two near Frankfurt, three far away.
var known = []selfcheck.KnownHost{
	{Host: "fra.one.test", Port: 443, Provider: "one", Region: "fra", Lat: 50.11, Lon: 8.68, RadiusKM: 50},
	{Host: "fra.two.test", Port: 443, Provider: "two", Region: "fra", Lat: 50.11, Lon: 8.68, RadiusKM: 50},
	{Host: "tyo.one.test", Port: 443, Provider: "one", Region: "tyo", Lat: 35.68, Lon: 139.65, RadiusKM: 50},
	{Host: "syd.one.test", Port: 443, Provider: "one", Region: "syd", Lat: -33.87, Lon: 151.21, RadiusKM: 50},
	{Host: "gru.two.test", Port: 443, Provider: "two", Region: "gru", Lat: -23.55, Lon: -46.63, RadiusKM: 50},
}

func hostOf(name string) selfcheck.KnownHost {
	return known[slices.IndexFunc(known, func(k selfcheck.KnownHost) bool { return k.Host == name })]
}

func number(x float64) *float64 { return &x }

func frankfurt() *evidence.Vantage {
	return &evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: "v1"}, Lat: number(50.0), Lon: number(8.5), RadiusKM: 25, Network: evidence.NetworkLocal}
}

// world makes evidence of what a vantage sees.
type world struct {
	vantage string
	all     []evidence.Observation
}

func (w *world) meta(kind evidence.Kind) evidence.Meta {
	return evidence.Meta{Kind: kind, ID: fmt.Sprintf("e%d", len(w.all)+1), Vantage: w.vantage, At: time.Unix(int64(len(w.all)), 0).UTC()}
}

func (w *world) add(o evidence.Observation) { w.all = append(w.all, o) }

func addrOf(name string) netip.Addr {
	at := slices.IndexFunc(known, func(k selfcheck.KnownHost) bool { return k.Host == name })
	return netip.AddrFrom4([4]byte{203, 0, 113, byte(at)})
}

func (w *world) name(name string, addrs ...netip.Addr) {
	rcode := "NOERROR"
	if len(addrs) == 0 {
		rcode = "NXDOMAIN"
	}
	w.add(&evidence.DNS{Meta: w.meta(evidence.KindDNS), Name: name, Type: "A", Resolver: "192.0.2.53:53", Rcode: rcode, Answers: addrs})
}

func (w *world) rtt(name, method string, ms float64) {
	w.add(&evidence.RTT{Meta: w.meta(evidence.KindRTT), Addr: addrOf(name), Port: 443, Method: method, MinMS: ms})
}

func (w *world) tls(name, issuer string, trusted bool, ms float64) {
	w.add(&evidence.TLS{Meta: w.meta(evidence.KindTLS), Addr: addrOf(name), Port: 443, ServerName: name, Version: "1.3", Issuer: issuer, Trusted: trusted, HandshakeMS: ms})
}

// trueMS is what a reply takes with the stretch of real paths.
func trueMS(name string, lat, lon float64) float64 {
	k := hostOf(name)
	return 2*geo.AtMostKM(geo.Point(lat, lon), geo.Point(k.Lat, k.Lon))/geo.FibreKMPerMS*1.5 + 1
}

// honest is a world without a fault, seen from lat and lon.
func honest(lat, lon float64) *world {
	w := &world{vantage: "v1"}
	for _, k := range known {
		w.name(k.Host, addrOf(k.Host))
		w.rtt(k.Host, evidence.MethodTCP, trueMS(k.Host, lat, lon))
		w.tls(k.Host, "CN=Root of "+k.Provider, true, trueMS(k.Host, lat, lon)+3)
	}
	for _, t := range selfcheck.TargetsOf(nil) {
		w.name(t.Host)
	}
	return w
}

func find(t testing.TB, s *evidence.Selfcheck, name string) evidence.Check {
	t.Helper()
	for _, c := range s.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no check %q in %+v", name, s.Checks)
	return evidence.Check{}
}

func TestJudge(t *testing.T) {
	absent := selfcheck.TargetsOf(nil)[0].Host
	nowhere := frankfurt()
	nowhere.Lat, nowhere.Lon = nil, nil
	tokyo := frankfurt()
	tokyo.Lat, tokyo.Lon = number(35.7), number(139.7)
	berlin := frankfurt()
	berlin.Lat, berlin.Lon = number(52.5), number(13.4)
	vast := frankfurt()
	vast.RadiusKM = 20000
	only := func(names ...string) *world {
		w := &world{vantage: "v1"}
		for _, name := range names {
			w.name(name, addrOf(name))
			w.rtt(name, evidence.MethodTCP, trueMS(name, 50, 8.5))
		}
		return w
	}
	for _, test := range []struct {
		name    string
		vantage *evidence.Vantage
		world   func(w *world) *world
		result  string
		check   string // that decides
		its     string // result of that check
		text    string
	}{
		{"honest", frankfurt(), func(w *world) *world { return w }, "passed", "light-speed", "passed", "3 known hosts"},
		{"honest-position", frankfurt(), func(w *world) *world { return w }, "passed", "position", "passed", "km of fra.one.test (one:fra)"},
		{"honest-methods", frankfurt(), func(w *world) *world { return w }, "passed", "methods-agree", "passed", "5 known hosts answer alike"},
		{"honest-interception", frankfurt(), func(w *world) *world { return w }, "passed", "interception", "passed", "names that nobody has get no address"},
		{"nothing-seen", frankfurt(), func(*world) *world { return &world{} }, "not-possible", "light-speed", "not-possible", "0 known hosts"},
		{"no-place", nowhere, func(w *world) *world { return w }, "not-possible", "light-speed", "not-possible", "place of the vantage is not known"},
		{"place-that-may-be-anywhere", vast, func(w *world) *world { return w }, "not-possible", "light-speed", "not-possible", "0 known hosts"},
		{"one-far-host", frankfurt(), func(*world) *world { return only("fra.one.test", "tyo.one.test") }, "not-possible", "light-speed", "not-possible", "1 known hosts answered"},
		{"two-far-hosts", frankfurt(), func(*world) *world { return only("tyo.one.test", "gru.two.test") }, "passed", "light-speed", "passed", "2 known hosts"},
		{"two-far-hosts-no-near-one", frankfurt(), func(*world) *world { return only("tyo.one.test", "gru.two.test") }, "passed", "position", "not-possible", "near enough"},
		{"near-hosts-alone", frankfurt(), func(*world) *world { return only("fra.one.test", "fra.two.test") }, "not-possible", "position", "passed", "within"},
		{"says-tokyo-is-in-frankfurt", tokyo, func(w *world) *world { return w }, "failed", "light-speed", "failed", "fra.one.test (one:fra) answered in"},
		{"says-berlin-is-in-frankfurt", berlin, func(w *world) *world {
			w.rtt("fra.one.test", evidence.MethodTCP, 1)
			return w
		}, "failed", "position", "failed", "fra.one.test (one:fra) answered in 1.0 ms"},
		{"box-answers-all-handshakes", frankfurt(), func(w *world) *world {
			for _, k := range known {
				w.rtt(k.Host, evidence.MethodTCP, 2)
			}
			return w
		}, "failed", "light-speed", "failed", "so did 2 more of 3"},
		{"box-answers-all-handshakes-methods", frankfurt(), func(w *world) *world {
			for _, k := range known {
				w.rtt(k.Host, evidence.MethodTCP, 2)
			}
			return w
		}, "failed", "methods-agree", "failed", "takes 2.0 ms to connect and"},
		{"box-answers-one-far-host", frankfurt(), func(w *world) *world {
			w.rtt("syd.one.test", evidence.MethodTCP, 2)
			return w
		}, "failed", "light-speed", "failed", "syd.one.test (one:syd) answered in 2.0 ms (tcp)"},
		{"box-that-adds-delay-to-hide", frankfurt(), func(w *world) *world {
			// Handshakes are delayed beyond the bound of light, but come before all else.
			for _, name := range []string{"tyo.one.test", "syd.one.test", "gru.two.test"} {
				w.rtt(name, evidence.MethodTCP, trueMS(name, 50, 8.5)/1.45)
			}
			return w
		}, "passed", "methods-agree", "passed", ""},
		{"ping-is-slow-and-tls-is-not", frankfurt(), func(w *world) *world {
			for _, k := range known {
				w.rtt(k.Host, evidence.MethodICMP, 900)
			}
			return w
		}, "passed", "methods-agree", "passed", "alike"},
		{"load-balancer-of-one-host", frankfurt(), func(w *world) *world {
			w.all = slices.DeleteFunc(w.all, func(o evidence.Observation) bool {
				s, ok := o.(*evidence.TLS)
				return ok && s.ServerName == "fra.one.test"
			})
			w.tls("fra.one.test", "CN=Root of one", true, 300)
			return w
		}, "passed", "methods-agree", "passed", "taken for a matter of the host"},
		{"icmp-faster-than-light", frankfurt(), func(w *world) *world {
			w.rtt("tyo.one.test", evidence.MethodICMP, 3)
			return w
		}, "failed", "light-speed", "failed", "(icmp)"},
		{"imported-figures-do-not-count", frankfurt(), func(w *world) *world {
			w.rtt("tyo.one.test", evidence.MethodImport, 3)
			return w
		}, "passed", "light-speed", "passed", ""},
		{"figures-of-another-vantage-do-not-count", frankfurt(), func(w *world) *world {
			w.vantage = "v2"
			w.rtt("tyo.one.test", evidence.MethodTCP, 3)
			return w
		}, "passed", "light-speed", "passed", ""},
		{"address-given-to-another-country-does-not-count", frankfurt(), func(w *world) *world {
			w.add(&evidence.DNS{Meta: w.meta(evidence.KindDNS), Name: "tyo.one.test", Type: "A", ClientSubnet: "192.0.2.0/24", Answers: []netip.Addr{addrOf("fra.one.test")}})
			return w
		}, "passed", "light-speed", "passed", ""},
		{"resolver-sends-all-names-to-itself", frankfurt(), func(w *world) *world {
			w.name("tyo.one.test", addrOf("fra.one.test"))
			return w
		}, "failed", "light-speed", "failed", "tyo.one.test"},
		{"address-for-a-name-that-nobody-has", frankfurt(), func(w *world) *world {
			w.name(absent, addrOf("fra.one.test"))
			return w
		}, "failed", "interception", "failed", "192.0.2.53:53 gives 203.0.113.0 for landfall-no-such-name"},
		{"resolver-in-trouble-proves-nothing", frankfurt(), func(*world) *world {
			w := only("tyo.one.test", "gru.two.test")
			w.add(&evidence.DNS{Meta: w.meta(evidence.KindDNS), Name: absent, Type: "A", Rcode: "SERVFAIL"})
			return w
		}, "passed", "interception", "not-possible", "no name that nobody has was asked for"},
		{"one-certificate-is-another's", frankfurt(), func(w *world) *world {
			w.all = slices.DeleteFunc(w.all, func(o evidence.Observation) bool {
				s, ok := o.(*evidence.TLS)
				return ok && s.ServerName == "syd.one.test"
			})
			w.tls("syd.one.test", "CN=Box", false, 400)
			return w
		}, "failed", "interception", "failed", "syd.one.test shows a certificate that is not trusted"},
		{"company-breaks-tls-open", frankfurt(), func(w *world) *world {
			for _, o := range w.all {
				if s, ok := o.(*evidence.TLS); ok {
					s.Issuer = "CN=Company"
				}
			}
			return w
		}, "failed", "interception", "failed", "of one issuer: CN=Company"},
		{"portal-breaks-tls-open", frankfurt(), func(w *world) *world {
			for _, o := range w.all {
				if s, ok := o.(*evidence.TLS); ok {
					s.Issuer, s.Trusted = "CN=Portal\x1b[2J", false
				}
			}
			return w
		}, "failed", "interception", "failed", `of one issuer that is not trusted: CN=Portal\027[2J`},
		{"no-roots-on-this-machine", frankfurt(), func(w *world) *world {
			for _, o := range w.all {
				if s, ok := o.(*evidence.TLS); ok {
					s.Trusted = false
				}
			}
			return w
		}, "passed", "interception", "not-possible", "no known host showed a certificate that is trusted"},
		{"portal-redirects", frankfurt(), func(w *world) *world {
			w.add(&evidence.HTTP{Meta: w.meta(evidence.KindHTTP), Addr: addrOf("fra.one.test"), URL: "http://fra.one.test/", Status: 302, Location: "https://portal.test/login"})
			return w
		}, "failed", "interception", "failed", "fra.one.test redirects to portal.test"},
		{"provider-redirects", frankfurt(), func(w *world) *world {
			w.add(&evidence.HTTP{Meta: w.meta(evidence.KindHTTP), Addr: addrOf("fra.one.test"), URL: "http://fra.one.test/", Status: 301, Location: "https://www.one.test/"})
			return w
		}, "passed", "interception", "passed", ""},
		{"clock-is-wrong", frankfurt(), func(w *world) *world {
			w.add(&evidence.Selfcheck{Meta: w.meta(evidence.KindSelfcheck), Result: "failed", Checks: []evidence.Check{{Name: "clock-skew", Result: "failed", Text: "off"}}})
			return w
		}, "failed", "clock-skew", "failed", "off"},
		{"earlier-judgement-is-not-evidence", frankfurt(), func(w *world) *world {
			w.add(&evidence.Selfcheck{Meta: w.meta(evidence.KindSelfcheck), Result: "failed", Checks: []evidence.Check{{Name: "light-speed", Result: "failed"}, {Name: "clock-skew", Result: "failed"}}})
			return w
		}, "passed", "clock-skew", "not-possible", "no known host was asked"},
		{"no-ipv6", frankfurt(), func(w *world) *world {
			w.add(&evidence.Error{Meta: w.meta(evidence.KindError), Probe: "rtt", Target: "[2001:db8::1]:443", Class: evidence.ClassUnreachable})
			return w
		}, "passed", "ipv6", "not-possible", "there is no IPv6 here"},
		{"silent-ipv6", frankfurt(), func(w *world) *world {
			w.add(&evidence.Error{Meta: w.meta(evidence.KindError), Probe: "rtt", Target: "[2001:db8::1]:443", Class: evidence.ClassTimeout})
			return w
		}, "passed", "ipv6", "not-possible", "no host answered over IPv6"},
		{"ipv6", frankfurt(), func(w *world) *world {
			w.add(&evidence.RTT{Meta: w.meta(evidence.KindRTT), Addr: netip.MustParseAddr("2001:db8::1"), Method: evidence.MethodTCP, MinMS: 3})
			return w
		}, "passed", "ipv6", "passed", "answer over IPv6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := test.world(honest(50, 8.5))
			got := selfcheck.Check(test.vantage, known, w.all)
			if got.Result != test.result {
				t.Errorf("the vantage %s; want %s: %+v", got.Result, test.result, got.Checks)
			}
			if c := find(t, got, test.check); c.Result != test.its || !strings.Contains(c.Text, test.text) {
				t.Errorf("%s is %s: %q; want %s with %q", c.Name, c.Result, c.Text, test.its, test.text)
			}
			got.ID = "x"
			if err := evidence.Validate(got); err != nil {
				t.Errorf("the bundle refuses it: %v", err)
			}
			for _, c := range got.Checks {
				for _, id := range c.Evidence {
					if !slices.ContainsFunc(w.all, func(o evidence.Observation) bool { return o.Common().ID == id && o.Common().Vantage == "v1" }) {
						t.Errorf("%s rests on %q, which is not there", c.Name, id)
					}
				}
				if c.Result == evidence.CheckFailed && len(c.Evidence) == 0 {
					t.Errorf("%s failed without evidence", c.Name)
				}
			}
		})
	}
}

func TestFurtherChecksCount(t *testing.T) {
	w := honest(50, 8.5)
	if got := selfcheck.Check(frankfurt(), known, w.all, evidence.Check{Name: "clock-steps", Result: evidence.CheckFailed}); got.Result != evidence.CheckFailed {
		t.Errorf("%s", got.Result)
	}
	if got := selfcheck.Check(frankfurt(), known, w.all, evidence.Check{Name: "clock-steps", Result: evidence.CheckNotPossible}); got.Result != evidence.CheckPassed {
		t.Errorf("%s", got.Result)
	}
}

// A vantage that is where it says never fails, whatever its place and however
// much is added to the replies; the same evidence gives the same result.
func TestHonestVantageNeverFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
		v := frankfurt()
		v.Lat, v.Lon, v.RadiusKM = &lat, &lon, rapid.Float64Range(0, 100).Draw(t, "radius")
		w := honest(lat, lon)
		for _, o := range w.all {
			switch o := o.(type) {
			case *evidence.RTT:
				o.MinMS += rapid.Float64Range(0, 5).Draw(t, "queue")
			case *evidence.TLS:
				o.HandshakeMS += rapid.Float64Range(0, 10).Draw(t, "work")
			}
		}
		got := selfcheck.Check(v, known, w.all)
		if got.Result == evidence.CheckFailed {
			t.Fatalf("%+v", got.Checks)
		}
		slices.Reverse(w.all)
		if again := selfcheck.Check(v, known, w.all); again.Result != got.Result {
			t.Fatalf("%s, and %s with the evidence in another order", got.Result, again.Result)
		}
	})
}

// A reply of a far host fails the check from the speed of light in fibre on: one
// that would need half as much more fails, whichever host and method it is of, and
// one that takes as long as light does not.
func TestHalfAsFastAgainAsLightFails(t *testing.T) {
	for _, far := range []string{"tyo.one.test", "syd.one.test", "gru.two.test"} {
		k := hostOf(far)
		v := frankfurt()
		away := geo.AtLeastKM(geo.Point(50, 8.5), geo.Point(k.Lat, k.Lon)) - k.RadiusKM - v.RadiusKM
		for _, method := range []string{evidence.MethodTCP, evidence.MethodICMP, evidence.MethodTLS, evidence.MethodH2Ping} {
			for speed, want := range map[float64]string{1.5: evidence.CheckFailed, 1.01: evidence.CheckFailed, 0.99: evidence.CheckPassed} {
				w := honest(50, 8.5)
				w.rtt(far, method, 2*away/geo.FibreKMPerMS/speed)
				got := selfcheck.Check(v, known, w.all)
				check := got.Checks[slices.IndexFunc(got.Checks, func(c evidence.Check) bool { return c.Name == "light-speed" })]
				if got.Result != want || check.Result != want {
					t.Errorf("%s by %s at %.2f times the speed of light: %s, light-speed %s; %s is expected: %s", far, method, speed, got.Result, check.Result, want, check.Text)
				}
			}
		}
	}
}

// Who says to be far from where the replies show fails.
func TestLiarFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := honest(50, 8.5)
		lat, lon := rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
		v := frankfurt()
		v.Lat, v.Lon = &lat, &lon
		fra := hostOf("fra.one.test")
		reach := geo.ReachKM(trueMS(fra.Host, 50, 8.5), geo.FibreKMPerMS) + fra.RadiusKM + v.RadiusKM
		if got := selfcheck.Check(v, known, w.all); geo.AtLeastKM(geo.Point(lat, lon), geo.Point(fra.Lat, fra.Lon)) > reach+1 && got.Result != evidence.CheckFailed {
			t.Fatalf("%s: %+v", got.Result, got.Checks)
		}
	})
}

func TestKnownHosts(t *testing.T) {
	hosts := selfcheck.KnownHosts()
	names, providersOf := map[string]bool{}, map[string]bool{}
	for _, k := range hosts {
		if names[k.Host] || k.RadiusKM <= 0 || !strings.HasPrefix(k.Source, "https://") || k.Port == 0 || !strings.Contains(k.Host, k.Region) {
			t.Errorf("%+v", k)
		}
		names[k.Host], providersOf[k.Provider] = true, true
	}
	if len(hosts) < 10 || len(providersOf) < 3 {
		t.Errorf("%d hosts of %d providers", len(hosts), len(providersOf))
	}
	// Wherever on earth the vantage is, hosts of several regions are far away.
	for lat := -90.0; lat <= 90; lat += 15 {
		for lon := -180.0; lon <= 180; lon += 15 {
			far := map[string]bool{}
			for _, k := range hosts {
				if geo.AtLeastKM(geo.Point(lat, lon), geo.Point(k.Lat, k.Lon)) > 1300 {
					far[k.Region] = true
				}
			}
			if len(far) < 5 {
				t.Errorf("at %v, %v only %d regions are far", lat, lon, len(far))
			}
		}
	}
	for _, target := range selfcheck.Targets() {
		if err := target.Check(); err != nil || target.AllowPrivate {
			t.Errorf("%+v: %v", target, err)
		}
	}
}

// An address that nobody may announce does not answer; where one does, somebody
// in between answers for others, whatever the known hosts say.
func TestUnannounced(t *testing.T) {
	for name, c := range map[string]struct {
		add            func(w *world)
		result, single string
	}{
		"not-tried": {func(*world) {}, evidence.CheckPassed, ""},
		"silent": {func(w *world) {
			w.add(&evidence.Error{Meta: w.meta(evidence.KindError), Probe: "globalping", Target: selfcheck.Unannounced.String() + ":443", Error: "timeout", Class: evidence.ClassTimeout})
		}, evidence.CheckPassed, evidence.CheckPassed},
		"not-allowed": {func(w *world) {
			w.add(&evidence.Error{Meta: w.meta(evidence.KindError), Probe: "globalping", Target: selfcheck.Unannounced.String() + ":443", Error: "private", Class: evidence.ClassDenied})
		}, evidence.CheckPassed, evidence.CheckNotPossible},
		"answers": {func(w *world) {
			w.add(&evidence.RTT{Meta: w.meta(evidence.KindRTT), Addr: selfcheck.Unannounced, Port: 443, Method: evidence.MethodTCP, MinMS: 3})
		}, evidence.CheckFailed, evidence.CheckFailed},
	} {
		w := honest(50.0, 8.5)
		c.add(w)
		check := selfcheck.Check(frankfurt(), known, w.all)
		single := ""
		for _, one := range check.Checks {
			if one.Name == "unannounced" {
				single = one.Result
			}
		}
		if check.Result != c.result || single != c.single {
			t.Errorf("%s: %s, of it %q; want %s and %q", name, check.Result, single, c.result, c.single)
		}
	}
}
