package view

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// Gap is something that is not known, and which claims it leaves open.
type Gap struct {
	Kind   GapKind
	N      int    `json:",omitempty"` // how many claims, vantages, lines or addresses
	Of     int    `json:",omitempty"` // of how many addresses
	Name   string `json:",omitempty"` // of the vantage
	Reason string `json:",omitempty"` // as the judge wrote it
	Others bool   `json:",omitempty"` // the reason, but for the hosts in it, is that of further claims
	Claims []Ref  // the first few
	More   int    // claims that were left out
}

// GapKind is what sort of thing is not known.
type GapKind string

// The kinds of gaps.
const (
	GapNoRun          GapKind = "no-run"          // no run was given
	GapNoVantage      GapKind = "no-vantage"      // no vantage can be used
	GapOneVantage     GapKind = "one-vantage"     // one vantage alone was used
	GapMisplaced      GapKind = "misplaced"       // the declared position of a vantage is not used
	GapSetAside       GapKind = "set-aside"       // the round trips of a vantage are not used
	GapFurtherAside   GapKind = "further-aside"   // vantages that are not named
	GapUnusable       GapKind = "unusable"        // lines or files of the evidence
	GapNotTested      GapKind = "not-tested"      // claims, for one reason
	GapFurtherReasons GapKind = "further-reasons" // for which claims were not tested
	GapPartlyTested   GapKind = "partly-tested"   // claims of which some endpoints could not be tested
	GapOpen           GapKind = "open"            // claims that the evidence does not settle
	GapFrontEndOnly   GapKind = "front-end-only"  // claims of which only the servers that answer were seen
	GapSingleVantage  GapKind = "single-vantage"  // claims whose result depends on one vantage
	GapNotNarrowed    GapKind = "not-narrowed"    // addresses that can be in many countries
)

// GapKinds lists all kinds, in the order in which they are shown.
func GapKinds() []GapKind {
	return []GapKind{
		GapNoRun, GapNoVantage, GapOneVantage, GapMisplaced, GapSetAside, GapFurtherAside, GapUnusable,
		GapNotTested, GapFurtherReasons, GapPartlyTested, GapOpen, GapFrontEndOnly, GapSingleVantage, GapNotNarrowed,
	}
}

// Ref points at a claim.
type Ref struct {
	Label  string
	Vendor string // id
	Anchor string // on the vendor's page
}

// maxRefs is how many claims a gap names.
const maxRefs = 8

// gaps lists what the runs leave unknown, so that no reader has to infer it
// from what is missing.
func gaps(v *View) []Gap {
	out := slices.Concat(missingVantages(v), vantagesNotUsed(v), unusable(v), untested(v))
	for _, kind := range []GapKind{GapPartlyTested, GapOpen, GapFrontEndOnly, GapSingleVantage} {
		g := Gap{Kind: kind}
		for i := range v.Vendors {
			for j := range v.Vendors[i].Claims {
				if c := &v.Vendors[i].Claims[j]; c.leaves(kind) {
					g.N++
					g.point(c)
				}
			}
		}
		if g.N > 0 {
			out = append(out, g)
		}
	}
	if w := v.landings(); w.Open > 0 {
		out = append(out, Gap{Kind: GapNotNarrowed, N: w.Open, Of: w.Open + w.Narrowed})
	}
	return out
}

func (g *Gap) point(c *Claim) {
	if len(g.Claims) == maxRefs {
		g.More++
		return
	}
	g.Claims = append(g.Claims, Ref{Label: c.Vendor + " / " + c.ID, Vendor: c.Vendor, Anchor: c.Anchor})
}

// landings returns the landing places of all claims of the view.
func (v *View) landings() Landings {
	var all []Claim
	for i := range v.Vendors {
		all = append(all, v.Vendors[i].Claims...)
	}
	return landingsOf(all)
}

