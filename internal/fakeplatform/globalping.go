package fakeplatform

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// What Globalping documents of its limits.
const (
	globalpingLimit  = 250
	globalpingPeriod = time.Hour
	globalpingPoll   = 450 * time.Millisecond // 500 ms, and what clocks may be off
	maxOrderBytes    = 1 << 20
	maxTests         = 500
)

// Globalping is a simulated Globalping.
type Globalping struct {
	*base

	mu           sync.Mutex
	measurements map[string]*measurement
}

// NewGlobalping makes the platform of a scenario.
func NewGlobalping(s *scenario.Scenario, o Options) *Globalping {
	g := &Globalping{base: newBase(s, scenario.Globalping, o), measurements: map[string]*measurement{}}
	if g.Limit == 0 {
		g.Limit = globalpingLimit
	}
	if g.Period == 0 {
		g.Period = globalpingPeriod
	}
	g.mux.HandleFunc("GET /v1/probes", g.probes)
	g.mux.HandleFunc("GET /v1/limits", g.tellLimits)
	g.mux.HandleFunc("POST /v1/measurements", g.create)
	g.mux.HandleFunc("GET /v1/measurements/{id}", g.show)
	return g
}

// GlobalpingPlatform lets a world have a Globalping.
func GlobalpingPlatform(o Options) fakenet.Platform {
	return fakenet.Platform{Service: scenario.Globalping, Handler: func(s *scenario.Scenario) (http.Handler, error) {
		return NewGlobalping(s, o), nil
	}}
}

// ServeHTTP answers as the API does.
func (g *Globalping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if sent := r.Header.Get("Authorization"); sent != "" && sent != "Bearer "+g.Token {
		complain(w, http.StatusUnauthorized, "unauthorized", "Unauthorized.")
		return
	}
	g.base.ServeHTTP(w, r)
}

// complain answers with an error document.
func complain(w http.ResponseWriter, status int, kind, message string) {
	write(w, status, map[string]any{"error": map[string]any{"type": kind, "message": message}})
}

// locationOf is a machine's place as the API tells it.
func locationOf(m *machine) map[string]any {
	at := m.place()
	return map[string]any{
		"continent": "EU", "region": "Western Europe", "country": m.Country, "state": nil, "city": m.Remote.City,
		"asn": m.Remote.ASN, "network": m.Remote.Network, "latitude": at.Lat, "longitude": at.Lon,
	}
}

func tagsOf(m *machine) []string {
	if m.Remote.Tags == nil {
		return []string{"datacenter-network"}
	}
	return m.Remote.Tags
}

func (g *Globalping) probes(w http.ResponseWriter, _ *http.Request) {
	list := []any{}
	for _, m := range g.machines {
		list = append(list, map[string]any{"version": "0.38.0", "location": locationOf(m), "tags": tagsOf(m), "resolvers": []string{"private"}})
	}
	write(w, http.StatusOK, list)
}

func (g *Globalping) tellLimits(w http.ResponseWriter, r *http.Request) {
	g.ledger.mu.Lock()
	now := g.state(g.Limit, g.Period, g.Credits)
	g.ledger.mu.Unlock()
	kind := "ip"
	document := map[string]any{}
	if r.Header.Get("Authorization") != "" {
		kind = "user"
		document["credits"] = map[string]any{"remaining": now.credits}
	}
	document["rateLimit"] = map[string]any{"measurements": map[string]any{"create": map[string]any{
		"type": kind, "limit": now.limit, "remaining": now.left, "reset": int(now.reset / time.Second),
	}}}
	write(w, http.StatusOK, document)
}

// order is what is sent to create a measurement.
type order struct {
	Type      string          `json:"type"`
	Target    string          `json:"target"`
	Locations json.RawMessage `json:"locations"`
	Limit     int             `json:"limit"`
	Options   struct {
		Packets  int    `json:"packets"`
		Protocol string `json:"protocol"`
		Port     uint16 `json:"port"`
		Query    struct {
			Type string `json:"type"`
		} `json:"query"`
		Request struct {
			Host   string `json:"host,omitempty"`
			Path   string `json:"path,omitempty"`
			Method string `json:"method,omitempty"`
		} `json:"request"`
	} `json:"measurementOptions"`
}

// where is one of the locations of an order.
type where struct {
	Country, City, Network, Magic string
	State                         *string
	ASN                           uint32
	Tags                          []string
	Limit                         int
}

func (g *Globalping) create(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxOrderBytes))
	var o order
	if err == nil {
		err = json.Unmarshal(body, &o)
	}
	if err == nil {
		err = o.check()
	}
	if err != nil {
		complain(w, http.StatusBadRequest, "validation_error", "Parameter validation failed: "+err.Error())
		return
	}
	chosen, err := g.choose(&o)
	if err != nil {
		complain(w, http.StatusBadRequest, "validation_error", err.Error())
		return
	}
	if len(chosen) == 0 {
		complain(w, http.StatusUnprocessableEntity, "no_probes_found", "No matching IPv4 probes available.")
		return
	}
	id, ok := g.pay(w, r, &o, len(chosen), string(body))
	if !ok {
		complain(w, http.StatusTooManyRequests, "too_many_requests", "Too many requests. Please retry in 42 minutes.")
		return
	}
	m := g.start(id, &o, chosen)
	w.Header().Set("Location", "https://"+r.Host+"/v1/measurements/"+m.id)
	write(w, http.StatusAccepted, map[string]any{"id": m.id, "probesCount": len(chosen)})
}

