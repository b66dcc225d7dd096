package worldmap

import (
	"sync"

	"github.com/paulmach/orb"

	"github.com/landfall-audit/landfall/internal/geo"
)

// land is a country area, ready to be drawn: its rings with their bounds.
type land struct {
	codes  []string
	rings  []orb.Ring
	bounds []orb.Bound
	lon    float64 // a place amid it
	lat    float64
}

// lands returns the country areas at a tolerance. They are the same for all pages,
// and made once.
func lands(tolerance float64) []land {
	cartography.Lock()
	defer cartography.Unlock()
	if have, ok := cartography.lands[tolerance]; ok {
		return have
	}
	var out []land
	for _, o := range geo.Outlines(tolerance) {
		l := land{codes: o.Codes}
		l.lon, l.lat = middleOf(&o)
		for _, r := range o.Rings {
			ring := ringOf(r)
			l.rings, l.bounds = append(l.rings, ring), append(l.bounds, ring.Bound())
		}
		out = append(out, l)
	}
	cartography.lands[tolerance] = out
	return out
}

// landPaths returns the path of each country area on a chart. Pages of addresses
// that were seen from the same places have the same chart, so that the last few
// are kept.
func landPaths(c *chart) []string {
	key := *c
	all := lands(c.tolerance)
	cartography.Lock()
	defer cartography.Unlock()
	if have, ok := cartography.paths[key]; ok {
		return have
	}
	paths := make([]string, len(all))
	for i := range all {
		paths[i] = c.landPath(&all[i])
	}
	if len(cartography.paths) >= maxCharts {
		clear(cartography.paths)
	}
	cartography.paths[key] = paths
	return paths
}

// maxCharts bounds how many charts are kept, of some tens of kilobytes each.
const maxCharts = 128

// cartography is what has been drawn so far.
var cartography = struct {
	sync.Mutex
	lands map[float64][]land
	paths map[chart][]string
}{lands: map[float64][]land{}, paths: map[chart][]string{}}
