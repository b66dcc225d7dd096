package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/providers"
)

// maxListed is how many vantages are listed of each platform, if nothing else is
// said.
const maxListed = 20

// listing is one call of vantages.
type listing struct {
	surroundings
	on       []string
	most     int
	logLevel level
}

func newVantages(s surroundings) *cobra.Command {
	l := &listing{surroundings: s, logLevel: levelInfo}
	c := &cobra.Command{
		Use:   "vantages [PLACE]",
		Short: "List the vantages that platforms offer, and what may still be ordered",
		Long: `List the vantages that measurement platforms offer now, the nearest to a place
first, and what may still be ordered of each. Nothing is ordered.

Globalping times the TLS handshake of an endpoint, which only the holder of its
key can answer. RIPE Atlas does not: what it measures of an endpoint that speaks
TLS decides nothing by itself, and tells where to look.

PLACE is LAT,LON, a country (DE) or a provider's region (aws:eu-central-1).

Exit status: 0 listed; 2 bad usage; 3 a platform could not be asked.`,
		Example: `  landfall vantages
  landfall vantages 50.11,8.68
  landfall vantages aws:eu-central-1 --on globalping`,
		Args: cobra.MaximumNArgs(1),
	}
	c.Flags().StringArrayVar(&l.on, "on", nil, "list this `PLATFORM` alone (repeatable): "+platformNames())
	c.Flags().IntVar(&l.most, "limit", maxListed, "list at most `N` of each platform (0: all)")
	addLogLevel(c.Flags(), &l.logLevel)
	c.RunE = func(c *cobra.Command, args []string) error { return l.run(c.Context(), strings.Join(args, "")) }
	return c
}

func (l *listing) run(ctx context.Context, place string) error {
	for _, name := range l.on {
		if !slices.Contains(campaign.PlatformNames(), name) {
			return fmt.Errorf("--on %s: expected one of %s", name, platformNames())
		}
	}
	at, err := parsePoint(place)
	if err != nil {
		return err
	}
	u := newUI(l.surroundings, l.logLevel)
	for _, name := range campaign.PlatformNames() {
		if len(l.on) > 0 && !slices.Contains(l.on, name) {
			continue
		}
		client, err := campaign.Options{Events: u.tell, Getenv: l.getenv}.Platform(name)
		if err == nil {
			err = l.list(ctx, client, at)
		}
		if err != nil {
			return incomplete(err)
		}
	}
	return nil
}

// point is a place on earth; nil is none.
type point struct{ lat, lon float64 }

// parsePoint reads a place that has a middle.
func parsePoint(text string) (*point, error) {
	if text == "" {
		return nil, nil
	}
	if lat, lon, ok := strings.Cut(text, ","); ok {
		y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
		x, errX := strconv.ParseFloat(strings.TrimSpace(lon), 64)
		if errY == nil && errX == nil && math.Abs(y) <= 90 && math.Abs(x) <= 180 {
			return &point{y, x}, nil
		}
	}
	if provider, region, ok := strings.Cut(text, ":"); ok {
		if r, known := providers.LookupRegion(provider, region); known && r.RadiusKM > 0 {
			return &point{r.Lat, r.Lon}, nil
		}
	}
	if lat, lon, ok := geo.MiddleDegrees(strings.ToUpper(text)); ok {
		return &point{lat, lon}, nil
	}
	return nil, fmt.Errorf("%q is not a place with a middle; expected LAT,LON, a country such as DE, or a region such as aws:eu-central-1", text)
}

func (l *listing) list(ctx context.Context, client platform.Platform, at *point) error {
	offers, err := client.Offers(ctx)
	if err != nil {
		return err
	}
	balance, err := client.Balance(ctx)
	if err != nil {
		return err
	}
	if at != nil {
		slices.SortStableFunc(offers, func(a, b platform.Offer) int { return cmp.Compare(at.km(a), at.km(b)) })
	}
	fmt.Fprintf(l.out, "%s: %s; %s\n", client.Name(), event.Count(len(offers), "vantage"), balance)
	w := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	shown := len(offers)
	if l.most > 0 {
		shown = min(shown, l.most)
	}
	for _, o := range offers[:shown] {
		far := ""
		if km := at.km(o); !math.IsInf(km, 1) {
			far = fmt.Sprintf("%.0f km", km)
		}
		fmt.Fprintf(w, "  %s\t%s\tAS%d\t±%.0f km\t%s\n", oneLine(o.Vantage.Name), oneLine(o.Vantage.Country), o.Vantage.ASN, o.Vantage.RadiusKM, far)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if shown < len(offers) {
		fmt.Fprintf(l.out, "  and %d more (--limit 0 lists all)\n", len(offers)-shown)
	}
	return nil
}

// km is how far an offer is away; infinity where either has no place.
func (p *point) km(o platform.Offer) float64 {
	lat, lon, placed := o.Vantage.Position()
	if p == nil || !placed {
		return math.Inf(1)
	}
	return geo.AtMostKM(geo.Point(p.lat, p.lon), geo.Point(lat, lon))
}