// missingVantages reports that too few vantages could be used.
func missingVantages(v *View) []Gap {
	used := 0
	for _, p := range v.Vantages {
		if p.InUse() {
			used++
		}
	}
	switch {
	case len(v.Documents) == 0:
		return []Gap{{Kind: GapNoRun}}
	case used == 0:
		return []Gap{{Kind: GapNoVantage}}
	case used == 1:
		return []Gap{{Kind: GapOneVantage}}
	}
	return nil
}

// vantagesNotUsed names the first vantages that are not used, with the reason.
func vantagesNotUsed(v *View) []Gap {
	var out []Gap
	left := 0
	for _, p := range v.Vantages {
		switch {
		case p.InUse() && p.MisplacedCode == "":
		case len(out) == maxRefs:
			left++
		case p.InUse():
			out = append(out, Gap{Kind: GapMisplaced, Name: p.Name, Reason: p.Misplaced})
		default:
			out = append(out, Gap{Kind: GapSetAside, Name: p.Name, Reason: p.SetAside})
		}
	}
	if left > 0 {
		out = append(out, Gap{Kind: GapFurtherAside, N: left})
	}
	return out
}

// unusable counts the lines and files of the evidence that could not be used.
func unusable(v *View) []Gap {
	var out []Gap
	for _, d := range v.Documents {
		if len(d.SetAside) > 0 {
			out = append(out, Gap{Kind: GapUnusable, N: len(d.SetAside), Reason: sanitize.Clip(d.SetAside[0].String(), sanitize.MaxText)})
		}
	}
	return out
}

// untested returns what was not tested, by the reason. Reasons that differ in the
// host alone are one.
func untested(v *View) []Gap {
	byReason := map[string]*Gap{}
	var order []string
	for i := range v.Vendors {
		for j := range v.Vendors[i].Claims {
			c := &v.Vendors[i].Claims[j]
			if c.Result != verdict.NotTested {
				continue
			}
			reason, key := "", ""
			if why := c.Untested(); why != nil {
				reason, key = why.Text, why.key
			}
			if g := byReason[key]; g == nil {
				byReason[key] = &Gap{Kind: GapNotTested, Reason: reason}
				order = append(order, key)
			} else if g.Reason != reason {
				g.Others = true
			}
			byReason[key].N++
			byReason[key].point(c)
		}
	}
	var out []Gap
	for _, key := range order[:min(len(order), maxRefs)] {
		out = append(out, *byReason[key])
	}
	if left := len(order) - maxRefs; left > 0 {
		out = append(out, Gap{Kind: GapFurtherReasons, N: left})
	}
	return out
}

// Untested returns the limit that says why nothing was tested; nil where none does.
func (c *Claim) Untested() *Limit { return firstOf(c.Limits, verdict.Untested) }

// KeptDown returns the limit that says why a claim is below its verdicts, or has none;
// nil where none does.
func (c *Claim) KeptDown() *Limit {
	return firstOf(c.Limits, func(code string) bool { return verdict.Untested(code) || verdict.KeepsClaimDown(code) })
}

// Untested returns the limit of a row that says why nothing was tested; nil where none
// does.
func (f *Finding) Untested(r *Row) *Limit {
	return cmp.Or(firstOf(r.Limits, verdict.Untested), firstOf(f.Limits, verdict.Untested))
}

// firstOf returns the first of the limits with such a code; nil where there is none.
func firstOf(limits []Limit, such func(code string) bool) *Limit {
	i := slices.IndexFunc(limits, func(l Limit) bool { return such(l.Code) })
	if i < 0 {
		return nil
	}
	return &limits[i]
}

// leaves reports whether a claim leaves a gap of a kind.
func (c *Claim) leaves(kind GapKind) bool {
	switch kind {
	case GapPartlyTested:
		return c.Result != verdict.NotTested && c.has(verdict.NotTested)
	case GapOpen:
		return c.Result == verdict.Inconclusive
	case GapFrontEndOnly:
		return c.Result != verdict.NotTested && c.frontEndOnly()
	case GapSingleVantage:
		return slices.ContainsFunc(c.Deciding(), func(f Finding) bool { return f.SingleVantage })
	}
	return false
}
