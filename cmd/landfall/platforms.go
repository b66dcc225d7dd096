package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
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

func platformNames() []string {
	var out []string
	for _, p := range platforms() {
		out = append(out, p.name)
	}
	return out
}

// open starts a client of the platform, as the user's variables say.
func (p platform) open(s surroundings, u *ui) (remote.Platform, error) {
	base, err := remote.ParseBase(cmp.Or(s.getenv(p.baseName), p.base))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.baseName, err)
	}
	return p.start(base, s.getenv(p.keyName), version(), func(text string) { u.note("%s: %s", p.name, text) }), nil
}

// connected is a platform that a run looks from, and what it offers there.
type connected struct {
	remote.Platform
	offers       []remote.Offer
	measurements []string // of others, by id
}

// connect asks the platforms of the standpoints what they offer.
func connect(ctx context.Context, s surroundings, u *ui, from []remoteVantage) ([]connected, error) {
	var out []connected
	for _, p := range platforms() {
		own := slices.DeleteFunc(slices.Clone(from), func(a remoteVantage) bool { return a.platform != p.name })
		if len(own) == 0 {
			continue
		}
		client, err := p.open(s, u)
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

// choose takes of a platform what the standpoints name.
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
