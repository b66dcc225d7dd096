// Package globalping orders measurements of Globalping, a network of some
// thousand machines that measure for anybody, over its API
// (https://globalping.io/docs/api.globalping.io, version 1).
//
// Its machines have no names: an order names a city and a network, and the
// answer says what the platform holds the place of the machine for. That place
// is read from databases of addresses, so a machine may be elsewhere.
package globalping

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers"
)

const (
	// cityRadiusKM is how far a machine may be from the place that the platform
	// gives for it: it moves them to the largest city around, within 50 to 80 km
	// (github.com/jsdelivr/globalping, issue 264), and a city has an extent.
	cityRadiusKM = 100
	// packets of one ping. The platform takes 1 to 16.
	packets = 6
	// maxNameBytes bounds what is kept of a name.
	maxNameBytes = 100
)

// Client orders from Globalping.
type Client struct {
	API platform.API
}

var _ platform.KeyTimer = (*Client)(nil)

// New returns a client of the interface at base; without a token it is anonymous.
func New(base *url.URL, token, version string, notify func(string)) *Client {
	return &Client{platform.NewAPI(base, "Bearer", token, version, notify)}
}

// Name returns the word for the platform.
func (c *Client) Name() string { return evidence.NetworkGlobalping }

// Cost is one test for each vantage.
func (c *Client) Cost(a platform.Ask) int { return len(a.From) }

// location is where a machine is, as the API writes it.
type location struct {
	Continent string   `json:"continent"`
	Region    string   `json:"region"`
	Country   string   `json:"country"`
	State     string   `json:"state"`
	City      string   `json:"city"`
	ASN       uint32   `json:"asn"`
	Network   string   `json:"network"`
	Latitude  float64  `json:"latitude"`
	Longitude float64  `json:"longitude"`
	Tags      []string `json:"tags"`
}

// key names the machines of one city and network.
func (l location) key() string {
	return strings.Join([]string{l.City, l.Country, l.State, strconv.FormatUint(uint64(l.ASN), 10)}, "|")
}

// vantage is the location as it stands in evidence.
func (l location) vantage() evidence.Vantage {
	v := evidence.Vantage{
		Name: probe.Text(l.City+", AS"+strconv.FormatUint(uint64(l.ASN), 10)+" "+l.Network, maxNameBytes),
		ASN:  l.ASN, Network: evidence.NetworkGlobalping,
	}
	v.Country = providers.CountryCode(l.Country)
	platform.Place(&v, l.Latitude, l.Longitude, cityRadiusKM)
	return v
}

