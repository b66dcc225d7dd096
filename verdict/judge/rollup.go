package judge

import (
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// rollUp returns the result of a claim: as bad as its worst verdict, and no
// better than what was looked at.
func rollUp(sheet *providers.Sheet, claim *providers.Claim, verdicts []verdict.Verdict, why string) verdict.ClaimResult {
	r := verdict.ClaimResult{
		Vendor: sheet.Vendor, VendorName: sheet.Name, Claim: claim.ID, Verdicts: len(verdicts), Limits: []string{},
		Says: claim.Says, URL: claim.Source.URL, Retrieved: claim.Source.Retrieved.String(),
		Published: claim.Source.Published.String(), Grade: string(claim.Source.Grade),
		About: string(claim.About), State: string(claim.State),
		Allow: placeTexts(claim.Allow), Deny: placeTexts(claim.Deny), Require: placeTexts(claim.Require),
	}
	for _, cover := range claim.Covers {
		r.Covers = append(r.Covers, string(cover))
	}
	if len(verdicts) == 0 {
		r.Result, r.Limits = verdict.NotTested, []string{why}
		return r
	}
	count := map[verdict.Result]int{}
	r.Result = verdict.Proven
	for _, v := range verdicts {
		count[v.Result]++
		if v.Result != verdict.NotTested && v.Result.Severity() < r.Result.Severity() {
			r.Result = v.Result
		}
	}
	switch untested := count[verdict.NotTested]; {
	case untested == len(verdicts):
		r.Result, r.Limits = verdict.NotTested, sharedLimits(verdicts)
		return r
	case untested > 0:
		r.Limits = append(r.Limits, fmt.Sprintf("%d of %d could not be tested", untested, len(verdicts)))
		if r.Result.Severity() > verdict.Inconclusive.Severity() {
			r.Result = verdict.Inconclusive
		}
	}
	if r.Result == verdict.Proven && speaksOfContent(claim) && !provenStore(verdicts) {
		r.Result = verdict.Consistent
		r.Limits = append(r.Limits, "the front doors are proven; nothing proves where the content behind them rests")
	}
	capForClients(&r, claim, verdicts)
	if r.Result == verdict.Proven || r.Result == verdict.Consistent {
		r.Limits = append(r.Limits, "a copy where it should be does not exclude another elsewhere")
	}
	for _, text := range claim.Exceptions {
		r.Limits = append(r.Limits, "the vendor excepts: "+text)
	}
	return r
}

// capForClients keeps a claim about all users from being proven where most of them
// were not measured: a zone may give others another address.
func capForClients(r *verdict.ClaimResult, claim *providers.Claim, verdicts []verdict.Verdict) {
	if claim.About != providers.AboutLocation || len(claim.When.UserCountry.In) > 0 {
		return
	}
	worst, unmeasured := "", 0
	for _, v := range verdicts {
		switch {
		case v.Scope == nil || v.Subject != verdict.FrontDoor:
		case v.Scope.CountriesNotMeasured > v.Scope.CountriesMeasured && v.Scope.CountriesNotMeasured > unmeasured:
			unmeasured = v.Scope.CountriesNotMeasured
			worst = fmt.Sprintf("%s: users of %d countries that were asked for could not be measured", v.Endpoint, unmeasured)
		case v.Scope.By == verdict.ByResolverHere && worst == "":
			worst = v.Endpoint + ": speaks for the users of the resolvers that were asked; users elsewhere were not measured"
		}
	}
	if worst == "" {
		return
	}
	r.Limits = append(r.Limits, worst)
	if r.Result == verdict.Proven {
		r.Result = verdict.Consistent
	}
}

func placeTexts(places []providers.Place) []string {
	var out []string
	for _, p := range places {
		out = append(out, p.String())
	}
	return out
}

func sharedLimits(verdicts []verdict.Verdict) []string {
	out := []string{}
	for _, v := range verdicts {
		for _, text := range v.Limits {
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out[:min(len(out), 5)]
}

// speaksOfContent reports whether a claim is about what users store.
func speaksOfContent(claim *providers.Claim) bool {
	return claim.About == providers.AboutLocation &&
		(slices.Contains(claim.Covers, providers.CoverContent) || slices.Contains(claim.Covers, providers.CoverBackup))
}

func provenStore(verdicts []verdict.Verdict) bool {
	found := false
	for _, v := range verdicts {
		if v.Subject == verdict.Store {
			if v.Result != verdict.Proven {
				return false
			}
			found = true
		}
	}
	return found
}
