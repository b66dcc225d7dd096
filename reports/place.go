package reports

import (
	"cmp"
	"slices"
	"strings"
)

// place is an address, or a store, that verdicts speak of.
type place struct {
	Name  string
	File  string
	Items []placeItem // worst first
}

// placeItem is one verdict that speaks of a place.
type placeItem struct {
	Claim   *Claim
	Finding *Finding
	Row     *Row
}

// place names what a row speaks of: its address, or its endpoint where it has
// none.
func (r *Row) place() string { return cmp.Or(r.Addr, r.Endpoint) }

// gatherPlaces lists the places of all verdicts, the worst first.
func (s *site) gatherPlaces() {
	used := map[string]int{}
	for _, c := range s.view.allClaims() {
		for i := range c.Findings {
			f := &c.Findings[i]
			for j := range f.Rows {
				s.addPlace(used, placeItem{c, f, &f.Rows[j]})
			}
		}
	}
	for _, p := range s.places {
		slices.SortStableFunc(p.Items, func(a, b placeItem) int {
			return cmp.Or(cmp.Compare(rank(a.Finding.Result), rank(b.Finding.Result)), strings.Compare(a.Claim.Vendor, b.Claim.Vendor), strings.Compare(a.Claim.ID, b.Claim.ID))
		})
	}
}

func (s *site) addPlace(used map[string]int, item placeItem) {
	key := item.Row.place()
	p := s.placeOf[key]
	if p == nil {
		if key == "" || len(s.places) == sitePlaces {
			return
		}
		p = &place{Name: key, File: unique(used, fileName(key)) + ".html"}
		s.places, s.placeOf[key] = append(s.places, p), p
	}
	p.Items = append(p.Items, item)
}
