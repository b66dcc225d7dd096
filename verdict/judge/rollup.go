package judge

import (
	"slices"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// rollUp returns the result of a claim: as bad as its worst verdict, and no
// better than what was looked at.
func rollUp(sheet *providers.Sheet, claim *providers.Claim, verdicts []verdict.Verdict, why *verdict.Limit) verdict.ClaimResult {
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
		r.Result = verdict.NotTested
		r.Add(*why)
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
		r.Result = verdict.NotTested
		addLimitsOf(&r, verdicts)
		return r
	case untested > 0:
		r.Add(sentence.Limit(verdict.CodePartUntested, verdict.Args{"untested": untested, "verdicts": len(verdicts)}))
		if r.Result.Severity() > verdict.Inconclusive.Severity() {
			r.Result = verdict.Inconclusive
		}
	}
	if r.Result == verdict.Proven && speaksOfContent(claim) && !provenStore(verdicts) {
		r.Result = verdict.Consistent
		r.Add(sentence.Limit(verdict.CodeContentNotProven, nil))
	}
	capForClients(&r, claim, verdicts)
	if r.Result == verdict.Proven || r.Result == verdict.Consistent {
		r.Add(sentence.Limit(verdict.CodeCopyElsewherePossible, nil))
	}
	for _, text := range claim.Exceptions {
		r.Add(sentence.Limit(verdict.CodeVendorExcepts, verdict.Args{"exception": text}))
	}
	return r
}

// capForClients keeps a claim about all users from being proven where most of them
// were not measured: a zone may give others another address.
func capForClients(r *verdict.ClaimResult, claim *providers.Claim, verdicts []verdict.Verdict) {
	if claim.About != providers.AboutLocation || len(claim.When.UserCountry.In) > 0 {
		return
	}
	var worst *verdict.Limit
	unmeasured := 0
	for _, v := range verdicts {
		switch {
		case v.Scope == nil || v.Subject != verdict.FrontDoor:
		case v.Scope.CountriesNotMeasured > v.Scope.CountriesMeasured && v.Scope.CountriesNotMeasured > unmeasured:
			unmeasured = v.Scope.CountriesNotMeasured
			worst = because(verdict.CodeEndpointClients, verdict.Args{"endpoint": v.Endpoint, "countries": unmeasured})
		case v.Scope.By == verdict.ByResolverHere && worst == nil:
			worst = because(verdict.CodeEndpointResolversOnly, verdict.Args{"endpoint": v.Endpoint})
		}
	}
	if worst == nil {
		return
	}
	r.Add(*worst)
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

// limitsOfVerdicts is how many limits of its verdicts a claim has that was not tested.
const limitsOfVerdicts = 5

// addLimitsOf adds the first limits of verdicts, each once.
func addLimitsOf(r *verdict.ClaimResult, verdicts []verdict.Verdict) {
	for _, v := range verdicts {
		for i, text := range v.Limits {
			if len(r.Limits) < limitsOfVerdicts && !slices.Contains(r.Limits, text) {
				r.Add(verdict.Limit{Coded: v.LimitCodes[i], Text: text})
			}
		}
	}
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
