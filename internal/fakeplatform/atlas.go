package fakeplatform

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/internal/fakenet"
)

const (
	// atlasPage is the most that a page of a list has.
	atlasPage = 500
	// atlasOneOff is how many times the usual cost a one-off measurement has.
	atlasOneOff = 2
	// atlasFirmware is the version whose format the results have.
	atlasFirmware = 5080
	firstID       = 70_000_000
)

// Atlas is a simulated RIPE Atlas.
type Atlas struct {
	*ledger
	Options
	machines []*machine
	mux      *http.ServeMux
	ctx      context.Context
	stop     context.CancelFunc
	tests    sync.WaitGroup

	mu           sync.Mutex
	measurements []*atlasMeasurement
}

// atlasMeasurement is one measurement, with a result for each probe.
type atlasMeasurement struct {
	id       int
	def      atlasDefinition
	machines []*machine

	mu      sync.Mutex
	results []map[string]any
}

type atlasDefinition struct {
	Type        string `json:"type"`
	AF          int    `json:"af"`
	Target      string `json:"target"`
	Description string `json:"description"`
	Packets     int    `json:"packets"`
	Protocol    string `json:"protocol"`
	Port        uint16 `json:"port"`
	QueryType   string `json:"query_type"`
	QueryArg    string `json:"query_argument"`
}

// NewAtlas makes the platform of a scenario. Its options' token is the key that
// may order.
func NewAtlas(s *fakenet.Scenario, o Options) *Atlas {
	a := &Atlas{ledger: newLedger(), Options: o, machines: machinesOf(s, fakenet.Atlas), mux: http.NewServeMux()}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.mux.HandleFunc("GET /api/v2/probes/", a.probes)
	a.mux.HandleFunc("GET /api/v2/credits/", a.credits)
	a.mux.HandleFunc("POST /api/v2/measurements/{$}", a.create)
	a.mux.HandleFunc("GET /api/v2/measurements/my/{$}", a.mine)
	a.mux.HandleFunc("GET /api/v2/measurements/{id}/{$}", a.show)
	a.mux.HandleFunc("GET /api/v2/measurements/{id}/results/{$}", a.results)
	return a
}

// AtlasPlatform lets a world have a RIPE Atlas.
func AtlasPlatform(o Options) fakenet.Platform {
	return fakenet.Platform{Service: fakenet.Atlas, Handler: func(s *fakenet.Scenario) (http.Handler, error) { return NewAtlas(s, o), nil }}
}

// Close ends the platform and what it measures.
func (a *Atlas) Close() error {
	a.stop()
	a.tests.Wait()
	var errs []error
	for _, m := range a.machines {
		errs = append(errs, m.close())
	}
	return errors.Join(errs...)
}

// ServeHTTP answers as the API does.
func (a *Atlas) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.Instead != nil && a.Instead(w, r) {
		return
	}
	a.mux.ServeHTTP(w, r)
}

// problem answers with an error document.
func problem(w http.ResponseWriter, status int, detail string) {
	write(w, status, map[string]any{"error": map[string]any{"status": status, "code": status, "title": http.StatusText(status), "detail": detail}})
}

// authorised reports whether a request has the key, and answers where not.
func (a *Atlas) authorised(w http.ResponseWriter, r *http.Request) bool {
	if a.Token != "" && r.Header.Get("Authorization") == "Key "+a.Token {
		return true
	}
	problem(w, http.StatusForbidden, "The provided API key is not valid")
	return false
}

func (a *Atlas) probes(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var chosen []any
	ids := strings.Split(q.Get("id__in"), ",")
	for _, m := range a.machines {
		if q.Get("id__in") == "" || slices.Contains(ids, strconv.Itoa(m.Remote.ID)) {
			at := m.place()
			chosen = append(chosen, map[string]any{
				"id": m.Remote.ID, "type": "Probe", "asn_v4": m.Remote.ASN, "asn_v6": nil, "country_code": m.Country,
				"is_anchor": slices.Contains(m.Remote.Tags, "anchor"), "tags": []any{map[string]any{"name": "system: IPv4 Works", "slug": "system-ipv4-works"}},
				"geometry": map[string]any{"type": "Point", "coordinates": []float64{at.Lon, at.Lat}},
			})
		}
	}
	page, _ := strconv.Atoi(q.Get("page"))
	from := min(max(page-1, 0)*atlasPage, len(chosen))
	to := min(from+atlasPage, len(chosen))
	var next any
	if to < len(chosen) {
		next = fmt.Sprintf("https://%s/api/v2/probes/?page=%d", r.Host, page+1)
	}
	write(w, http.StatusOK, map[string]any{"count": len(chosen), "next": next, "previous": nil, "results": append([]any{}, chosen[from:to]...)})
}

