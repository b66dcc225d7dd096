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

// endpointRow is an endpoint of a vendor: what it is for, and its addresses.
type endpointRow struct {
	Host      string
	Roles     []string
	When      string
	Bootstrap bool
	Source    view.Source
	Addresses []view.Row // one for each address
	More      int
}

// maxAddresses is how many addresses of an endpoint are named.
const maxAddresses = 6

// newEndpoints lists the endpoints of the sheet in its order, and after them those
// that are in verdicts alone.
func newEndpoints(s *site, v *view.Vendor) []endpointRow {
	var out []endpointRow
	index := map[string]int{}
	if sheet := s.sheets[v.ID]; sheet != nil {
		for i := range sheet.Endpoints {
			e := &sheet.Endpoints[i]
			index[hostKey(e.Host)] = len(out)
			out = append(out, newEndpoint(e))
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
				if _, known := index[key]; !known {
					index[key] = len(out)
					out = append(out, endpointRow{Host: r.Endpoint})
				}
				out[index[key]].note(r)
			}
		}
	}
	for i := range out {
		out[i].sort()
	}
	return out
}

func hostKey(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func newEndpoint(e *providers.Endpoint) endpointRow {
	h := endpointRow{
		Host: sanitize.Name(e.Host), Bootstrap: e.Bootstrap, When: sanitize.Clip(text.Condition(e.When), sanitize.MaxText),
		Source: view.Source{URL: sanitize.Clip(e.Source.URL, sanitize.MaxURL), Retrieved: e.Source.Retrieved.String(), Grade: string(e.Source.Grade)},
	}
	for _, role := range e.Roles {
		h.Roles = append(h.Roles, string(role))
	}
	return h
}

func (h *endpointRow) note(r *view.Row) {
	if r.Addr == "" {
		return
	}
	for i := range h.Addresses {
		if h.Addresses[i].Addr == r.Addr {
			if len(h.Addresses[i].Countries) == 0 {
				h.Addresses[i].Countries = r.Countries
			}
			return
		}
	}
	h.Addresses = append(h.Addresses, view.Row{Addr: r.Addr, Endpoint: r.Endpoint, Countries: r.Countries})
}

func (h *endpointRow) sort() {
	slices.SortFunc(h.Addresses, func(a, b view.Row) int { return view.CompareAddr(a.Addr, b.Addr) })
	h.More = max(0, len(h.Addresses)-maxAddresses)
	h.Addresses = h.Addresses[:len(h.Addresses)-h.More]
}
