package campaign

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/version"
	"github.com/landfall-audit/landfall/probes/remote"
	"github.com/landfall-audit/landfall/probes/remote/atlas"
	"github.com/landfall-audit/landfall/probes/remote/globalping"
)

// platform is a measurement network that --vantage can name.
type platform struct {
	name     string
	base     string // where it answers
	baseName string // variable that says otherwise
	keyName  string // variable of its token
	start    func(base *url.URL, key, version string, notify func(string)) remote.Platform
}

// platforms lists all measurement networks.
func platforms() []platform {
	return []platform{{
		name: evidence.NetworkGlobalping, base: globalping.DefaultBase, baseName: "GLOBALPING_API_URL", keyName: "GLOBALPING_TOKEN",
		start: func(base *url.URL, key, version string, notify func(string)) remote.Platform {
			return globalping.New(base, key, version, notify)
		},
	}, {
		name: evidence.NetworkAtlas, base: atlas.DefaultBase, baseName: "RIPE_ATLAS_API_URL", keyName: "RIPE_ATLAS_API_KEY",
		start: func(base *url.URL, key, version string, notify func(string)) remote.Platform {
			return atlas.New(base, key, version, notify)
		},
	}}
}

// PlatformNames returns the measurement networks that vantages can be of.
func PlatformNames() []string {
	var out []string
	for _, p := range platforms() {
		out = append(out, p.name)
	}
	return out
}

// open starts a client of the platform, as the user's variables say.
func (p platform) open(o Options) (remote.Platform, error) {
	base, err := remote.ParseBase(cmp.Or(o.Getenv(p.baseName), p.base))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.baseName, err)
	}
	note := func(text string) { o.Events.Send(event.PlatformNote{Platform: p.name, Text: text}) }
	return p.start(base, o.Getenv(p.keyName), version.String(), note), nil
}

// Platform starts a client of a platform.
func (o Options) Platform(name string) (remote.Platform, error) {
	for _, p := range platforms() {
		if p.name == name {
			return p.open(o.WithDefaults())
		}
	}
	return nil, fmt.Errorf("%q is no platform; expected one of %s", name, strings.Join(PlatformNames(), ", "))
}

// connected is a platform that a run looks from, and what it offers there.
type connected struct {
	remote.Platform
	offers       []remote.Offer
	measurements []string // of others, by id
}

// connectAll asks the platforms of remote vantages what they offer.
func connectAll(ctx context.Context, o Options, from []remoteVantage) ([]connected, error) {
	var out []connected
	for _, p := range platforms() {
		own := slices.DeleteFunc(slices.Clone(from), func(a remoteVantage) bool { return a.platform != p.name })
		if len(own) == 0 {
			continue
		}
		client, err := p.open(o)
		if err != nil {
			return nil, err
		}
		h := connected{Platform: client}
		if err := h.choose(ctx, own); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// choose takes of a platform what vantage specs name.
func (h *connected) choose(ctx context.Context, from []remoteVantage) error {
	var places []string
	for _, a := range from {
		if a.measurement == "" {
			places = append(places, a.place)
			continue
		}
		if _, shows := h.Platform.(remote.Library); !shows {
			return fmt.Errorf("%s shows no measurements of others; give a place, such as %s:world", h.Name(), h.Name())
		}
		h.measurements = append(h.measurements, a.measurement)
	}
	if len(places) == 0 {
		return nil
	}
	offers, err := h.Offers(ctx)
	if err != nil {
		return err
	}
	h.offers = slices.DeleteFunc(offers, func(o remote.Offer) bool { return !slices.ContainsFunc(places, o.In) })
	if len(h.offers) == 0 {
		return fmt.Errorf("%s has no vantage in %q now; `landfall vantages` lists what there is", h.Name(), places)
	}
	return nil
}