func (o *order) check() error {
	if !slices.Contains([]string{"ping", "traceroute", "mtr", "dns", "http"}, o.Type) {
		return fmt.Errorf(`"type" must be one of [ping, traceroute, dns, mtr, http]`)
	}
	addr, err := netip.ParseAddr(o.Target)
	if o.Target == "" || err == nil && (addr.IsPrivate() || addr.IsLoopback()) {
		return fmt.Errorf(`"target" must be a public host`)
	}
	if o.Options.Packets < 0 || o.Options.Packets > 16 {
		return fmt.Errorf(`"measurementOptions.packets" must be between 1 and 16`)
	}
	protocols := []string{"TCP", "ICMP", "UDP"}
	if o.Type == "http" {
		protocols = []string{"HTTP", "HTTPS", "HTTP2"}
	}
	if o.Options.Protocol != "" && !slices.Contains(protocols, o.Options.Protocol) {
		return fmt.Errorf(`"measurementOptions.protocol" must be one of [%s]`, strings.Join(protocols, ", "))
	}
	if !slices.Contains([]string{"", "HEAD", "GET", "OPTIONS"}, o.Options.Request.Method) {
		return fmt.Errorf(`"measurementOptions.request.method" must be one of [HEAD, GET, OPTIONS]`)
	}
	return nil
}

// choose returns the machines for an order: those of an earlier measurement, or
// as many of each location as its limit says.
func (g *Globalping) choose(o *order) ([]*machine, error) {
	var earlier string
	if json.Unmarshal(o.Locations, &earlier) == nil {
		if m := g.measurement(earlier); m != nil {
			return m.machines, nil
		}
		return nil, fmt.Errorf("the measurement %q is not known", earlier)
	}
	places := []where{{Magic: "world", Limit: max(o.Limit, 1)}}
	if len(o.Locations) > 0 {
		places = nil
		if err := json.Unmarshal(o.Locations, &places); err != nil {
			return nil, fmt.Errorf(`"locations" must be an array: %w`, err)
		}
	}
	var out []*machine
	for _, place := range places {
		left := max(place.Limit, 1)
		for _, m := range g.machines {
			if left > 0 && place.has(m) && !slices.Contains(out, m) {
				out = append(out, m)
				left--
			}
		}
	}
	if len(out) > maxTests {
		return nil, fmt.Errorf(`"limit" must be at most %d`, maxTests)
	}
	return out, nil
}

func (p *where) has(m *machine) bool {
	same := func(want, is string) bool { return want == "" || strings.EqualFold(want, is) }
	if !same(p.Country, m.Country) || !same(p.City, m.Remote.City) || !same(p.Network, m.Remote.Network) || p.ASN != 0 && p.ASN != m.Remote.ASN {
		return false
	}
	for _, tag := range p.Tags {
		if !slices.Contains(tagsOf(m), tag) {
			return false
		}
	}
	for word := range strings.SplitSeq(strings.ToLower(p.Magic), "+") {
		known := append([]string{"", "world", m.Country, m.Remote.City, m.Remote.Network, "as" + strconv.Itoa(int(m.Remote.ASN))}, tagsOf(m)...)
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, word) }) {
			return false
		}
	}
	return true
}

// pay takes the cost of an order from the limits and gives it an id; ok is false
// where there is not enough. The headers tell what is left.
func (g *Globalping) pay(w http.ResponseWriter, r *http.Request, o *order, tests int, body string) (id string, ok bool) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	credits := 0
	if r.Header.Get("Authorization") != "" {
		credits = g.Credits
	}
	now := g.state(g.Limit, g.Period, credits)
	if ok = tests <= now.left+now.credits; ok {
		id = rand.Text()[:16]
		g.spent += tests
		g.orders = append(g.orders, Order{id, o.Type, o.Target, tests, body})
	}
	after := g.state(g.Limit, g.Period, credits)
	for name, value := range map[string]int{
		"X-RateLimit-Limit": after.limit, "X-RateLimit-Consumed": after.limit - after.left, "X-RateLimit-Remaining": after.left,
		"X-RateLimit-Reset": int((after.reset + time.Second - 1) / time.Second), "X-Credits-Remaining": after.credits, "X-Request-Cost": tests,
	} {
		w.Header().Set(name, strconv.Itoa(value))
	}
	return id, ok
}

func (g *Globalping) measurement(id string) *measurement {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.measurements[id]
}

func (g *Globalping) show(w http.ResponseWriter, r *http.Request) {
	m := g.measurement(r.PathValue("id"))
	if m == nil {
		complain(w, http.StatusNotFound, "not_found", "Couldn't find the requested measurement.")
		return
	}
	if g.fetch(m.id, globalpingPoll) {
		w.Header().Set("Retry-After", "1")
		complain(w, http.StatusTooManyRequests, "too_many_requests", "Too many requests for this measurement.")
		return
	}
	document := m.document()
	if g.Twist != nil {
		g.Twist(document)
	}
	write(w, http.StatusOK, document)
}