func (a *Atlas) credits(w http.ResponseWriter, r *http.Request) {
	if !a.authorised(w, r) {
		return
	}
	a.ledger.mu.Lock()
	left := a.Credits - a.spent
	a.ledger.mu.Unlock()
	write(w, http.StatusOK, map[string]any{"current_balance": left, "estimated_daily_income": 0})
}

// cost of one result, in credits.
func (d *atlasDefinition) cost() int {
	switch d.Type {
	case "ping":
		return max(d.Packets, 3) * atlasOneOff
	case "traceroute":
		return 30 * atlasOneOff
	}
	return 10 * atlasOneOff
}

func (a *Atlas) create(w http.ResponseWriter, r *http.Request) {
	if !a.authorised(w, r) {
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxOrderBytes))
	var order struct {
		Definitions []atlasDefinition `json:"definitions"`
		OneOff      bool              `json:"is_oneoff"`
		Probes      []struct {
			Type      string `json:"type"`
			Value     string `json:"value"`
			Requested int    `json:"requested"`
		} `json:"probes"`
	}
	if err == nil {
		err = json.Unmarshal(body, &order)
	}
	if err != nil || len(order.Definitions) != 1 || len(order.Probes) != 1 || order.Probes[0].Type != "probes" || !order.OneOff {
		problem(w, http.StatusBadRequest, "There was a problem with your request")
		return
	}
	var chosen []*machine
	for _, m := range a.machines {
		if slices.Contains(strings.Split(order.Probes[0].Value, ","), strconv.Itoa(m.Remote.ID)) {
			chosen = append(chosen, m)
		}
	}
	d := order.Definitions[0]
	a.ledger.mu.Lock()
	cost := d.cost() * len(chosen)
	enough := a.spent+cost <= a.Credits
	if enough {
		a.spent += cost
	}
	a.ledger.mu.Unlock()
	if !enough {
		problem(w, http.StatusPaymentRequired, "You do not have enough credits")
		return
	}
	m := a.start(d, chosen)
	a.ledger.mu.Lock()
	a.orders = append(a.orders, Order{strconv.Itoa(m.id), d.Type, d.Target, len(chosen), string(body)})
	a.ledger.mu.Unlock()
	write(w, http.StatusCreated, map[string]any{"measurements": []int{m.id}})
}

func (a *Atlas) start(d atlasDefinition, chosen []*machine) *atlasMeasurement {
	a.mu.Lock()
	m := &atlasMeasurement{id: firstID + len(a.measurements), def: d, machines: chosen}
	a.measurements = append(a.measurements, m)
	a.mu.Unlock()
	for _, where := range chosen {
		a.tests.Go(func() {
			began := time.Now()
			result := m.measure(a.ctx, where)
			select {
			case <-time.After(a.Takes - time.Since(began)):
			case <-a.ctx.Done():
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			m.results = append(m.results, result)
		})
	}
	return m
}

func (a *Atlas) mine(w http.ResponseWriter, r *http.Request) {
	if !a.authorised(w, r) {
		return
	}
	list := []any{}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.measurements {
		if strings.Contains(m.def.Description, r.URL.Query().Get("description__contains")) {
			list = append(list, map[string]any{"id": m.id, "description": m.def.Description})
		}
	}
	write(w, http.StatusOK, map[string]any{"count": len(list), "next": nil, "previous": nil, "results": list})
}

// find gives the measurement of a path, and answers where there is none.
func (a *Atlas) find(w http.ResponseWriter, r *http.Request) *atlasMeasurement {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, _ := strconv.Atoi(r.PathValue("id"))
	if n := id - firstID; n >= 0 && n < len(a.measurements) {
		return a.measurements[n]
	}
	problem(w, http.StatusNotFound, "Not found.")
	return nil
}

func (a *Atlas) show(w http.ResponseWriter, r *http.Request) {
	if m := a.find(w, r); m != nil {
		a.fetch(strconv.Itoa(m.id), globalpingPoll)
		write(w, http.StatusOK, map[string]any{"id": m.id, "status": map[string]any{"id": 2, "name": "Ongoing"}, "probes_requested": len(m.machines)})
	}
}

func (a *Atlas) results(w http.ResponseWriter, r *http.Request) {
	m := a.find(w, r)
	if m == nil {
		return
	}
	m.mu.Lock()
	list := append([]map[string]any{}, m.results...)
	m.mu.Unlock()
	if a.Twist != nil {
		for _, result := range list {
			a.Twist(result)
		}
	}
	write(w, http.StatusOK, list)
}

// measure gives the result of one probe.
func (m *atlasMeasurement) measure(ctx context.Context, where *machine) map[string]any {
	out := map[string]any{
		"fw": atlasFirmware, "mver": "2.6.2", "lts": 12, "af": m.def.AF, "msm_id": m.id, "prb_id": where.Remote.ID, "group_id": m.id,
		"timestamp": time.Now().Unix(), "stored_timestamp": time.Now().Unix(), "type": m.def.Type, "from": where.Addrs[0].String(),
		"dst_name": m.def.Target, "src_addr": where.Addrs[0].String(), "step": nil,
	}
	switch m.def.Type {
	case "ping":
		m.ping(ctx, where, out)
	case "traceroute":
		m.traceroute(ctx, where, out)
	case "dns":
		m.lookUp(ctx, where, out)
	default:
		out["err"] = "not simulated"
	}
	return out
}

func exactMS(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*1e6) / 1e6
}

