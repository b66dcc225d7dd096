package store

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Judge judges where the bytes behind a target rest, by the provider's
// own metadata and by timed reads. ok is false where nothing speaks of it.
func (c *Stores) Judge(claim *providers.Claim, t *constraint.Constraint, target string) (f finding.Finding, ok bool) {
	target = index.StoreKey(target)
	said := c.SaidOf(target)
	if len(said) == 0 && len(c.Stores[target]) == 0 {
		return c.unusedReads(target)
	}
	f = c.readsFinding(t, target)
	if len(c.Stores[target]) > 0 {
		f = f.CapForRequired(claim, sentence.Limit(verdict.CodeRequiredCopiesNotRead, nil))
	}
	if f.Result == verdict.Refuted || len(said) == 0 {
		return f, true
	}
	metadata := c.metadataFinding(claim, t, target)
	// One copy outside refutes, whatever is proven of another.
	if metadata.Result == verdict.Refuted || f.Result == verdict.Inconclusive {
		metadata.Because = append(f.Because, metadata.Because...)
		metadata.Limits = append(f.Limits, metadata.Limits...)
		return metadata, true
	}
	if metadata.Result == verdict.Inconclusive && c.CopiesOf(target) != nil {
		f.Hold(verdict.CodeCopyUnknown, nil)
	}
	f.Because = append(f.Because, metadata.Because...)
	return f, true
}

// telling orders what statements say of a claim about every copy.
func telling(says constraint.Membership) int {
	return slices.Index([]constraint.Membership{constraint.Outside, constraint.CannotTell, constraint.Inside}, says)
}

// metadataFinding is what a provider's own metadata says of its store. A copy
// outside refutes by itself, whatever lies inside: where copies are missing is a
// question for others. The name of an endpoint refutes nothing.
func (c *Stores) metadataFinding(claim *providers.Claim, t *constraint.Constraint, target string) finding.Finding {
	said := c.SaidOf(target)
	var statements []finding.Statement
	for _, s := range said {
		statements = append(statements, storageSays(claim, t, s, t.On)...)
	}
	// What decides comes first: a report shows the first few.
	slices.SortStableFunc(statements, func(a, b finding.Statement) int { return cmp.Compare(telling(a.Says), telling(b.Says)) })
	f := finding.Weigh(statements)
	// Where one of the copies is, is open: so is whether all of them are inside.
	if f.Result == verdict.Consistent && slices.ContainsFunc(statements, func(s finding.Statement) bool { return s.Says == constraint.CannotTell }) {
		f.Result = verdict.Inconclusive
	}
	if slices.ContainsFunc(statements, func(s finding.Statement) bool {
		return s.Says == constraint.Outside && s.Basis == verdict.BasisProvider
	}) {
		f.Result, f.Basis, f.Limits = verdict.Refuted, verdict.BasisProvider, nil
		if ids := c.otherwiseOf(t, said); ids != nil {
			f.HoldFor(verdict.CodeOneSupplier, sentence.Limit(verdict.CodeStoreOutsideByOne, nil), ids)
		}
	}
	if missing := requiredMissing(claim, said, t.On); missing != "" && f.Result != verdict.Refuted {
		f.Result, f.Basis = verdict.Refuted, verdict.BasisProvider
		if len(c.Failures[target]) > 0 {
			f.Result = verdict.Inconclusive // it may stand in what was not read
		}
		f.Because = append(f.Because, sentence.Reason(storageIDs(said), verdict.CodeRequiredCopyMissing, verdict.Args{"place": missing}))
	}
	f.Limits = append(f.Limits, storeNotes(claim, said)...)
	f.Limits = append(f.Limits, c.notRead(target)...)
	f.Limits = append(f.Limits, sentence.Limit(verdict.CodeMetadataMayOmit, nil))
	return f
}

// otherwiseOf returns the lines of others that have a store inside where those of one
// file alone have it outside; nil where there are none. Copies are not compared: who
// may not list them has none.
func (c *Stores) otherwiseOf(t *constraint.Constraint, said []*evidence.Storage) []string {
	out, in := map[string]bool{}, map[string][]string{}
	for _, s := range said {
		file := c.SupplierOf(s.ID).Name
		for _, place := range s.Locations {
			switch namedPlaceIn(t, place, t.On) {
			case constraint.Outside:
				out[file] = true
			case constraint.Inside:
				in[file] = append(in[file], s.ID)
			}
		}
	}
	var ids []string
	for file, lines := range in {
		if len(out) == 1 && !out[file] {
			ids = append(ids, lines...)
		}
	}
	slices.Sort(ids)
	return ids
}

