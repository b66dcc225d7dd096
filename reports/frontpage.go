package reports

import (
	"fmt"

	"github.com/landfall-audit/landfall/verdict"
)

// How much the front page shows. It stays below 200 KB, so that it opens at
// once; the vendors' pages have the rest.
const (
	maxFrontBytes = 200_000
	frontText     = 110_000 // bytes of what is told of vendors; the other parts have the rest
	frontLinks    = 300     // vendors that are named alone, where there is no room for more
	frontVantages = 60
	frontNotes    = 10
	frontRuns     = 8
	frontChanges  = 40
	frontGaps     = 30
	frontBrief    = 300 // characters of a text that comes from outside
	vendorMarkup  = 1100
)

// frontPage is what a reader sees first.
type frontPage struct {
	frame
	Headline    string
	View        *View
	Notes       []string
	Untested    bool // nothing was tested at all
	Vendors     []frontVendor
	Links       []*Vendor // further vendors
	More        int       // vendors that are not even named
	Changes     []frontChange
	ChangesMore int
	Since       string // the run that changes are told from; empty where there is none
	Gaps        []Gap
	Runs        []Run
	RunsMore    int
	Vantages    []Vantage
	VantMore    int
	Places      int
}

// frontVendor is a vendor with the claim that it is judged by.
type frontVendor struct {
	*Vendor
	File  string
	Claim *Claim
}

// frontChange is what changed of one claim.
type frontChange struct {
	File, Label string
	Old, New    verdict.Result
	Flapping    bool // the result goes to and fro
}

func newFrontPage(s *site) *frontPage {
	v := s.view
	p := &frontPage{
		frame:    frame{Title: "landfall: " + headline(v), Up: "./", Style: "front", Site: s},
		Headline: headline(v), View: v, Places: pagePlaces,
		Untested: v.Claims.Total() > 0 && v.Claims.Total() == v.Claims.of(verdict.NotTested),
		Gaps:     v.Unknown[:min(len(v.Unknown), frontGaps)],
		Runs:     v.Runs[:min(len(v.Runs), frontRuns)], RunsMore: max(0, len(v.Runs)-frontRuns),
	}
	for _, note := range v.Notes[:min(len(v.Notes), frontNotes)] {
		p.Notes = append(p.Notes, clip(note, maxText))
	}
	p.vendors(s)
	p.changes(s)
	p.vantages(v)
	return p
}

func (p *frontPage) vendors(s *site) {
	room := budget(frontText)
	for i := range s.view.Vendors {
		v := &s.view.Vendors[i]
		own := frontVendor{v, s.VendorFile(v.ID), &v.Claims[0]}
		switch {
		case len(p.Links) == 0 && room.take(vendorMarkup+3*size(brief(v.Name, frontBrief))+2*size(brief(own.Claim.ID, frontBrief))+size(brief(own.Claim.Says, 160), brief(own.Claim.Sentence, frontBrief))):
			p.Vendors = append(p.Vendors, own)
		case len(p.Links) < frontLinks:
			p.Links = append(p.Links, v)
		default:
			p.More++
		}
	}
}

// changes tells of claims that fare otherwise since the newest run, and of those
// that go to and fro.
func (p *frontPage) changes(s *site) {
	for _, c := range s.view.allClaims() {
		if len(c.Earlier) > 0 {
			p.Since = max(p.Since, c.Earlier[0].Started)
		}
		own := frontChange{File: s.ClaimFile(c), Label: brief(fmt.Sprintf("%s: %s", c.Name(), c.ID), frontBrief), New: c.Result}
		if c.Flapping() {
			own.Flapping = true
		} else if turns := c.Turns(); len(turns) > 0 && turns[0].Run == c.Run {
			own.Old = turns[0].Old
		} else {
			continue
		}
		if len(p.Changes) == frontChanges {
			p.ChangesMore++
			continue
		}
		p.Changes = append(p.Changes, own)
	}
}

// vantages takes those that were set aside first: they are what a reader has to
// know of.
func (p *frontPage) vantages(v *View) {
	for _, aside := range []bool{true, false} {
		for _, place := range v.Vantages {
			if (place.SetAside != "") == aside && len(p.Vantages) < frontVantages {
				place.SetAside = brief(place.SetAside, frontBrief)
				p.Vantages = append(p.Vantages, place)
			}
		}
	}
	p.VantMore = len(v.Vantages) - len(p.Vantages)
}

// ClaimFile is where a claim stands, from the front page.
func (s *site) ClaimFile(c *Claim) string { return s.VendorFile(c.Vendor) + "#" + c.Anchor }
