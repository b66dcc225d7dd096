// Package atlas orders measurements of RIPE Atlas, whose some thirteen thousand
// probes and anchors are placed by their hosts, over its API version 2
// (https://atlas.ripe.net/docs/apis/).
package atlas

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers"
)

const (
	// probeRadiusKM is how far a probe may be from the place given for it: that is
	// moved by 80 to 400 m on purpose (Anonymous Access, Data Obfuscation), and its
	// host put it on a map by hand.
	probeRadiusKM = 10
	// packets of one ping; three are the platform's own default.
	packets = 6
	// pageSize is the most that a page of a list has (Rate Limiting, Best Practices).
	pageSize = 500
	// maxPages bounds a list: four times as many probes as there are.
	maxPages = 100
	// maxNameBytes bounds what is kept of a name.
	maxNameBytes = 100
)

// What a result costs, in credits (https://atlas.ripe.net/docs/getting-started/credits.html):
// one for each packet of a ping, ten for each of the three of a traceroute, ten
// for a certificate or a question to a resolver. One-off measurements cost twice
// that.
const (
	oneOff         = 2
	pingCost       = packets * oneOff
	tracerouteCost = 30 * oneOff
	otherCost      = 10 * oneOff
)

// Client orders from RIPE Atlas.
type Client struct {
	API platform.API
}

var (
	_ platform.Platform = (*Client)(nil)
	_ platform.Finder   = (*Client)(nil)
)

// New returns a client of the interface at base. Without a key it can read, and
// order nothing.
func New(base *url.URL, key, version string, notify func(string)) *Client {
	return &Client{platform.NewAPI(base, "Key", key, version, notify)}
}

// Name returns the word for the platform.
func (c *Client) Name() string { return evidence.NetworkAtlas }

// Cost is in credits.
func (c *Client) Cost(a platform.Ask) int {
	each := otherCost
	switch a.Type {
	case platform.TypePing:
		each = pingCost
		if a.Method == evidence.MethodTCP { // Atlas times TCP by traceroute alone
			each = tracerouteCost
		}
	case platform.TypeTraceroute, platform.TypeMTR:
		each = tracerouteCost
	}
	return each * len(a.From)
}

// machine is a probe, as the API tells it.
type machine struct {
	ID       platform.Integer `json:"id"`
	ASN4     *uint32          `json:"asn_v4"`
	ASN6     *uint32          `json:"asn_v6"`
	Country  *string          `json:"country_code"`
	Anchor   bool             `json:"is_anchor"`
	Geometry *struct {
		Coordinates []float64 `json:"coordinates"` // longitude first (RFC 7946, 3.1.1)
	} `json:"geometry"`
	Lat  *float64 `json:"latitude"` // instead of geometry, in the archive of probes
	Lon  *float64 `json:"longitude"`
	Tags []tag    `json:"tags"`
}

// tag is a word for a probe: an object of the API, a text of the archive.
type tag struct{ Slug string }

// UnmarshalJSON reads either form.
func (t *tag) UnmarshalJSON(body []byte) error {
	if json.Unmarshal(body, &t.Slug) == nil {
		return nil
	}
	var object struct {
		Slug string `json:"slug"`
	}
	err := json.Unmarshal(body, &object)
	t.Slug = object.Slug
	return err
}

func (m *machine) number() string { return strconv.FormatInt(int64(m.ID), 10) }

func (m *machine) vantage() evidence.Vantage {
	v := evidence.Vantage{Name: "probe " + m.number(), Network: evidence.NetworkAtlas}
	if m.ID > 0 {
		v.Machine = evidence.NetworkAtlas + ":" + m.number()
	}
	if m.Anchor {
		v.Name = "anchor " + m.number()
	}
	if m.Country != nil {
		v.Country = providers.CountryCode(*m.Country)
	}
	for _, asn := range []*uint32{m.ASN6, m.ASN4} {
		if asn != nil {
			v.ASN = *asn
		}
	}
	if m.Geometry != nil && len(m.Geometry.Coordinates) == 2 {
		platform.Place(&v, m.Geometry.Coordinates[1], m.Geometry.Coordinates[0], probeRadiusKM)
	} else if m.Lat != nil && m.Lon != nil {
		platform.Place(&v, *m.Lat, *m.Lon, probeRadiusKM)
	}
	return v
}

func (m *machine) words() []string {
	words := []string{"#" + m.number()}
	if m.Country != nil {
		words = append(words, strings.ToLower(*m.Country))
	}
	for _, asn := range []*uint32{m.ASN4, m.ASN6} {
		if asn != nil {
			words = append(words, "as"+strconv.FormatUint(uint64(*asn), 10))
		}
	}
	if m.Anchor {
		words = append(words, "anchor")
	}
	for _, tag := range m.Tags {
		words = append(words, strings.ToLower(tag.Slug))
	}
	return words
}

// probeFields are what is asked for of each probe.
const probeFields = "id,asn_v4,asn_v6,country_code,is_anchor,geometry,tags"