func (l location) words() []string {
	words := append([]string{l.Continent, l.Region, l.Country, l.State, l.City, l.Network, "as" + strconv.FormatUint(uint64(l.ASN), 10)}, l.Tags...)
	for i, w := range words {
		words[i] = strings.ToLower(w)
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// Offers returns the cities and networks that have a machine now.
func (c *Client) Offers(ctx context.Context) ([]platform.Offer, error) {
	body, _, err := c.API.Get(ctx, "/v1/probes")
	if err != nil {
		return nil, fmt.Errorf("asking globalping for its probes: %w", err)
	}
	var machines []struct {
		Location location `json:"location"`
		Tags     []string `json:"tags"`
	}
	if err := json.Unmarshal(body, &machines); err != nil {
		return nil, fmt.Errorf("the probes that globalping lists: %w", err)
	}
	var out []platform.Offer
	for _, m := range machines {
		m.Location.Tags = m.Tags
		out = append(out, platform.Offer{Platform: c.Name(), Key: m.Location.key(), Vantage: m.Location.vantage(), Words: m.Location.words()})
	}
	slices.SortStableFunc(out, platform.CompareOffers)
	return slices.CompactFunc(out, func(a, b platform.Offer) bool { return a.Key == b.Key }), nil
}

// Balance returns what is left of the hour, and of the credits.
func (c *Client) Balance(ctx context.Context) (platform.Balance, error) {
	body, _, err := c.API.Get(ctx, "/v1/limits")
	if err != nil {
		return platform.Balance{}, fmt.Errorf("asking globalping for its limits: %w", err)
	}
	var limits struct {
		RateLimit struct {
			Measurements struct {
				Create struct{ Limit, Remaining, Reset int }
			}
		} `json:"rateLimit"`
		Credits struct{ Remaining int }
	}
	if err := json.Unmarshal(body, &limits); err != nil {
		return platform.Balance{}, fmt.Errorf("the limits that globalping tells: %w", err)
	}
	create := limits.RateLimit.Measurements.Create
	return platform.Balance{
		Left: create.Remaining + limits.Credits.Remaining, Limit: create.Limit, Unit: "tests", Reset: time.Duration(create.Reset) * time.Second,
	}, nil
}

// request is what is sent to order a measurement.
type request struct {
	Type      string         `json:"type"`
	Target    string         `json:"target"`
	Locations any            `json:"locations"` // choices, or the id of a measurement whose probes measure again
	Options   map[string]any `json:"measurementOptions,omitempty"`
}

// choice names the machines of one offer, of which one is to measure.
type choice struct {
	City    string `json:"city,omitempty"`
	Country string `json:"country,omitempty"`
	State   string `json:"state,omitempty"`
	ASN     uint64 `json:"asn,omitempty"`
	Limit   int    `json:"limit"`
}

func choiceOf(key string) (choice, error) {
	parts := strings.Split(key, "|")
	if len(parts) != 4 {
		return choice{}, fmt.Errorf("%q does not name a city and network of globalping", key)
	}
	asn, err := strconv.ParseUint(parts[3], 10, 32)
	return choice{City: parts[0], Country: parts[1], State: parts[2], ASN: asn, Limit: 1}, err
}

func requestOf(a platform.Ask) (*request, error) {
	r := &request{Type: a.Type, Target: a.Name, Options: map[string]any{}}
	if a.Addr.IsValid() {
		r.Target = a.Addr.String()
	}
	var choices []choice
	for _, offer := range a.From {
		chosen, err := choiceOf(offer.Key)
		if err != nil {
			return nil, err
		}
		choices = append(choices, chosen)
	}
	if r.Locations = choices; a.Again != "" {
		r.Locations = a.Again
	}
	switch a.Type {
	case platform.TypePing:
		r.Options["packets"] = packets
		r.protocol(a)
	case platform.TypeTraceroute, platform.TypeMTR:
		r.protocol(a)
	case platform.TypeDNS:
		r.Options["query"] = map[string]string{"type": a.Method}
	case platform.TypeHTTP:
		r.Options["protocol"], r.Options["port"] = "HTTPS", a.Port
		request := map[string]string{"method": "HEAD"}
		if a.Addr.IsValid() && a.Name != "" {
			request["host"] = a.Name
		}
		r.Options["request"] = request
	default:
		return nil, fmt.Errorf("globalping has no measurement of type %q", a.Type)
	}
	return r, nil
}

func (r *request) protocol(a platform.Ask) {
	r.Options["protocol"] = strings.ToUpper(a.Method)
	if a.Method == evidence.MethodTCP {
		r.Options["port"] = a.Port
	}
}

// TimeKey returns the ask for a request over HTTPS, whose times tell the handshake's.
func (c *Client) TimeKey(addr netip.Addr, name string, port uint16, from platform.Offer) platform.Ask {
	return platform.Ask{Type: platform.TypeHTTP, Addr: addr, Name: name, Port: port, From: []platform.Offer{from}}
}

// Order asks for a measurement.
func (c *Client) Order(ctx context.Context, a platform.Ask, _ string) (string, error) {
	r, err := requestOf(a)
	if err != nil {
		return "", &platform.Refusal{Err: err}
	}
	body, _, err := c.API.Post(ctx, "/v1/measurements", r)
	if err != nil {
		return "", fmt.Errorf("ordering from globalping: %w", err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(body, &made); err != nil || made.ID == "" {
		return "", probe.Fail(evidence.ClassHTTP, "globalping took an order and gave no id for it")
	}
	return made.ID, nil
}

// Fetch returns a measurement as it is now.
func (c *Client) Fetch(ctx context.Context, id string) (platform.Answer, error) {
	body, _, err := c.API.Get(ctx, "/v1/measurements/"+url.PathEscape(id))
	if err != nil {
		return platform.Answer{}, fmt.Errorf("asking globalping for measurement %q: %w", id, err)
	}
	var state struct{ Status string }
	if err := json.Unmarshal(body, &state); err != nil {
		return platform.Answer{}, probe.Fail(evidence.ClassHTTP, "globalping's measurement %q: %w", id, err)
	}
	return platform.Answer{Done: state.Status != inProgress, Body: body}, nil
}
