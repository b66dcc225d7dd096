package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// givenID is the id of a claim that was given on the command line.
const givenID = "command-line"

// givenClaim is the flags --allow and --deny: a claim about the targets that have
// none of their own.
type givenClaim struct {
	allow, deny []string
}

func (g *givenClaim) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&g.allow, "allow", nil, "claim that every copy of the targets is in one of these `PLACES` (EU,CH,aws:us-east-1; a leading - takes one out)")
	c.Flags().StringSliceVar(&g.deny, "deny", nil, "claim that no copy of the targets is in one of these `PLACES` (CN)")
}

// aboutTargets is a claim about the targets of the command line; nil: none was
// given.
type aboutTargets struct{ claim *providers.Claim }

// claim reads the flags.
func (g *givenClaim) claim() (aboutTargets, error) {
	if len(g.allow)+len(g.deny) == 0 {
		return aboutTargets{}, nil
	}
	allow, allowErr := placesOf("--allow", g.allow)
	deny, denyErr := placesOf("--deny", g.deny)
	if err := errors.Join(allowErr, denyErr); err != nil {
		return aboutTargets{}, err
	}
	var says []string
	if len(allow) > 0 {
		says = append(says, "every copy is in "+strings.Join(g.allow, ", "))
	}
	if len(deny) > 0 {
		says = append(says, "no copy is in "+strings.Join(g.deny, ", "))
	}
	return aboutTargets{&providers.Claim{
		ID: givenID, Says: strings.Join(says, "; ") + " (given on the command line)", Allow: allow, Deny: deny,
		About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny,
		KeyedOn: providers.KeyedOnAccountCountry, Strength: providers.StrengthCommitment,
	}}, nil
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

// giveTo makes the claim one of every target that has none. That there is no such
// target is an error: the claim would be about nothing.
func (a aboutTargets) giveTo(sheets []*providers.Sheet) error {
	if a.claim == nil {
		return nil
	}
	given := 0
	for _, sheet := range sheets {
		if sheet.Pos.Line > 0 || len(sheet.Claims) > 0 {
			continue // it was read from a file, with its vendor's claims
		}
		sheet.Claims = []providers.Claim{*a.claim}
		given++
	}
	if given == 0 {
		return errors.New("--allow and --deny are about hosts and buckets, and none was given: name some as targets (s3://bucket), or write a claims file")
	}
	return nil
}

// maxStoreNotes bounds how many buckets without a claim are told.
const maxStoreNotes = 15

// storesOf tells where buckets are about which nothing was claimed: nobody else
// does.
func storesOf(sheets []*providers.Sheet, seen *evidence.Bundle) []string {
	said := map[string][]*evidence.Storage{}
	for _, o := range seen.Observations {
		if s, ok := o.(*evidence.Storage); ok {
			said[s.Target] = append(said[s.Target], s)
		}
	}
	var out []string
	left := 0
	for _, sheet := range sheets {
		for _, e := range sheet.Endpoints {
			bucket, ok := e.Bucket()
			if !ok || len(sheet.Claims) > 0 {
				continue
			}
			if len(out) == maxStoreNotes {
				left++
				continue
			}
			out = append(out, whereIs(bucket.String(), said[bucket.String()])+"; nothing was claimed of it (--allow, --deny, --claims)")
		}
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("%d more buckets of which nothing was claimed; the evidence has where they are", left))
	}
	return out
}

// whereIs tells what was said of one bucket.
func whereIs(bucket string, said []*evidence.Storage) string {
	var places, copies []string
	for _, s := range said {
		for _, place := range s.Locations {
			places = append(places, fmt.Sprintf("%s (%s)", place, s.API))
		}
		for _, r := range s.Replicas {
			copies = append(copies, strings.TrimSpace(r.Target+" "+r.Location))
		}
	}
	text := oneLine(bucket) + " is where nobody says"
	if len(places) > 0 {
		text = oneLine(bucket) + " is in " + oneLine(strings.Join(places, ", "))
	}
	if len(copies) > 0 {
		text += ", copied to " + oneLine(strings.Join(copies, ", "))
	}
	return text
}