// machines returns a list of probes, page by page.
func (c *Client) machines(ctx context.Context, filter string) ([]machine, error) {
	var out []machine
	for page := 1; page <= maxPages; page++ {
		// Not the address that a page gives for the next: it may lead anywhere.
		body, _, err := c.API.Get(ctx, fmt.Sprintf("/api/v2/probes/?%s&fields=%s&page_size=%d&page=%d", filter, probeFields, pageSize, page))
		if err != nil {
			return nil, fmt.Errorf("asking RIPE Atlas for its probes: %w", err)
		}
		var list struct {
			Next    *string   `json:"next"`
			Results []machine `json:"results"`
		}
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, fmt.Errorf("the probes that RIPE Atlas lists: %w", err)
		}
		if out = append(out, list.Results...); list.Next == nil {
			return out, nil
		}
	}
	return nil, fmt.Errorf("the list of RIPE Atlas's probes has more than %d pages", maxPages)
}

// Offers returns the probes that are connected.
func (c *Client) Offers(ctx context.Context) ([]platform.Offer, error) {
	const connected = "status=1"
	all, err := c.machines(ctx, connected)
	if err != nil {
		return nil, err
	}
	var out []platform.Offer
	for i := range all {
		m := &all[i]
		out = append(out, platform.Offer{Platform: c.Name(), Key: m.number(), Vantage: m.vantage(), Words: m.words()})
	}
	slices.SortStableFunc(out, platform.CompareOffers)
	return slices.CompactFunc(out, func(a, b platform.Offer) bool { return a.Key == b.Key }), nil
}

// Balance returns the credits of the key's owner.
func (c *Client) Balance(ctx context.Context) (platform.Balance, error) {
	if c.API.Secret == "" {
		return platform.Balance{Unit: "credits"}, nil
	}
	body, _, err := c.API.Get(ctx, "/api/v2/credits/")
	if err != nil {
		return platform.Balance{}, fmt.Errorf("asking RIPE Atlas for the balance: %w", err)
	}
	var credits struct {
		Balance int `json:"current_balance"`
	}
	if err := json.Unmarshal(body, &credits); err != nil {
		return platform.Balance{}, fmt.Errorf("the balance that RIPE Atlas tells: %w", err)
	}
	return platform.Balance{Left: credits.Balance, Unit: "credits"}, nil
}

// definition is one measurement as it is ordered.
type definition struct {
	Type        string `json:"type"`
	AF          int    `json:"af"`
	Target      string `json:"target,omitempty"`
	Description string `json:"description"`
	Public      bool   `json:"is_public"`
	Packets     int    `json:"packets,omitempty"`
	Protocol    string `json:"protocol,omitempty"`
	Port        uint16 `json:"port,omitempty"`
	QueryClass  string `json:"query_class,omitempty"`
	QueryType   string `json:"query_type,omitempty"`
	QueryArg    string `json:"query_argument,omitempty"`
	OwnResolver bool   `json:"use_probe_resolver,omitempty"`
	OnProbe     bool   `json:"resolve_on_probe,omitempty"`
}

func definitionOf(a platform.Ask, mark string) (*definition, error) {
	d := &definition{Type: a.Type, AF: 4, Target: a.Target(), Description: mark, Public: true, OnProbe: a.Name != ""}
	if a.Addr.IsValid() {
		d.Target = a.Addr.String()
		if a.Addr.Is6() {
			d.AF = 6
		}
	}
	switch a.Type {
	case platform.TypePing:
		d.Packets = packets
		if a.Method == evidence.MethodTCP {
			d.Type, d.Packets, d.Protocol, d.Port = platform.TypeTraceroute, 3, "TCP", a.Port
		}
	case platform.TypeTraceroute, platform.TypeMTR:
		d.Type, d.Packets, d.Protocol = platform.TypeTraceroute, 3, strings.ToUpper(a.Method)
		if a.Method == evidence.MethodTCP {
			d.Port = a.Port
		}
	case platform.TypeDNS:
		d.Target, d.QueryClass, d.QueryType, d.QueryArg, d.OwnResolver, d.OnProbe = "", "IN", a.Method, a.Name, true, false
	case platform.TypeTLS:
		d.Port = a.Port
	default:
		return nil, fmt.Errorf("RIPE Atlas has no measurement of type %q here", a.Type)
	}
	return d, nil
}

