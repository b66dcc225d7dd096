package view

import (
	"cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/verdict"
)

// Options are what a report needs to know besides the verdicts. The zero value
// is a plain report of 80 columns that links to nothing beside it.
type Options struct {
	Color bool // ANSI colours in the text format; the caller knows whether it writes to a terminal
	Width int  // columns of the text format; 0 is 80

	FailOn verdict.Result // the mildest result that fails a run; empty is refuted, and a word that is no result fails none

	Notes        []string      // shown before everything else, such as that the run was cut short
	Attributions []Attribution // of the data sets that the evidence uses

	EvidenceFile string // name of the evidence beside the report; empty where there is none
	VerdictsFile string // name of the verdicts beside the report; empty where there is none
	PageFile     string // name of the front page beside the report; empty where there is none
	ClaimsPath   string // how the claims are named to the command; empty for the catalogue

	Accepted []accepted.Result // results that a person accepted

	// Sheets are the vendors' sheets, for what verdicts do not hold: endpoints
	// with their roles, operators, and where in a file a claim is. Vendors
	// without one are shown without it.
	Sheets []*providers.Sheet
	// Evidence returns the evidence of a run, or nil where it is not at hand; nil
	// where there is none at all.
	Evidence func(run string) *evidence.Bundle
}

// Attribution is what a data set's licence asks to be shown.
type Attribution struct {
	Name       string // such as "DB-IP Country Lite"
	Text       string // the words that the licence asks for, such as "IP Geolocation by DB-IP"
	URL        string // where Text links to
	Licence    string // such as "CC BY 4.0"
	LicenceURL string
	Built      string // the date of the set, where it has one
}

// Fails reports whether a result fails a run. Where the option is no result, as
// "never" is, none does.
func (o *Options) Fails(r verdict.Result) bool {
	mildest := cmp.Or(o.FailOn, verdict.Refuted)
	return Known(mildest) != Unreadable && Rank(r) <= Rank(mildest)
}