// storeNotes returns what else was said of a store, each once: notes, and copies that
// the claim is not about.
func storeNotes(claim *providers.Claim, said []*evidence.Storage) []verdict.Limit {
	var out []verdict.Limit
	add := func(code string, args verdict.Args) {
		note := sentence.Limit(code, args)
		if !slices.ContainsFunc(out, func(had verdict.Limit) bool { return had.Text == note.Text }) {
			out = append(out, note)
		}
	}
	for _, s := range said {
		for _, note := range s.Notes {
			add(verdict.CodeStoreNote, verdict.Args{"note": note})
		}
		for _, r := range s.Replicas {
			if Holds(claim, r) == "" {
				add(verdict.CodeNamesCopied, verdict.Args{"target": r.Target, "place": r.Location, "rule": r.Rule})
			}
		}
	}
	return out
}

// notRead says what of the metadata could not be read: what is not listed there
// may exist.
func (c *Stores) notRead(target string) []verdict.Limit {
	var out []verdict.Limit
	for _, failed := range c.Failures[target] {
		out = append(out, sentence.Limit(verdict.CodeMetadataNotRead, verdict.Args{"error": failed.Error}))
	}
	return out
}

func storageIDs(said []*evidence.Storage) []string {
	out := make([]string, len(said))
	for i, s := range said {
		out[i] = s.ID
	}
	return out
}

// storageSays reads the locations and replicas of one store. Copies of names and
// sizes count for claims about metadata alone.
func storageSays(claim *providers.Claim, t *constraint.Constraint, s *evidence.Storage, on providers.Date) []finding.Statement {
	byName := s.API == evidence.ByName
	var out []finding.Statement
	say := func(code, place string, args verdict.Args) {
		args["provider"], args["by_name"], args["place"] = s.Provider, byName, place
		own := finding.Statement{Basis: verdict.BasisProvider, Evidence: s.ID, Code: code, Args: args}
		if byName {
			own.Basis = verdict.BasisDatabase
		} else {
			args["api"] = s.API
		}
		if code != verdict.CodeCopyNoPlace {
			_, err := providers.ParsePlace(place)
			own.Says, args["place_unknown"] = namedPlaceIn(t, place, on), err != nil
		}
		out = append(out, own)
	}
	for _, place := range s.Locations {
		say(verdict.CodeStorePlace, place, verdict.Args{"target": s.Target})
	}
	for _, r := range s.Replicas {
		args := verdict.Args{"holds": Holds(claim, r), "target": r.Target, "rule": r.Rule}
		switch {
		case args["holds"] == "":
		case r.Location == "":
			say(verdict.CodeCopyNoPlace, "", args)
		default:
			say(verdict.CodeCopyPlace, r.Location, args)
		}
	}
	return out
}

// Holds returns what of a store a replica is of, as far as the claim is about that, in
// the word that arguments of sentences have for it; otherwise it is empty.
func Holds(claim *providers.Claim, r evidence.Replica) string {
	switch {
	case r.Holds != evidence.HoldsMetadata:
		return "everything"
	case slices.Contains(claim.Covers, providers.CoverMetadata):
		return "metadata"
	}
	return ""
}

// namedPlaceIn tells whether a place of the claims language, which may stand
// for several countries, is inside what a claim allows.
func namedPlaceIn(t *constraint.Constraint, text string, on providers.Date) constraint.Membership {
	place, err := providers.ParsePlace(text)
	if err != nil {
		return constraint.CannotTell
	}
	extent, err := providers.Resolve([]providers.Place{place}, on)
	if err != nil {
		return constraint.CannotTell
	}
	count := map[constraint.Membership]int{}
	for _, country := range extent.CountryCodes() {
		count[t.PlaceIn(country, "")]++
	}
	for _, p := range extent.Parts {
		count[t.PlaceIn(p.Country, p.Name)]++
	}
	switch {
	case count[constraint.CannotTell] > 0, count[constraint.Inside] > 0 && count[constraint.Outside] > 0:
		return constraint.CannotTell
	case count[constraint.Outside] > 0:
		return constraint.Outside
	case count[constraint.Inside] > 0:
		return constraint.Inside
	}
	return constraint.CannotTell
}

// requiredMissing names a place that the claim requires a copy in and that no
// listed copy can be in; empty where there is none.
func requiredMissing(claim *providers.Claim, said []*evidence.Storage, on providers.Date) string {
	var places []string
	for _, s := range said {
		places = append(places, s.Locations...)
		for _, r := range s.Replicas {
			if Holds(claim, r) != "" {
				places = append(places, r.Location) // empty: it can be anywhere
			}
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
		only := &constraint.Constraint{Allow: extent}
		if !slices.ContainsFunc(places, func(p string) bool { return namedPlaceIn(only, p, on) != constraint.Outside }) {
			return required.String()
		}
	}
	return ""
}
