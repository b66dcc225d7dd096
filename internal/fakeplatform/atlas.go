package fakeplatform

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
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
	*base

	mu           sync.Mutex
	measurements []*atlasMeasurement
}

// atlasMeasurement is one measurement, with a result for each probe.
type atlasMeasurement struct {
	id       int
	def      atlasDefinition
	machines []*machine
	began    time.Time
	public   bool // it is somebody else's, and everybody may see it

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
func NewAtlas(s *scenario.Scenario, o Options) *Atlas {
	a := &Atlas{base: newBase(s, scenario.Atlas, o)}
	a.mux.HandleFunc("GET /api/v2/probes/", a.probes)
	a.mux.HandleFunc("GET /api/v2/credits/", a.credits)
	a.mux.HandleFunc("POST /api/v2/measurements/{$}", a.create)
	a.mux.HandleFunc("GET /api/v2/measurements/{$}", a.list)
	a.mux.HandleFunc("GET /api/v2/measurements/my/{$}", a.mine)
	a.mux.HandleFunc("GET /api/v2/measurements/{id}/{$}", a.show)
	a.mux.HandleFunc("GET /api/v2/measurements/{id}/results/{$}", a.results)
	a.mux.HandleFunc("GET /api/v2/measurements/{id}/latest/{$}", a.latest)
	return a
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
	m := a.start(d, chosen, false)
	a.ledger.mu.Lock()
	a.orders = append(a.orders, Order{strconv.Itoa(m.id), d.Type, d.Target, len(chosen), string(body)})
	a.ledger.mu.Unlock()
	write(w, http.StatusCreated, map[string]any{"measurements": []int{m.id}})
}

func (a *Atlas) start(d atlasDefinition, chosen []*machine, public bool) *atlasMeasurement {
	a.mu.Lock()
	m := &atlasMeasurement{id: firstID + len(a.measurements), def: d, machines: chosen, began: time.Now(), public: public}
	a.measurements = append(a.measurements, m)
	a.mu.Unlock()
	for _, where := range chosen {
		a.measure(func(ctx context.Context) map[string]any { return m.measure(ctx, where) }, func(result map[string]any) {
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

// find returns the measurement of a path, and answers where there is none.
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
