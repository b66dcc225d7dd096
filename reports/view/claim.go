package view

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// Claim is one claim in the vendor's words, with its result in the newest run that
// judged it.
type Claim struct {
	Vendor     string
	VendorName string
	ID         string
	Anchor     string
	Result     verdict.Result
	Says       string
	Constraint Constraint
	Source     Source
	Landings   Landings
	Bases      []verdict.Basis // what the verdicts that support the result are based on
	Limits     []Limit         // what the result does not show
	Verdicts   int             // as many as the judge counted
	Findings   []Finding       // worst first
	Run        string
	Started    string
	Earlier    []Earlier        // by older runs, newest first
	Accepted   *accepted.Result // by a person; nil where nobody has
}

// Constraint is how the vendor's words are read, in the claims language.
type Constraint struct {
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

// Earlier is the result of a claim in an older run.
type Earlier struct {
	Run     string
	Started string
	Result  verdict.Result
}

func newClaim(d *verdict.Document, r verdict.ClaimResult, verdicts []*verdict.Verdict) Claim {
	c := Claim{
		Vendor: sanitize.Name(r.Vendor), VendorName: sanitize.Name(r.VendorName), ID: sanitize.Name(r.Claim), Anchor: Anchor("claim", r.Vendor, r.Claim),
		Result: Known(r.Result), Says: sanitize.Clip(r.Says, sanitize.MaxSays), Limits: limitsOf(r.Limits, r.LimitCodes), Verdicts: r.Verdicts,
		Constraint: Constraint{About: sanitize.Name(r.About), Covers: sanitize.Names(r.Covers), State: sanitize.Name(r.State), Allow: sanitize.Names(r.Allow), Deny: sanitize.Names(r.Deny), Require: sanitize.Names(r.Require)},
		Source:     Source{URL: sanitize.Clip(r.URL, sanitize.MaxURL), Retrieved: sanitize.Name(r.Retrieved), Published: sanitize.Name(r.Published), Grade: sanitize.Name(r.Grade)},
		Run:        sanitize.Name(d.Run.Run), Started: sanitize.Name(d.Run.Started),
	}
	c.Findings = groupVerdicts(verdicts)
	c.Landings = landingsOf([]Claim{c})
	for _, f := range c.Deciding() {
		if f.Basis != verdict.BasisNone && !slices.Contains(c.Bases, f.Basis) {
			c.Bases = append(c.Bases, f.Basis)
		}
	}
	return c
}

// Name returns the vendor's name, or its id where it has none.
func (c *Claim) Name() string { return cmp.Or(c.VendorName, c.Vendor) }

// Deciding returns the findings that have the claim's result. There may be none: a
// claim can be held below all of its verdicts.
func (c *Claim) Deciding() []Finding {
	var out []Finding
	for _, f := range c.Findings {
		if f.Result == c.Result {
			out = append(out, f)
		}
	}
	return out
}

// has reports whether some verdict on the claim has this result.
func (c *Claim) has(r verdict.Result) bool {
	for _, f := range c.Findings {
		if f.Result == r {
			return true
		}
	}
	return false
}

// frontEndOnly reports whether only the servers that answer were seen of a claim.
func (c *Claim) frontEndOnly() bool {
	for _, f := range c.Findings {
		if f.Subject != verdict.FrontDoor {
			return false
		}
	}
	return len(c.Findings) > 0
}
