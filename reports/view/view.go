// Package view makes one view of one or more verdict documents, for all formats of
// a report.
//
// [New] is a pure function of the documents. The view has the findings in the same
// order for every format, the worst first; it has no sentences and no markup. Every
// text in a document may come from someone who wishes to deceive, so texts and lists
// are bounded here.
package view

import (
	"cmp"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// View is what every format presents. Texts in it are shortened but not escaped:
// that is the work of each format.
type View struct {
	Runs     []Run    // newest first
	Notes    []string // see [Options]
	Worst    verdict.Result
	Claims   Tally // claims by result
	Verdicts Tally // verdicts by result
	Vendors  []Vendor
	Vantages []Vantage
	Unknown  []Gap // what is not known

	Options   Options             `json:"-"`
	Documents []*verdict.Document `json:"-"` // newest first, without those that were added for the history alone

	seen map[addressKey]*Seen
}

// Run is when and by what the evidence was taken.
type Run struct {
	ID      string
	Tool    string
	Started string // as the run wrote it
	Claims  int    // of which this run gives the result that is shown
}

// Vantage is a machine that a run measured from.
type Vantage struct {
	Run      string
	Name     string
	Country  string
	Network  string
	SetAside string // why its round trips are not used
	// Misplaced is why the place that it declares is not used.
	Misplaced string
	// The codes of both; empty where they are used.
	SetAsideCode  string    `json:"-"`
	MisplacedCode string    `json:"-"`
	Position      *Position // nil where it is not known
	ID            string    `json:"-"` // in the evidence
}

// unstated is the code of a reason in a document that has no codes.
const unstated = "unstated"

// InUse reports whether its round trips are used.
func (v Vantage) InUse() bool { return v.SetAsideCode == "" }

// Position is a point in degrees, and how far off it may be. A document may come
// from anyone: it need not be on the earth.
type Position struct{ Lat, Lon, RadiusKM float64 }

// Vendor is one vendor, as bad as its worst claim.
type Vendor struct {
	ID       string
	Name     string
	Anchor   string
	Worst    verdict.Result
	Tally    Tally
	Landings Landings
	Claims   []Claim // worst first
}

// New makes the view of the documents. Where several runs judged a claim,
// the newest counts and the others are its history.
func New(docs []*verdict.Document, o Options) View {
	l := NewLoader()
	for _, d := range newestFirst(docs) {
		l.Add(d)
	}
	return l.View(o)
}

// View makes the view of the runs that were added.
func (l *Loader) View(o Options) View {
	claims := l.claims
	v := View{Notes: sanitize.Texts(o.Notes), Options: o, Documents: l.docs, Runs: l.runs, Vantages: l.vantages, Worst: verdict.NotTested, seen: l.seen}
	byRun := map[string]int{}
	for i := range claims {
		byRun[claims[i].Run]++
		claims[i].accept(o.Accepted)
	}
	for i := range v.Runs {
		v.Runs[i].Claims = byRun[v.Runs[i].ID]
	}
	v.Vendors = byVendor(claims)
	if len(v.Vendors) > 0 {
		v.Worst = v.Vendors[0].Worst
	}
	for i := range claims {
		v.Claims.add(claims[i].Result, 1)
		for j := range claims[i].Findings {
			v.Verdicts.add(claims[i].Findings[j].Result, claims[i].Findings[j].Verdicts)
		}
	}
	v.Unknown = gaps(&v)
	return v
}

// newestFirst returns the documents that there are, by the time of their run.
func newestFirst(docs []*verdict.Document) []*verdict.Document {
	out := slices.DeleteFunc(slices.Clone(docs), func(d *verdict.Document) bool { return d == nil })
	slices.SortStableFunc(out, func(a, b *verdict.Document) int {
		return cmp.Or(cmp.Compare(b.Run.Started, a.Run.Started), cmp.Compare(b.Run.Run, a.Run.Run))
	})
	return out
}

// byVendor puts the claims under their vendors, the worst first. It sorts
// claims on the way.
func byVendor(claims []Claim) []Vendor {
	slices.SortStableFunc(claims, func(a, b Claim) int {
		return cmp.Or(
			cmp.Compare(a.Vendor, b.Vendor),
			cmp.Compare(a.Result.Severity(), b.Result.Severity()),
			cmp.Compare(a.ID, b.ID),
		)
	})
	var out []Vendor
	for len(claims) > 0 {
		n := 1
		for n < len(claims) && claims[n].Vendor == claims[0].Vendor {
			n++
		}
		out = append(out, newVendor(claims[:n:n]))
		claims = claims[n:]
	}
	slices.SortStableFunc(out, func(a, b Vendor) int {
		return cmp.Or(
			cmp.Compare(a.Worst.Severity(), b.Worst.Severity()),
			cmp.Compare(b.Tally.Of(a.Worst), a.Tally.Of(a.Worst)),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return out
}

func newVendor(claims []Claim) Vendor {
	v := Vendor{
		ID: claims[0].Vendor, Anchor: Anchor("vendor", claims[0].Vendor),
		Name: cmp.Or(claims[0].VendorName, claims[0].Vendor), Worst: claims[0].Result, Claims: claims,
	}
	for i := range claims {
		v.Tally.add(claims[i].Result, 1)
	}
	v.Landings = landingsOf(claims)
	return v
}

// AllClaims returns every claim, the worst first across vendors.
func (v *View) AllClaims() []*Claim {
	var out []*Claim
	for _, r := range append([]verdict.Result{Unreadable}, verdict.Results()...) {
		for i := range v.Vendors {
			for j := range v.Vendors[i].Claims {
				if c := &v.Vendors[i].Claims[j]; c.Result == r {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// OnEarth reports whether the position is known and a place on the earth.
func (p *Position) OnEarth() bool {
	return p != nil && math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180
}
