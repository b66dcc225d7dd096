package pages

import (
	"context"
	"iter"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// Outcome is what became of the words of a claim.
type Outcome string

// The outcomes.
const (
	Found    Outcome = "found"     // the words are on the page
	NotFound Outcome = "not-found" // the page is there and does not have them as it is served
	Gone     Outcome = "gone"      // the page is not there: its status is no success
	NotSeen  Outcome = "not-seen"  // the page could not be looked at
)

// Finding is one claim held against its page.
type Finding struct {
	Vendor  string
	Claim   *providers.Claim
	Page    Page // without text
	Outcome Outcome
	Err     error // why the page could not be looked at
}

// Changed reports whether the page is another than the one that was kept.
func (f Finding) Changed() bool {
	return f.Page.Before != "" && f.Page.SHA256 != "" && f.Page.Before != f.Page.SHA256
}

// Observation is the finding as evidence.
func (f Finding) Observation() evidence.Observation {
	if f.Err != nil {
		return &evidence.Error{
			Meta:  evidence.Meta{Kind: evidence.KindError},
			Probe: "page", Target: f.Claim.Source.URL, Error: f.Err.Error(), Class: evidence.Classify(f.Err),
		}
	}
	return &evidence.Page{
		Meta: evidence.Meta{Kind: evidence.KindPage}, URL: f.Claim.Source.URL, Status: f.Page.Status, SHA256: f.Page.SHA256,
		Claim: f.Vendor + "/" + f.Claim.ID, QuoteFound: f.Outcome == Found,
	}
}

// Check holds each claim of the sheets against its page, in their order. A page
// is fetched once, however many claims were read on it.
func Check(ctx context.Context, fetcher *Fetcher, sheets []*providers.Sheet) iter.Seq[Finding] {
	type answer struct {
		page Page
		err  error
	}
	return func(yield func(Finding) bool) {
		had := map[string]answer{}
		for _, sheet := range sheets {
			for i := range sheet.Claims {
				claim := &sheet.Claims[i]
				got, before := had[claim.Source.URL]
				if !before {
					got.page, got.err = fetcher.Fetch(ctx, claim.Source.URL)
					had[claim.Source.URL] = got
				}
				if !yield(finding(sheet.Vendor, claim, got.page, got.err)) || ctx.Err() != nil {
					return
				}
			}
		}
	}
}

func finding(vendor string, claim *providers.Claim, page Page, err error) Finding {
	f := Finding{Vendor: vendor, Claim: claim, Page: page, Err: err}
	switch {
	case err != nil:
		f.Outcome = NotSeen
	case page.SHA256 == "":
		f.Outcome = Gone
	case Contains(page.Text, claim.Says):
		f.Outcome = Found
	default:
		f.Outcome = NotFound
	}
	f.Page.Text = ""
	return f
}
