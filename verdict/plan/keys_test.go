package plan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict/plan"
)

const (
	keyName = "sync.example.com"
	keyAddr = "203.0.113.7"
)

// newKeyLab is a claim about a name at one address, where a port is asked for, and
// vantages that time its key.
func newKeyLab(t *testing.T, port uint16, spokenTLS bool) *lab {
	t.Helper()
	l := newLab(t, "US", keyName)
	l.q.Sheets[0].Endpoints[0].Port = port
	l.q.AskedKeys, l.q.OfferOf = map[plan.AskedKey]int{}, map[string]int{}
	l.q.Budget = 60
	for i := range l.q.Offers {
		l.q.Offers[i].TimesKeys, l.q.Offers[i].Opening = true, 3
		l.q.OfferOf[fmt.Sprintf("v%d", i)] = i
	}
	at := netip.MustParseAddr(keyAddr)
	l.q.Known.Observations = append(l.q.Known.Observations, &evidence.DNS{
		Meta: evidence.Meta{Kind: evidence.KindDNS, ID: "d1", Vantage: "v0"}, Name: keyName, Type: "A", Rcode: "NOERROR", Answers: []netip.Addr{at},
	})
	if spokenTLS {
		l.q.Known.Observations = append(l.q.Known.Observations, &evidence.TLS{
			Meta: evidence.Meta{Kind: evidence.KindTLS, ID: "t1", Vantage: "v0"}, Addr: at, Port: port, ServerName: keyName, Trusted: true,
		})
	}
	return l
}

// timeKeys measures what is planned of keys: the holder's answers take addMS more
// than the way and half of it; one that is negative gives none.
func (l *lab) timeKeys(p *plan.Plan, host [2]float64, addMS float64) (asked int) {
	for _, m := range p.Measurements {
		if m.Name == "" {
			continue
		}
		for _, i := range m.From {
			asked++
			key := plan.AskedKey{Key: l.q.Offers[i].Key, Addr: m.Addr, Port: m.Port, Name: m.Name}
			l.q.AskedKeys[key]++
			l.q.Budget -= 1 + l.q.Offers[i].Opening
			if l.q.Offers[i].Opening = 0; addMS < 0 {
				continue
			}
			km := geo.AtMostKM(geo.Point(cities[i].lat, cities[i].lon), geo.Point(host[0], host[1]))
			l.q.Known.Observations = append(l.q.Known.Observations, &evidence.RTT{
				Meta: evidence.Meta{Kind: evidence.KindRTT, ID: fmt.Sprintf("k%d", len(l.q.Known.Observations)), Vantage: fmt.Sprintf("v%d", i)},
				Addr: m.Addr, Port: m.Port, Method: evidence.MethodTLS, MinMS: 1.5*2*km/geo.FibreKMPerMS + addMS,
				Authenticated: &evidence.Authenticated{ServerName: m.Name, How: evidence.MethodTLS},
			})
		}
	}
	return asked
}

// withoutKeys is the plan's pings.
func withoutKeys(p *plan.Plan) *plan.Plan {
	out := *p
	out.Measurements = slices.DeleteFunc(slices.Clone(p.Measurements), func(m plan.Measurement) bool { return m.Name != "" })
	return &out
}

// untilKeys plans and measures until there is no more to do.
func (l *lab) untilKeys(t *testing.T, host [2]float64, addMS float64) (pings, keys int) {
	t.Helper()
	for range 40 {
		p := l.next(t)
		if p.Empty() {
			return len(l.q.Asked), keys
		}
		spent := l.q.Budget
		keys += l.timeKeys(p, host, addMS)
		l.carryOut(t, withoutKeys(p), host)
		if spent-l.q.Budget != p.Cost {
			t.Errorf("a plan says that it costs %d and costs %d", p.Cost, spent-l.q.Budget)
		}
	}
	t.Fatal("it never ends")
	return 0, 0
}

// Pings find a host and its own key decides, from few vantages in two networks.
func TestKeyDecides(t *testing.T) {
	for name, c := range map[string]struct {
		port  uint16
		speak bool
	}{"the port of HTTPS": {443, false}, "seen to speak TLS": {8443, true}} {
		l := newKeyLab(t, c.port, c.speak)
		pings, keys := l.untilKeys(t, frankfurt, 1)
		if p := l.next(t); p.Open != 0 || keys < 2 || keys > 4 || pings > 11 {
			t.Errorf("%s: %d open after %d pings and %d handshakes", name, p.Open, pings, keys)
		}
		networks := map[uint32]bool{}
		for at := range l.q.AskedKeys {
			for _, o := range l.q.Offers {
				networks[o.Vantage.ASN] = networks[o.Vantage.ASN] || o.Key == at.Key
			}
			if at.Name != keyName || at.Port != c.port || at.Addr != netip.MustParseAddr(keyAddr) {
				t.Errorf("%s: asked %+v", name, at)
			}
		}
	}
}

// A port that nobody has seen to speak TLS is decided by what connects to it.
func TestNoKeyAsked(t *testing.T) {
	l := newKeyLab(t, 8443, false)
	if _, keys := l.untilKeys(t, frankfurt, 1); keys != 0 || l.next(t).Open != 0 {
		t.Errorf("%d handshakes, %d open", keys, l.next(t).Open)
	}
}

// A handshake that is slow is asked for three times of each vantage at the most, and
// then nearer vantages are looked for, until nothing is.
func TestSlowKey(t *testing.T) {
	l := newKeyLab(t, 443, true)
	l.q.Budget = 300
	l.untilKeys(t, frankfurt, 120)
	for at, times := range l.q.AskedKeys {
		if times > 3 {
			t.Errorf("%s was asked %d times", at.Key, times)
		}
	}
	if p := l.next(t); p.Open == 0 || len(l.q.AskedKeys) < 3 {
		t.Errorf("%d open after %d vantages", p.Open, len(l.q.AskedKeys))
	}
}

// A key that answers nobody is given up, and so is one that nobody on offer can time.
func TestNoKeyAnswers(t *testing.T) {
	l := newKeyLab(t, 443, true)
	pings, keys := l.untilKeys(t, frankfurt, -1)
	if p := l.next(t); keys > 4 || p.Open != 1 || p.Hopeless != 1 || pings > 11 {
		t.Errorf("%d pings, %d handshakes; %d open, %d hopeless", pings, keys, p.Open, p.Hopeless)
	}
	l = newKeyLab(t, 443, true)
	for i := range l.q.Offers {
		l.q.Offers[i].TimesKeys = false
	}
	pings, keys = l.untilKeys(t, frankfurt, 1)
	if p := l.next(t); keys != 0 || p.Open != 0 || pings > 11 {
		t.Errorf("by transport alone: %d pings, %d handshakes, %d open", pings, keys, p.Open)
	}
}
