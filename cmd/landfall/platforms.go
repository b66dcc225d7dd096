package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/networks"
)

func platformNames() []string {
	var out []string
	for _, p := range networks.Platforms() {
		out = append(out, p.Name)
	}
	return out
}

// startPlatform starts a client of a platform, as the user's variables say.
func startPlatform(p platform.Source, s surroundings, u *ui) (platform.Platform, error) {
	base, err := platform.ParseBase(cmp.Or(s.getenv(p.Order.BaseVariable), p.Order.Base))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Order.BaseVariable, err)
	}
	return p.Order.Start(base, s.getenv(p.Order.KeyVariable), version(), func(text string) { u.note("%s: %s", p.Name, text) }), nil
}

// connected is a platform that a run looks from, and what it offers there.
type connected struct {
	platform.Platform
	offers       []platform.Offer
	measurements []string // of others, by id
}

// connect asks the platforms of the standpoints what they offer.
func connect(ctx context.Context, s surroundings, u *ui, from []remoteVantage) ([]connected, error) {
	var out []connected
	for _, p := range networks.Platforms() {
		own := slices.DeleteFunc(slices.Clone(from), func(a remoteVantage) bool { return a.platform != p.Name })
		if len(own) == 0 {
			continue
		}
		client, err := startPlatform(p, s, u)
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
		if _, shows := h.Platform.(platform.Library); !shows {
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
	h.offers = slices.DeleteFunc(offers, func(o platform.Offer) bool { return !slices.ContainsFunc(places, o.In) })
	if len(h.offers) == 0 {
		return fmt.Errorf("%s has no vantage in %q now; `landfall vantages` lists what there is", h.Name(), places)
	}
	return nil
}
