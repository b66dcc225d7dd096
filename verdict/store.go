package verdict

import (
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// storeFinding judges where the bytes behind a target rest, by the provider's
// own metadata and by timed reads. ok is false where nothing speaks of it.
func (c *caseFile) storeFinding(claim *providers.Claim, t *terms, target string) (f finding, ok bool) {
	said := c.storage[target]
	if len(said) == 0 && len(c.stores[target]) == 0 {
		return c.unusedReads(target)
	}
	f = c.readsFinding(t, target)
	if f.result == Refuted || len(said) == 0 {
		return f, true
	}
	metadata := metadataFinding(claim, t, said, c.on)
	// One copy outside refutes, whatever is proven of another.
	if metadata.result == Refuted || f.result == Inconclusive {
		metadata.because = append(f.because, metadata.because...)
		metadata.limits = append(f.limits, metadata.limits...)
		return metadata, true
	}
	f.because = append(f.because, metadata.because...)
	return f, true
}

// metadataFinding is what a provider's own metadata says of its store.
func metadataFinding(claim *providers.Claim, t *terms, said []*evidence.Storage, on providers.Date) finding {
	var statements []statement
	for _, s := range said {
		statements = append(statements, storageSays(t, s, on)...)
	}
	f := weigh(statements)
	if slices.ContainsFunc(statements, func(s statement) bool { return s.says == outside }) {
		f.result, f.limits = Refuted, nil
	}
	if missing := requiredMissing(claim, said, on); missing != "" {
		f.result, f.basis = Refuted, BasisProvider
		f.because = append(f.because, Reason{Evidence: storageIDs(said), Text: "no copy is listed in " + missing + ", where the claim has one"})
	}
	f.limits = append(f.limits, "the provider's metadata lists the copies that it tells of; it does not exclude others")
	return f
}

func storageIDs(said []*evidence.Storage) []string {
	out := make([]string, len(said))
	for i, s := range said {
		out[i] = s.ID
	}
	return out
}

// storageSays reads the locations and replicas of one store.
func storageSays(t *terms, s *evidence.Storage, on providers.Date) []statement {
	var out []statement
	say := func(what, place string) {
		m := namedPlaceIn(t, place, on)
		out = append(out, statement{basis: BasisProvider, says: m, evidence: s.ID, text: fmt.Sprintf("%s says (%s) that %s is in %s", s.Provider, s.API, what, place)})
	}
	for _, place := range s.Locations {
		say(s.Target, place)
	}
	for _, r := range s.Replicas {
		if r.Location != "" {
			say("its copy "+r.Target, r.Location)
		}
	}
	return out
}

// namedPlaceIn tells whether a place of the claims language, which may stand
// for several countries, is inside what a claim allows.
func namedPlaceIn(t *terms, text string, on providers.Date) membership {
	place, err := providers.ParsePlace(text)
	if err != nil {
		return cannotTell
	}
	extent, err := providers.Resolve([]providers.Place{place}, on)
	if err != nil {
		return cannotTell
	}
	count := map[membership]int{}
	for _, country := range extent.CountryCodes() {
		count[t.placeIn(country, "")]++
	}
	for _, p := range extent.Parts {
		count[t.placeIn(p.Country, p.Name)]++
	}
	switch {
	case count[cannotTell] > 0, count[inside] > 0 && count[outside] > 0:
		return cannotTell
	case count[outside] > 0:
		return outside
	case count[inside] > 0:
		return inside
	}
	return cannotTell
}

// requiredMissing names a place that the claim requires a copy in and that no
// listed copy can be in; empty where there is none.
func requiredMissing(claim *providers.Claim, said []*evidence.Storage, on providers.Date) string {
	var places []string
	for _, s := range said {
		places = append(places, s.Locations...)
		for _, r := range s.Replicas {
			places = append(places, r.Location)
		}
	}
	if len(places) == 0 {
		return ""
	}
	for _, required := range claim.Require {
		extent, err := providers.Resolve([]providers.Place{required}, on)
		if err != nil {
			continue
		}
		only := &terms{allow: extent}
		if !slices.ContainsFunc(places, func(p string) bool { return namedPlaceIn(only, p, on) != outside }) {
			return required.String()
		}
	}
	return ""
}
