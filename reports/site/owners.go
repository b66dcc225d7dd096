package site

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

// ownership is who runs a vendor's service and its networks, and who holds
// those, on the day of the run.
type ownership struct {
	Day      string
	Chains   []chain
	More     int      // chains that are left out
	Networks []string // registered to an organisation that the table does not have
}

// chain is who holds one organisation.
type chain struct {
	Organisation string
	Why          string // what the organisation does for the vendor
	Owners       []holder
	Former       []string // statements for other days, where none is for this one
}

// holder is one holder with those above.
type holder struct {
	Name   string
	Share  string
	Dates  string
	Source view.Source
	Note   string
	Cycle  bool
	Above  []holder
}

const (
	maxChains    = 8
	maxHolders   = 24 // at one step
	maxNetworks  = 12
	chainDepth   = 8
	maxStatement = 6
)

// newOwnership returns nil where nothing is known of who runs the service.
func newOwnership(s *site, v *view.Vendor) *ownership {
	day, ok := dayOfRun(v)
	if !ok {
		return nil
	}
	o := &ownership{Day: day.String()}
	table := providers.Owners()
	if sheet := s.sheets[v.ID]; sheet != nil && sheet.Operator.Organisation != "" {
		o.add(table, day, sheet.Operator.Organisation, "named by the vendor as who runs the service")
	}
	for _, n := range s.networksOf(v) {
		organisation, known := table.OrganisationOfASN(n.ASN)
		if !known {
			organisation, known = table.Organisation(n.Organisation)
		}
		why := "has a network that addresses of the vendor are in"
		if known {
			o.add(table, day, organisation.Name, why)
		} else if network := text.Network(n); network != "" && !slices.Contains(o.Networks, network) && len(o.Networks) < maxNetworks {
			o.Networks = append(o.Networks, network)
		}
	}
	if len(o.Chains) == 0 && len(o.Networks) == 0 {
		return nil
	}
	return o
}

// dayOfRun is the day of the newest run that judged a claim of the vendor.
func dayOfRun(v *view.Vendor) (providers.Date, bool) {
	newest := ""
	for i := range v.Claims {
		newest = max(newest, v.Claims[i].Started)
	}
	at, err := time.Parse(time.RFC3339, newest)
	return providers.DateOf(at), err == nil
}

func (o *ownership) add(table *providers.Ownership, day providers.Date, organisation, why string) {
	for i := range o.Chains {
		if o.Chains[i].Organisation == sanitize.Clip(organisation, sanitize.MaxName) {
			if !strings.Contains(o.Chains[i].Why, why) {
				o.Chains[i].Why += ", and " + why
			}
			return
		}
	}
	if len(o.Chains) == maxChains {
		o.More++
		return
	}
	c := chain{Organisation: sanitize.Name(organisation), Why: why, Owners: holders(table.Chain(organisation, day), chainDepth)}
	if len(c.Owners) == 0 {
		for _, h := range table.Statements(organisation) {
			if len(c.Former) < maxStatement {
				c.Former = append(c.Former, sanitize.Clip(h.Holder+", "+text.HoldingDates(&h), sanitize.MaxText))
			}
		}
	}
	o.Chains = append(o.Chains, c)
}

func holders(owners []providers.Owner, depth int) []holder {
	var out []holder
	for _, owner := range owners[:min(len(owners), maxHolders)] {
		h := holder{
			Name: sanitize.Name(owner.Holder), Share: text.Share(&owner.Holding), Dates: text.HoldingDates(&owner.Holding), Note: sanitize.Clip(owner.Note, sanitize.MaxText), Cycle: owner.Cycle,
			Source: view.Source{URL: sanitize.Clip(owner.Source.URL, sanitize.MaxURL), Retrieved: owner.Source.Retrieved.String(), Published: owner.Source.Published.String(), Grade: string(owner.Source.Grade)},
		}
		if len(owner.Jurisdictions) > 0 {
			h.Name += " (" + text.Countries(owner.Jurisdictions) + ")"
		}
		if depth > 0 {
			h.Above = holders(owner.Above, depth-1)
		}
		out = append(out, h)
	}
	return out
}

// networksOf returns the networks that a vendor's addresses are in, by number.
func (s *site) networksOf(v *view.Vendor) []*evidence.Network {
	var out []*evidence.Network
	for i := range v.Claims {
		c := &v.Claims[i]
		r := s.evidenceOf(c.Run)
		for _, f := range c.Findings {
			for j := range f.Rows {
				if n := r.networkOf(f.Rows[j].Addr); n != nil && !slices.ContainsFunc(out, func(o *evidence.Network) bool { return o.ASN == n.ASN && o.Organisation == n.Organisation }) {
					out = append(out, n)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *evidence.Network) int {
		return cmp.Or(cmp.Compare(a.ASN, b.ASN), strings.Compare(a.Organisation, b.Organisation))
	})
	return out
}
