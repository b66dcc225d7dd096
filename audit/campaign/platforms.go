package campaign

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/internal/version"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/networks"
)

// PlatformNames returns the measurement networks that vantages can be of.
func PlatformNames() []string {
	var out []string
	for _, p := range networks.Platforms() {
		out = append(out, p.Name)
	}
	return out
}

// start starts a client of a platform, as the user's variables say.
func (o Options) start(p platform.Source) (platform.Platform, error) {
	base, err := platform.ParseBase(cmp.Or(o.Getenv(p.Order.BaseVariable), p.Order.Base))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Order.BaseVariable, err)
	}
	note := func(text string) { o.Events.Send(event.PlatformNote{Platform: p.Name, Text: text}) }
	return p.Order.Start(base, o.Getenv(p.Order.KeyVariable), version.String(), note), nil
}

// Platform starts a client of a platform.
func (o Options) Platform(name string) (platform.Platform, error) {
	for _, p := range networks.Platforms() {
		if p.Name == name {
			return o.WithDefaults().start(p)
		}
	}
	return nil, fmt.Errorf("%q is no platform; expected one of %s", name, strings.Join(PlatformNames(), ", "))
}

// connected is a platform that a run looks from, and what it offers there.
type connected struct {
	platform.Platform
	offers       []platform.Offer
	measurements []string // of others, by id
}

// connectAll asks the platforms of remote vantages what they offer.
func connectAll(ctx context.Context, o Options, from []remoteVantage) ([]connected, error) {
	var out []connected
	for _, p := range networks.Platforms() {
		own := slices.DeleteFunc(slices.Clone(from), func(a remoteVantage) bool { return a.platform != p.Name })
		if len(own) == 0 {
			continue
		}
		client, err := o.start(p)
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