// Order asks for a one-off measurement. The mark is its description.
func (c *Client) Order(ctx context.Context, a platform.Ask, mark string) (string, error) {
	d, err := definitionOf(a, mark)
	if err != nil {
		return "", &platform.Refusal{Err: err}
	}
	if c.API.Secret == "" {
		return "", &platform.Refusal{Err: probe.Fail(evidence.ClassDenied, "RIPE Atlas takes orders with a key alone; set RIPE_ATLAS_API_KEY")}
	}
	keys := make([]string, len(a.From))
	for i, offer := range a.From {
		keys[i] = offer.Key
	}
	body, _, err := c.API.Post(ctx, "/api/v2/measurements/", map[string]any{
		"definitions": []any{d}, "is_oneoff": true,
		"probes": []any{map[string]any{"type": "probes", "value": strings.Join(keys, ","), "requested": len(keys)}},
	})
	if err != nil {
		return "", fmt.Errorf("ordering from RIPE Atlas: %w", err)
	}
	var made struct {
		Measurements []int `json:"measurements"`
	}
	if err := json.Unmarshal(body, &made); err != nil || len(made.Measurements) != 1 {
		return "", probe.Fail(evidence.ClassHTTP, "RIPE Atlas took an order and gave no id for it")
	}
	return strconv.Itoa(made.Measurements[0]), nil
}

// Find looks for the measurement with the mark among those of the key's owner.
func (c *Client) Find(ctx context.Context, mark string) (string, bool, error) {
	body, _, err := c.API.Get(ctx, "/api/v2/measurements/my/?fields=id,description&description__contains="+url.QueryEscape(mark))
	if err != nil {
		return "", false, fmt.Errorf("asking RIPE Atlas whether an order arrived: %w", err)
	}
	var list struct {
		Results []struct {
			ID          int    `json:"id"`
			Description string `json:"description"`
		} `json:"results"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return "", false, fmt.Errorf("the measurements that RIPE Atlas lists: %w", err)
	}
	for _, m := range list.Results {
		if m.Description == mark {
			return strconv.Itoa(m.ID), true, nil
		}
	}
	return "", false, nil
}

// The states of a measurement (Measurements, status).
const (
	statusOngoing = 2 // those up to this one are not final
	statusNone    = 6 // no suitable probes
	statusFailed  = 7
)

// answer is what [Client.Fetch] puts together: the results, and the probes that
// they are from, which they know by number alone.
type answer struct {
	Results json.RawMessage `json:"results"`
	Probes  []machine       `json:"probes"`
}

// Fetch returns a measurement as it is now. One-off measurements stay ongoing for
// a while after the last result, so it is done too once each probe has answered.
func (c *Client) Fetch(ctx context.Context, id string) (platform.Answer, error) {
	at := "/api/v2/measurements/" + url.PathEscape(id) + "/"
	body, _, err := c.API.Get(ctx, at+"?fields=id,status,probes_requested")
	if err != nil {
		return platform.Answer{}, fmt.Errorf("asking RIPE Atlas for measurement %s: %w", id, err)
	}
	var state struct {
		Status    struct{ ID int }
		Requested int `json:"probes_requested"`
	}
	if err := json.Unmarshal(body, &state); err != nil {
		return platform.Answer{}, probe.Fail(evidence.ClassHTTP, "RIPE Atlas's measurement %s: %w", id, err)
	}
	if state.Status.ID == statusNone || state.Status.ID == statusFailed {
		return platform.Answer{}, probe.Fail(evidence.ClassUnreachable, "RIPE Atlas could not carry measurement %s out (status %d)", id, state.Status.ID)
	}
	results, _, err := c.API.Get(ctx, at+"results/?format=json")
	if err != nil {
		return platform.Answer{}, fmt.Errorf("asking RIPE Atlas for the results of %s: %w", id, err)
	}
	a := answer{Results: results}
	numbers, err := a.numbers()
	if err != nil {
		return platform.Answer{}, err
	}
	if state.Status.ID > statusOngoing || state.Requested > 0 && len(numbers) >= state.Requested {
		return c.withProbes(ctx, a)
	}
	whole, err := json.Marshal(a)
	return platform.Answer{Body: whole}, err
}

// probesAtOnce is how many probes are asked for by number at once: the address
// of a request has its bounds.
const probesAtOnce = 500

// withProbes adds to results the probes that they are from.
func (c *Client) withProbes(ctx context.Context, a answer) (platform.Answer, error) {
	numbers, err := a.numbers()
	if err != nil {
		return platform.Answer{}, err
	}
	for some := range slices.Chunk(numbers, probesAtOnce) {
		machines, err := c.machines(ctx, "id__in="+strings.Join(some, ","))
		if err != nil {
			return platform.Answer{}, err
		}
		a.Probes = append(a.Probes, machines...)
	}
	whole, err := json.Marshal(a)
	return platform.Answer{Done: true, Body: whole}, err
}

// numbers returns the probes that have a result, each once.
func (a *answer) numbers() ([]string, error) {
	var results []struct {
		Probe platform.Integer `json:"prb_id"`
	}
	if err := json.Unmarshal(a.Results, &results); err != nil {
		return nil, probe.Fail(evidence.ClassHTTP, "results of RIPE Atlas: %w", err)
	}
	if len(results) > maxResults {
		return nil, probe.Fail(evidence.ClassOther, "%d results of RIPE Atlas; at most %d are taken", len(results), maxResults)
	}
	var out []string
	for _, r := range results {
		out = append(out, strconv.FormatInt(int64(r.Probe), 10))
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