func (m *atlasMeasurement) ping(ctx context.Context, where *machine, out map[string]any) {
	out["msm_name"], out["proto"], out["size"], out["dup"] = "Ping", "ICMP", 48, 0
	addr, err := where.address(ctx, m.def.Target)
	if err != nil {
		out["dnserr"] = "name not known"
		return
	}
	out["dst_addr"], out["ttl"] = addr.String(), 60
	took, err := where.ping(ctx, netip.AddrPortFrom(addr, 0), false, max(m.def.Packets, 1))
	replies, low := []any{}, -1.0
	for _, d := range took {
		if d < 0 {
			replies = append(replies, map[string]any{"x": "*"})
			continue
		}
		ms := exactMS(d)
		if replies = append(replies, map[string]any{"rtt": ms}); low < 0 || ms < low {
			low = ms
		}
	}
	if err != nil {
		replies = append(replies, map[string]any{"error": "connect failed: " + err.Error()})
	}
	out["result"], out["sent"], out["rcvd"], out["min"], out["max"], out["avg"] = replies, len(took), len(replies), low, low, low
}

func (m *atlasMeasurement) traceroute(ctx context.Context, where *machine, out map[string]any) {
	out["msm_name"], out["proto"], out["size"], out["paris_id"], out["endtime"] = "Traceroute", strings.ToUpper(m.def.Protocol), 48, 1, time.Now().Unix()
	addr, err := netip.ParseAddr(m.def.Target)
	if err != nil {
		out["dnserr"] = "name not known"
		return
	}
	out["dst_addr"] = addr.String()
	steps, err := where.trace(ctx, netip.AddrPortFrom(addr, m.def.Port), m.def.Protocol == "TCP")
	hops := []any{}
	for i, s := range steps {
		replies := []any{}
		for _, d := range s.took {
			replies = append(replies, map[string]any{"from": s.addr.String(), "rtt": math.Round(exactMS(d)*1000) / 1000, "size": 28, "ttl": 60})
		}
		if len(replies) == 0 {
			replies = append(replies, map[string]any{"x": "*"})
		}
		hops = append(hops, map[string]any{"hop": i + 1, "result": replies})
	}
	if err != nil {
		hops = append(hops, map[string]any{"hop": 1, "error": "connect failed: " + err.Error()})
	}
	out["result"] = hops
}

func (m *atlasMeasurement) lookUp(ctx context.Context, where *machine, out map[string]any) {
	out["msm_name"] = "Tdig"
	answer, resolver, took, err := where.resolve(ctx, m.def.QueryArg, dns.StringToType[m.def.QueryType])
	set := map[string]any{"af": 4, "dst_addr": resolver.String(), "proto": "UDP", "subid": 1, "submax": 1, "time": time.Now().Unix()}
	if err != nil {
		set["error"] = map[string]any{"timeout": 5000}
	} else if packed, err := answer.Pack(); err == nil {
		set["result"] = map[string]any{
			"ANCOUNT": len(answer.Answer), "ARCOUNT": 0, "NSCOUNT": 0, "QDCOUNT": 1, "ID": answer.Id, "rt": exactMS(took), "size": len(packed),
			"abuf": base64.StdEncoding.EncodeToString(packed),
		}
	}
	out["resultset"] = []any{set}
}
