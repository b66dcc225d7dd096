// Package reports tells what verdicts say: to a person at a terminal, on a
// self-contained site, in a pull request, and to other programs.
//
// [NewView] makes one view of one or more verdict documents, a pure function;
// each of the [Formats] writes that view and nothing else, so that all of them
// tell the same story in the same order, the worst first. Every text in a
// document may come from someone who wishes to deceive, so each format escapes
// for its own context and bounds what it writes.
//
// A report states what was measured, where and when. It does not accuse.
package reports

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// Options are what a report needs to know besides the verdicts. The zero value
// is a plain report of 80 columns that links to nothing beside it.
type Options struct {
	Color bool // ANSI colours in the text format; the caller knows whether it writes to a terminal
	Width int  // columns of the text format; 0 is 80

	FailOn verdict.Result // the mildest result that fails a run; empty is refuted, and a word that is no result fails none

	Notes        []string      // said before everything else, such as that the run was cut short
	Attributions []Attribution // of the data sets that the evidence rests on

	EvidenceFile string // name of the evidence beside the report; empty where there is none
	VerdictsFile string // name of the verdicts beside the report; empty where there is none
	PageFile     string // name of the front page beside the report; empty where there is none
	ClaimsPath   string // how the claims are named to the command; empty for the catalogue

	Accepted []Acceptance // results that a person accepted

	// Sheets are the vendors' sheets, for what verdicts do not hold: endpoints
	// with their roles, operators, and where in a file a claim stands. Vendors
	// without one are told of without it.
	Sheets []*providers.Sheet
	// Evidence returns the evidence of a run, or nil where it is not at hand; nil
	// where there is none at all.
	Evidence func(run string) *evidence.Bundle
}

// Attribution is what a data set's licence asks to be said of it.
type Attribution struct {
	Name       string // such as "DB-IP Country Lite"
	Text       string // the words that the licence asks for, such as "IP Geolocation by DB-IP"
	URL        string // where Text links to
	Licence    string // such as "CC BY 4.0"
	LicenceURL string
	Built      string // the date of the set, where it has one
}

// View is what every format tells. Texts in it are shortened but not escaped:
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

	options Options
	docs    []*verdict.Document // newest first, without those that only the history is told of
	seen    map[sighting]*Seen
}

// Run is when and by what the evidence was taken.
type Run struct {
	ID      string
	Tool    string
	Started string // as the run wrote it
	Claims  int    // of which this run gives the result that is shown
}

// Vantage is a place that was looked from.
type Vantage struct {
	Run      string
	Name     string
	Country  string
	Network  string
	Position string // in words; empty where it is not known
	SetAside string // why its round trips are not used; empty where they are
	// Misplaced is why the place that it declares is not used.
	Misplaced string

	id string      // in the evidence
	at *[2]float64 // longitude and latitude in degrees; nil where they are not known
}

// Vendor is one vendor, as bad as its worst claim.
type Vendor struct {
	ID     string
	Name   string
	Anchor string
	Worst  verdict.Result
	Tally  Tally
	Where  Where
	Claims []Claim // worst first
}

// Claim is one claim in the vendor's words, and how it fares by the newest run
// that judged it.
type Claim struct {
	Vendor     string
	VendorName string
	ID         string
	Anchor     string
	Result     verdict.Result
	Sentence   string // the result in one plain sentence
	Says       string
	Terms      Terms
	Source     Source
	Where      Where
	Bases      []verdict.Basis // what the verdicts that carry the result rest on
	Limits     []string        // what the result does not show
	Verdicts   int             // as many as the judge counted
	Findings   []Finding       // worst first
	Run        string
	Started    string
	Earlier    []Earlier   // by older runs, newest first
	Accepted   *Acceptance // by a person; nil where nobody has
}

// Terms is what the vendor's words are taken to mean, in the claims language.
type Terms struct {
	About   string
	Covers  []string
	State   string
	Allow   []string // every copy is in one of these places
	Deny    []string // no copy is in one of these
	Require []string // there is a copy in each of these
}

// Source is where the vendor's words were read.
type Source struct {
	URL       string
	Retrieved string
	Published string
	Grade     string
}

// Earlier is how a claim fared in an older run.
type Earlier struct {
	Run     string
	Started string
	Result  verdict.Result
}

// NewView makes the view of the documents. Where several runs judged a claim,
// the newest counts and the others are its history.
func NewView(docs []*verdict.Document, o Options) View {
	g := NewGathering()
	for _, d := range newestFirst(docs) {
		g.Add(d)
	}
	return g.View(o)
}

// View makes the view of the runs that were gathered.
func (g *Gathering) View(o Options) View {
	claims := g.claims
	v := View{Notes: shortened(o.Notes), options: o, docs: g.docs, Runs: g.runs, Vantages: g.vantages, Worst: verdict.NotTested, seen: g.seen}
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
			cmp.Compare(b.Tally.of(a.Worst), a.Tally.of(a.Worst)),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return out
}

func newVendor(claims []Claim) Vendor {
	v := Vendor{
		ID: claims[0].Vendor, Anchor: anchor("vendor", claims[0].Vendor),
		Name: cmp.Or(claims[0].VendorName, claims[0].Vendor), Worst: claims[0].Result, Claims: claims,
	}
	for i := range claims {
		v.Tally.add(claims[i].Result, 1)
	}
	v.Where = whereOf(claims)
	return v
}
