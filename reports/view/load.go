package view

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// ClaimKey identifies a claim.
type ClaimKey struct{ Vendor, Claim string }

// Loader puts runs together, one after another and the newest first, so that a
// year of them need not be in memory at once.
type Loader struct {
	claims   []Claim
	place    map[ClaimKey]int
	docs     []*verdict.Document
	runs     []Run
	vantages []Vantage
	seen     map[addressKey]*Seen
}

// NewLoader returns a loader of no runs.
func NewLoader() *Loader {
	return &Loader{place: map[ClaimKey]int{}, seen: map[addressKey]*Seen{}}
}

// Add takes a run in full: it supplies the claims that no newer run judged.
func (l *Loader) Add(d *verdict.Document) {
	l.docs = append(l.docs, d)
	l.vantages = append(l.vantages, vantages(d)...)
	verdicts := verdictsByClaim(d)
	l.add(d, func(r verdict.ClaimResult) Claim { return newClaim(d, r, verdicts[ClaimKey{r.Vendor, r.Claim}]) })
}

// Lacks reports whether a run judged a claim that no run added so far did. Such
// a run is to be added in full.
func (l *Loader) Lacks(d *verdict.Document) bool {
	return slices.ContainsFunc(claimResults(d), func(r verdict.ClaimResult) bool {
		_, have := l.place[ClaimKey{r.Vendor, r.Claim}]
		return !have
	})
}

// AddPast takes a run of which only the results, the endpoints and the
// addresses are known, as [verdict.ReadPast] returns it.
func (l *Loader) AddPast(d *verdict.Document) {
	l.add(d, func(r verdict.ClaimResult) Claim { return newClaim(d, r, nil) })
}

func (l *Loader) add(d *verdict.Document, claim func(verdict.ClaimResult) Claim) {
	run := Run{ID: sanitize.Name(d.Run.Run), Tool: sanitize.Name(d.Run.Tool), Started: sanitize.Name(d.Run.Started)}
	l.runs = append(l.runs, run)
	l.addToHistory(d, run.Started)
	for _, r := range claimResults(d) {
		key := ClaimKey{r.Vendor, r.Claim}
		if i, seen := l.place[key]; seen {
			l.claims[i].Earlier = append(l.claims[i].Earlier, Earlier{Run: run.ID, Started: run.Started, Result: Known(r.Result)})
			continue
		}
		l.place[key] = len(l.claims)
		l.claims = append(l.claims, claim(r))
	}
}

func verdictsByClaim(d *verdict.Document) map[ClaimKey][]*verdict.Verdict {
	out := map[ClaimKey][]*verdict.Verdict{}
	for i := range d.Verdicts {
		v := &d.Verdicts[i]
		key := ClaimKey{v.Vendor, v.Claim}
		out[key] = append(out[key], v)
	}
	return out
}

// claimResults returns the roll-ups of a document, one a claim. A claim that has
// verdicts and no roll-up, as in a document put together by hand, is as bad as
// its worst verdict: nothing that was judged is left out.
func claimResults(d *verdict.Document) []verdict.ClaimResult {
	var out []verdict.ClaimResult
	place := map[ClaimKey]int{}
	for _, r := range d.Claims {
		key := ClaimKey{r.Vendor, r.Claim}
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
		key := ClaimKey{v.Vendor, v.Claim}
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

// vantages returns the vantages of a run.
func vantages(d *verdict.Document) []Vantage {
	var out []Vantage
	for _, v := range d.Vantages {
		own := Vantage{
			Run: sanitize.Name(d.Run.Run), ID: sanitize.Name(v.ID), Name: sanitize.Name(cmp.Or(v.Name, v.ID)), Country: sanitize.Name(v.Country),
			Network: sanitize.Name(v.Network), SetAside: sanitize.Clip(v.SetAside, sanitize.MaxText), Misplaced: sanitize.Clip(v.Misplaced, sanitize.MaxText),
		}
		own.SetAsideCode, own.MisplacedCode = codeOf(v.SetAsideCode, v.SetAside), codeOf(v.MisplacedCode, v.Misplaced)
		if v.Lat != nil && v.Lon != nil {
			own.Position = &Position{Lat: *v.Lat, Lon: *v.Lon, RadiusKM: v.RadiusKM}
		}
		out = append(out, own)
	}
	return out
}

// codeOf returns the code of a reason; of a document without codes, that it has none.
func codeOf(code, text string) string {
	if code == "" && text != "" {
		return unstated
	}
	return sanitize.Name(code)
}
