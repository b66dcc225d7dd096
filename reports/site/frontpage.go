package site

import (
	"fmt"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// How much the front page shows. It stays below 200 KB, so that it opens at
// once; the vendors' pages have the rest.
const (
	maxFrontBytes = 200_000
	frontText     = 110_000 // bytes about vendors; the other parts have the rest
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
	View        *view.View
	Notes       []string
	Untested    bool // nothing was tested at all
	Vendors     []frontVendor
	Links       []*view.Vendor // further vendors
	More        int            // vendors that are not even named
	Changes     []frontChange
	ChangesMore int
	Since       string // the run that changes are since; empty where there is none
	Gaps        []view.Gap
	Runs        []view.Run
	RunsMore    int
	Vantages    []view.Vantage
	VantMore    int
	Places      int
}

// frontVendor is a vendor with the claim that it is judged by.
type frontVendor struct {
	*view.Vendor
	File     string
	Claim    *view.Claim
	Sentence string
}

// frontChange is what changed of one claim.
type frontChange struct {
	File, Label string
	Old, New    verdict.Result
	Flapping    bool // the result flaps
}

func newFrontPage(s *site) *frontPage {
	v := s.view
	p := &frontPage{
		frame:    frame{Title: "landfall: " + text.Headline(v), Up: "./", Style: "front", Site: s},
		Headline: text.Headline(v), View: v, Places: pagePlaces,
		Untested: v.Claims.Total() > 0 && v.Claims.Total() == v.Claims.Of(verdict.NotTested),
		Gaps:     v.Unknown[:min(len(v.Unknown), frontGaps)],
		Runs:     v.Runs[:min(len(v.Runs), frontRuns)], RunsMore: max(0, len(v.Runs)-frontRuns),
	}
	for _, note := range v.Notes[:min(len(v.Notes), frontNotes)] {
		p.Notes = append(p.Notes, sanitize.Clip(note, sanitize.MaxText))
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
		own := frontVendor{v, s.VendorFile(v.ID), &v.Claims[0], text.Claim(&v.Claims[0])}
		switch {
		case len(p.Links) == 0 && room.take(vendorMarkup+3*size(sanitize.Brief(v.Name, frontBrief))+2*size(sanitize.Brief(own.Claim.ID, frontBrief))+size(sanitize.Brief(own.Claim.Says, 160), sanitize.Brief(own.Sentence, frontBrief))):
			p.Vendors = append(p.Vendors, own)
		case len(p.Links) < frontLinks:
			p.Links = append(p.Links, v)
		default:
			p.More++
		}
	}
}

// changes lists claims whose result changed in the newest run, and those that
// flap.
func (p *frontPage) changes(s *site) {
	for _, c := range s.view.AllClaims() {
		if len(c.Earlier) > 0 {
			p.Since = max(p.Since, c.Earlier[0].Started)
		}
		own := frontChange{File: s.ClaimFile(c), Label: sanitize.Brief(fmt.Sprintf("%s: %s", c.Name(), c.ID), frontBrief), New: c.Result}
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
func (p *frontPage) vantages(v *view.View) {
	for _, aside := range []bool{true, false} {
		for _, vantage := range v.Vantages {
			if vantage.InUse() != aside && len(p.Vantages) < frontVantages {
				vantage.SetAside = sanitize.Brief(vantage.SetAside, frontBrief)
				p.Vantages = append(p.Vantages, vantage)
			}
		}
	}
	p.VantMore = len(v.Vantages) - len(p.Vantages)
}
