package site

import (
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// hostRow is an endpoint of a vendor: what it is for, and its addresses.
type hostRow struct {
	Host      string
	Roles     []string
	When      string
	Bootstrap bool
	Source    view.Source
	Places    []view.Row // one for each address
	More      int
}

// hostPlaces is how many addresses of an endpoint are named.
const hostPlaces = 6

// newHosts lists the endpoints of the sheet in its order, and after them those
// that are in verdicts alone.
func newHosts(s *site, v *view.Vendor) []hostRow {
	var out []hostRow
	place := map[string]int{}
	if sheet := s.sheets[v.ID]; sheet != nil {
		for i := range sheet.Endpoints {
			e := &sheet.Endpoints[i]
			place[hostKey(e.Host)] = len(out)
			out = append(out, newHost(e))
		}
	}
	for i := range v.Claims {
		for _, f := range v.Claims[i].Findings {
			if f.Subject == verdict.Path {
				continue
			}
			for j := range f.Rows {
				r := &f.Rows[j]
				key := hostKey(r.Endpoint)
				if _, known := place[key]; !known {
					place[key] = len(out)
					out = append(out, hostRow{Host: r.Endpoint})
				}
				out[place[key]].note(r)
			}
		}
	}
	for i := range out {
		out[i].sort()
	}
	return out
}

func hostKey(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func newHost(e *providers.Endpoint) hostRow {
	h := hostRow{
		Host: sanitize.Name(e.Host), Bootstrap: e.Bootstrap, When: sanitize.Clip(text.Condition(e.When), sanitize.MaxText),
		Source: view.Source{URL: sanitize.Clip(e.Source.URL, sanitize.MaxURL), Retrieved: e.Source.Retrieved.String(), Grade: string(e.Source.Grade)},
	}
	for _, role := range e.Roles {
		h.Roles = append(h.Roles, string(role))
	}
	return h
}

func (h *hostRow) note(r *view.Row) {
	if r.Addr == "" {
		return
	}
	for i := range h.Places {
		if h.Places[i].Addr == r.Addr {
			if len(h.Places[i].Countries) == 0 {
				h.Places[i].Countries = r.Countries
			}
			return
		}
	}
	h.Places = append(h.Places, view.Row{Addr: r.Addr, Endpoint: r.Endpoint, Countries: r.Countries})
}

func (h *hostRow) sort() {
	slices.SortFunc(h.Places, func(a, b view.Row) int { return view.CompareAddr(a.Addr, b.Addr) })
	h.More = max(0, len(h.Places)-hostPlaces)
	h.Places = h.Places[:len(h.Places)-h.More]
}
