package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/verdict"
)

// claimKey tells one claim from another.
type claimKey struct{ vendor, claim string }

// Gathering puts runs together, one after another and the newest first, so that
// a year of them need not be in memory at once.
type Gathering struct {
	claims   []Claim
	place    map[claimKey]int
	docs     []*verdict.Document
	runs     []Run
	vantages []Vantage
	seen     map[sighting]*Seen
}

// NewGathering returns a gathering of no runs.
func NewGathering() *Gathering {
	return &Gathering{place: map[claimKey]int{}, seen: map[sighting]*Seen{}}
}

// Add takes a run in full: claims that no newer run judged are told by it.
func (g *Gathering) Add(d *verdict.Document) {
	g.docs = append(g.docs, d)
	g.vantages = append(g.vantages, vantages(d)...)
	verdicts := verdictsByClaim(d)
	g.add(d, func(r verdict.ClaimResult) Claim { return newClaim(d, r, verdicts[claimKey{r.Vendor, r.Claim}]) })
}

// Lacks reports whether a run judged a claim that no run added so far did. Such
// a run is to be added in full.
func (g *Gathering) Lacks(d *verdict.Document) bool {
	return slices.ContainsFunc(claimResults(d), func(r verdict.ClaimResult) bool {
		_, have := g.place[claimKey{r.Vendor, r.Claim}]
		return !have
	})
}

// AddPast takes a run of which only the results, the endpoints and the
// addresses are known, as [verdict.ReadPast] gives it.
func (g *Gathering) AddPast(d *verdict.Document) {
	g.add(d, func(r verdict.ClaimResult) Claim { return newClaim(d, r, nil) })
}

func (g *Gathering) add(d *verdict.Document, claim func(verdict.ClaimResult) Claim) {
	run := Run{ID: name(d.Run.Run), Tool: name(d.Run.Tool), Started: name(d.Run.Started)}
	g.runs = append(g.runs, run)
	g.sight(d, run.Started)
	for _, r := range claimResults(d) {
		key := claimKey{r.Vendor, r.Claim}
		if i, seen := g.place[key]; seen {
			g.claims[i].Earlier = append(g.claims[i].Earlier, Earlier{Run: run.ID, Started: run.Started, Result: known(r.Result)})
			continue
		}
		g.place[key] = len(g.claims)
		g.claims = append(g.claims, claim(r))
	}
}

func verdictsByClaim(d *verdict.Document) map[claimKey][]*verdict.Verdict {
	out := map[claimKey][]*verdict.Verdict{}
	for i := range d.Verdicts {
		v := &d.Verdicts[i]
		key := claimKey{v.Vendor, v.Claim}
		out[key] = append(out[key], v)
	}
	return out
}

// claimResults returns the roll-ups of a document, one a claim. A claim that has
// verdicts and no roll-up, as in a document put together by hand, is as bad as
// its worst verdict: nothing that was judged goes untold.
func claimResults(d *verdict.Document) []verdict.ClaimResult {
	var out []verdict.ClaimResult
	place := map[claimKey]int{}
	for _, r := range d.Claims {
		key := claimKey{r.Vendor, r.Claim}
		if i, seen := place[key]; seen {
			if r.Result.Severity() < out[i].Result.Severity() {
				out[i] = r
			}
			continue
		}
		place[key] = len(out)
		out = append(out, r)
	}
	rolledUp := len(out)
	for i := range d.Verdicts {
		v := &d.Verdicts[i]
		key := claimKey{v.Vendor, v.Claim}
		j, seen := place[key]
		switch {
		case !seen:
			place[key] = len(out)
			out = append(out, verdict.ClaimResult{Vendor: v.Vendor, Claim: v.Claim, Result: v.Result, Verdicts: 1})
		case j >= rolledUp:
			out[j].Verdicts++
			if v.Result.Severity() < out[j].Result.Severity() {
				out[j].Result = v.Result
			}
		}
	}
	return out
}

func newClaim(d *verdict.Document, r verdict.ClaimResult, verdicts []*verdict.Verdict) Claim {
	c := Claim{
		Vendor: name(r.Vendor), VendorName: name(r.VendorName), ID: name(r.Claim), Anchor: anchor("claim", r.Vendor, r.Claim),
		Result: known(r.Result), Says: clip(r.Says, maxSays), Limits: shortened(r.Limits), Verdicts: r.Verdicts,
		Terms:  Terms{About: name(r.About), Covers: words(r.Covers), State: name(r.State), Allow: words(r.Allow), Deny: words(r.Deny), Require: words(r.Require)},
		Source: Source{URL: clip(r.URL, maxURL), Retrieved: name(r.Retrieved), Published: name(r.Published), Grade: name(r.Grade)},
		Run:    name(d.Run.Run), Started: name(d.Run.Started),
	}
	c.Findings = fold(c.Started, verdicts)
	c.Where = whereOf([]Claim{c})
	for _, f := range c.lead() {
		if f.Basis != verdict.BasisNone && !slices.Contains(c.Bases, f.Basis) {
			c.Bases = append(c.Bases, f.Basis)
		}
	}
	c.Sentence = claimSentence(&c)
	return c
}

// lead returns the findings that carry the claim's result. There may be none: a
// claim can be held below all of its verdicts.
func (c *Claim) lead() []Finding {
	var out []Finding
	for _, f := range c.Findings {
		if f.Result == c.Result {
			out = append(out, f)
		}
	}
	return out
}

// vantages returns the places that a run looked from.
func vantages(d *verdict.Document) []Vantage {
	var out []Vantage
	for _, v := range d.Vantages {
		own := Vantage{
			Run: name(d.Run.Run), id: name(v.ID), Name: name(cmp.Or(v.Name, v.ID)), Country: name(v.Country),
			Network: name(v.Network), SetAside: clip(v.SetAside, maxText), Misplaced: clip(v.Misplaced, maxText),
		}
		if v.Lat != nil && v.Lon != nil {
			own.Position = position(*v.Lat, *v.Lon, v.RadiusKM)
			if math.Abs(*v.Lat) <= 90 && math.Abs(*v.Lon) <= 180 {
				own.at = &[2]float64{*v.Lon, *v.Lat}
			}
		}
		out = append(out, own)
	}
	return out
}

// position writes a place in degrees, as far as its uncertainty makes sense.
func position(lat, lon, radiusKM float64) string {
	ns, ew := "N", "E"
	if lat < 0 {
		ns, lat = "S", -lat
	}
	if lon < 0 {
		ew, lon = "W", -lon
	}
	text := fmt.Sprintf("%.2f° %s, %.2f° %s", lat, ns, lon, ew)
	if radiusKM > 0 {
		text += ", give or take " + kilometres(radiusKM)
	}
	return text
}
