package target

import (
	"errors"
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/providers"
)

// adHocID is the id of an ad-hoc claim.
const adHocID = "command-line"

// AdHoc is a claim about the targets that have none of their own.
type AdHoc struct {
	// Allow are the places of which one has every copy, and Deny those that have
	// none: EU, CH, aws:us-east-1; a leading - takes one out. None of both: there is
	// no claim.
	Allow, Deny []string
}

// Claim returns the claim; nil where there is none.
func (a AdHoc) Claim() (*providers.Claim, error) {
	if len(a.Allow)+len(a.Deny) == 0 {
		return nil, nil
	}
	allow, allowErr := placesOf("--allow", a.Allow)
	deny, denyErr := placesOf("--deny", a.Deny)
	if err := errors.Join(allowErr, denyErr); err != nil {
		return nil, err
	}
	var says []string
	if len(allow) > 0 {
		says = append(says, "every copy is in "+strings.Join(a.Allow, ", "))
	}
	if len(deny) > 0 {
		says = append(says, "no copy is in "+strings.Join(a.Deny, ", "))
	}
	return &providers.Claim{
		ID: adHocID, Says: strings.Join(says, "; ") + " (given on the command line)", Allow: allow, Deny: deny,
		About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny,
		KeyedOn: providers.KeyedOnAccountCountry, Strength: providers.StrengthCommitment,
	}, nil
}

func placesOf(flag string, texts []string) ([]providers.Place, error) {
	var out []providers.Place
	var problems []error
	for _, text := range texts {
		place, err := providers.ParsePlace(strings.TrimSpace(text))
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", flag, err))
			continue
		}
		out = append(out, place)
	}
	// That a list is of exceptions alone shows when it is resolved.
	if _, err := providers.Resolve(out, providers.Date{}); err != nil && len(problems) == 0 {
		problems = append(problems, fmt.Errorf("%s: %w", flag, err))
	}
	return out, errors.Join(problems...)
}

// Attach makes the claim one of every target that has none. That there is no such
// target is an error: the claim would be about nothing. Without a claim it does
// nothing.
func Attach(claim *providers.Claim, sheets []*providers.Sheet) error {
	if claim == nil {
		return nil
	}
	attached := 0
	for _, sheet := range sheets {
		if sheet.Pos.Line > 0 || len(sheet.Claims) > 0 {
			continue // it was read from a file, with its vendor's claims
		}
		sheet.Claims = []providers.Claim{*claim}
		attached++
	}
	if attached == 0 {
		return errors.New("--allow and --deny are about hosts and buckets, and none was given: name some as targets (s3://bucket), or write a claims file")
	}
	return nil
}
