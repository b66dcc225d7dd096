package site

import (
	"html"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/site/worldmap"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

// How much of a vendor its page shows. The verdicts file has all of it.
const (
	vendorText      = 1 << 20 // bytes of all text
	vendorFindings  = 24      // of a claim
	vendorRows      = 12      // of a finding, with their figures
	vendorLinks     = 2000    // of a finding, as links alone
	vendorEarlier   = 400
	vendorTurns     = 40
	vendorEndpoints = 400
	pagePlaces      = 6

	// What the markup around each part takes in bytes, rounded up.
	rowMarkup     = 400
	linkMarkup    = 90
	reasonMarkup  = 60
	findingMarkup = 700
	claimMarkup   = 1800
	mapBytes      = 40_000 // with the proof
)

// vendorPage is the page of one vendor.
type vendorPage struct {
	frame
	Vendor    *view.Vendor
	Operator  providers.Operator
	Claims    []pageClaim
	More      int // claims that are left out
	Map       *worldmap.Drawing
	Matrix    *matrix
	Hosts     []endpointRow
	HostsMore int
	Owners    *ownership
	Unknown   []string
}

// pageClaim is a claim with the findings that there is room for.
type pageClaim struct {
	Claim    *view.Claim
	Sentence string
	Open     []string          // limits that its sentence does not have
	Figures  []string          // at its first row
	At       *view.Row         // its first row; nil where nothing is timed
	Proof    *proofView        // of it
	Map      *worldmap.Drawing // of the replies from there
	Findings []pageFinding
	More     int // verdicts in findings that are left out
	Earlier  []view.Earlier
	Turns    []view.Turn
	Flapping bool
	Site     *site
}

// pageFinding is a finding with the rows that there is room for.
type pageFinding struct {
	*view.Finding
	Sentence    string
	Repeats     bool // the claim's own sentence begins with the finding's
	Assumptions []string
	Open        []string   // limits that the sentence does not have
	Shown       []view.Row // with figures
	Links       []view.Row // the next ones, as links
	More        int        // rows that are left out
	Site        *site
}

func newVendorPage(s *site, v *view.Vendor) *vendorPage {
	p := &vendorPage{
		frame:  frame{Title: "landfall: " + v.Name, Up: "../", Style: "vendor", Site: s},
		Vendor: v, Matrix: newMatrix(v), Owners: newOwnership(s, v),
		Map: worldmap.LandingMap("landing", &v.Landings, s.vantagesOf(v)),
	}
	if sheet := s.sheets[v.ID]; sheet != nil {
		p.Operator = sheet.Operator
		for _, question := range sheet.Open[:min(len(sheet.Open), sanitize.MaxTexts)] {
			p.Unknown = append(p.Unknown, sanitize.Clip(question, sanitize.MaxText))
		}
	}
	hosts := newEndpoints(s, v)
	p.Hosts = hosts[:min(len(hosts), vendorEndpoints)]
	p.HostsMore = len(hosts) - len(p.Hosts)
	room := budget(vendorText)
	for i := range v.Claims {
		c := &v.Claims[i]
		if !room.take(claimSize(c)) {
			p.More++
			continue
		}
		p.Claims = append(p.Claims, newPageClaim(s, &room, c))
	}
	p.rows(room)
	return p
}

// vantagesOf returns the vantages of the runs that judged a vendor's claims.
func (s *site) vantagesOf(v *view.Vendor) []view.Vantage {
	runs := map[string]bool{}
	for i := range v.Claims {
		runs[v.Claims[i].Run] = true
	}
	return slices.DeleteFunc(slices.Clone(s.view.Vantages), func(p view.Vantage) bool { return !runs[p.Run] })
}

func newPageClaim(s *site, room *budget, c *view.Claim) pageClaim {
	out := pageClaim{Claim: c, Sentence: text.Claim(c), Open: text.ClaimLimits(c), Earlier: c.Earlier[:min(len(c.Earlier), vendorEarlier)], Site: s, Figures: figuresOf(c), Flapping: c.Flapping()}
	turns := c.Turns()
	out.Turns = turns[:min(len(turns), vendorTurns)]
	for i := range c.Findings {
		f := &c.Findings[i]
		if i >= vendorFindings || !room.take(findingMarkup+size(text.Finding(c, f))+size(view.LimitTexts(f.Limits)...)) {
			out.More += f.Verdicts
			continue
		}
		if f.Result == c.Result && out.At == nil && room.take(mapBytes) {
			out.argue(f)
		}
		out.Findings = append(out.Findings, pageFinding{
			Finding: f, Sentence: text.Finding(c, f), Repeats: strings.HasPrefix(out.Sentence, text.Finding(c, f)),
			Assumptions: text.Assumptions(f), Open: text.FindingLimits(f), Site: s,
		})
	}
	return out
}

// argue shows what supports the claim's result at the first row of a
// finding, if round trips do.
func (p *pageClaim) argue(f *view.Finding) {
	c, row := p.Claim, &f.Rows[0]
	if disks := p.Site.disksOf(c.Run, row); len(disks) > 0 {
		p.Map = worldmap.ReachMap(c.Anchor+".map", disks, row.Countries, p.Site.paths(c.Run, row))
	}
	p.Proof = newProofView(p.Site, targetItem{c, f, row}, nil)
	if p.Map != nil || p.Proof != nil {
		p.At = row
	}
}

// figuresOf returns the numbers at the first row of the findings that
// have a claim's result.
func figuresOf(c *view.Claim) []string {
	deciding := c.Deciding()
	if len(deciding) == 0 {
		return nil
	}
	r := &deciding[0].Rows[0]
	var out []string
	if r.Ratio > 0 {
		out = append(out, "ratio "+figures.Number(r.Ratio))
	}
	if r.MarginKM > 0 {
		out = append(out, figures.Kilometres(r.MarginKM)+" beyond reach")
	}
	if len(r.Countries) > 0 {
		out = append(out, "can be in "+text.Countries(r.Countries))
	}
	return out
}

// rows divides the room that is left into equal shares, one for each claim on the
// page. What one does not need goes to those after it. So the first claims do not
// crowd out the addresses of the last.
func (p *vendorPage) rows(room budget) {
	if len(p.Claims) == 0 {
		return
	}
	share := room / budget(len(p.Claims))
	purse := budget(0)
	for i := range p.Claims {
		purse += share
		for k := range p.Claims[i].Findings {
			p.Claims[i].Findings[k].show(&purse)
		}
	}
}

// show takes as many rows as there is room for.
func (f *pageFinding) show(room *budget) {
	for i := range f.Rows[:min(len(f.Rows), vendorRows+vendorLinks)] {
		r := &f.Rows[i]
		if i < vendorRows {
			if !room.take(rowSize(r)) {
				break
			}
			f.Shown = append(f.Shown, *r)
			continue
		}
		if !room.take(linkMarkup + 2*size(r.Name())) {
			break
		}
		f.Links = append(f.Links, *r)
	}
	f.More = len(f.Rows) - len(f.Shown) - len(f.Links)
}

// budget is how many bytes of a page are left.
type budget int

// take uses bytes and reports whether they were there.
func (b *budget) take(n int) bool {
	if int(*b) < n {
		return false
	}
	*b -= budget(n)
	return true
}

func claimSize(c *view.Claim) int {
	n := claimMarkup + 2*size(c.Vendor, c.VendorName, c.ID) + size(c.Says, text.Claim(c)) + 3*size(c.Source.URL)
	for _, list := range [][]string{c.Constraint.Allow, c.Constraint.Deny, c.Constraint.Require, c.Constraint.Covers} {
		n += size(list...)
	}
	for _, e := range c.Earlier[:min(len(c.Earlier), vendorEarlier)] {
		n += size(e.Run, e.Started) + 2*reasonMarkup
	}
	return n + size(view.LimitTexts(c.Limits)...) + len(c.Limits)*reasonMarkup
}

func rowSize(r *view.Row) int {
	return rowMarkup + 3*size(r.Endpoint) + 2*size(r.Addr) + size(text.Countries(r.Countries)) + size(text.Countries(r.Clients))
}

// size is how many bytes texts take in a page.
func size(texts ...string) int {
	n := 0
	for _, text := range texts {
		n += len(html.EscapeString(sanitize.Visible(text)))
	}
	return n
}
