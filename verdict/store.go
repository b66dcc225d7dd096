package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// storeFinding judges where the bytes behind a target rest, by the provider's
// own metadata and by timed reads. ok is false where nothing speaks of it.
func (c *storeCase) storeFinding(claim *providers.Claim, t *terms, target string) (f finding, ok bool) {
	target = storeKey(target)
	said := c.saidOf(target)
	if len(said) == 0 && len(c.stores[target]) == 0 {
		return c.unusedReads(target)
	}
	f = c.readsFinding(t, target)
	if len(c.stores[target]) > 0 {
		f = f.capForRequired(claim, "a read does not show in which places there are copies")
	}
	if f.result == Refuted || len(said) == 0 {
		return f, true
	}
	metadata := c.metadataFinding(claim, t, target)
	// One copy outside refutes, whatever is proven of another.
	if metadata.result == Refuted || f.result == Inconclusive {
		metadata.because = append(f.because, metadata.because...)
		metadata.limits = append(f.limits, metadata.limits...)
		return metadata, true
	}
	if metadata.result == Inconclusive && c.copiesOf(target) != nil {
		f.hold(CodeCopyUnknown, "not held to be proven, since a copy of it is where nothing says")
	}
	f.because = append(f.because, metadata.because...)
	return f, true
}

// telling orders what statements say of a claim about every copy.
func telling(says membership) int {
	return slices.Index([]membership{outside, cannotTell, inside}, says)
}

// metadataFinding is what a provider's own metadata says of its store. A copy
// outside refutes by itself, whatever lies inside: where copies are missing is a
// question for others. The name of an endpoint convicts nobody.
func (c *storeCase) metadataFinding(claim *providers.Claim, t *terms, target string) finding {
	said := c.saidOf(target)
	var statements []statement
	for _, s := range said {
		statements = append(statements, storageSays(claim, t, s, t.on)...)
	}
	// What decides comes first: a report shows the first few.
	slices.SortStableFunc(statements, func(a, b statement) int { return cmp.Compare(telling(a.says), telling(b.says)) })
	f := weigh(statements)
	// Where one of the copies is, is open: so is whether all of them are inside.
	if f.result == Consistent && slices.ContainsFunc(statements, func(s statement) bool { return s.says == cannotTell }) {
		f.result = Inconclusive
	}
	if slices.ContainsFunc(statements, func(s statement) bool { return s.says == outside && s.basis == BasisProvider }) {
		f.result, f.basis, f.limits = Refuted, BasisProvider, nil
		if ids := c.otherwiseOf(t, said); ids != nil {
			f.holdFor(CodeOneSupplier, "held back: the evidence of one supplier alone has the store outside, and that of others has it elsewhere", ids)
		}
	}
	if missing := requiredMissing(claim, said, t.on); missing != "" && f.result != Refuted {
		f.result, f.basis = Refuted, BasisProvider
		if len(c.failures[target]) > 0 {
			f.result = Inconclusive // it may stand in what was not read
		}
		f.because = append(f.because, Reason{Evidence: storageIDs(said), Text: "no copy is listed in " + missing + ", where the claim has one"})
	}
	f.limits = append(f.limits, storeNotes(claim, said)...)
	f.limits = append(f.limits, c.notRead(target)...)
	f.limits = append(f.limits, "the provider's metadata lists the copies that it tells of; it does not exclude others")
	return f
}

// otherwiseOf returns the lines of others that have a store inside where those of one
// file alone have it outside; nil where there are none. Copies are not compared: who
// may not list them has none.
func (c *storeCase) otherwiseOf(t *terms, said []*evidence.Storage) []string {
	out, in := map[string]bool{}, map[string][]string{}
	for _, s := range said {
		file := c.supplierOf(s.ID).name
		for _, place := range s.Locations {
			switch namedPlaceIn(t, place, t.on) {
			case outside:
				out[file] = true
			case inside:
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
func storeNotes(claim *providers.Claim, said []*evidence.Storage) []string {
	var out []string
	for _, s := range said {
		notes := slices.Clone(s.Notes)
		for _, r := range s.Replicas {
			if holds(claim, r) == "" {
				notes = append(notes, fmt.Sprintf("names and sizes, not contents, are written to %s%s%s", r.Target, inBrackets(r.Location), inBrackets(r.Rule)))
			}
		}
		for _, note := range notes {
			if !slices.Contains(out, note) {
				out = append(out, note)
			}
		}
	}
	return out
}

// notRead says what of the metadata could not be read: what is not listed there
// may exist.
func (c *storeCase) notRead(target string) []string {
	var out []string
	for _, failed := range c.failures[target] {
		out = append(out, "not read: "+failed.Error)
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
func storageSays(claim *providers.Claim, t *terms, s *evidence.Storage, on providers.Date) []statement {
	basis, source := BasisProvider, fmt.Sprintf("%s says (%s) that", s.Provider, s.API)
	if s.API == evidence.ByName {
		basis, source = BasisDatabase, fmt.Sprintf("the name of the endpoint, which is one of %s, hints that", s.Provider)
	}
	var out []statement
	say := func(what, place string) {
		text := fmt.Sprintf("%s %s is in %s", source, what, place)
		if _, err := providers.ParsePlace(place); err != nil {
			text += ", a place that is not known here"
		}
		out = append(out, statement{basis: basis, says: namedPlaceIn(t, place, on), evidence: s.ID, text: text})
	}
	for _, place := range s.Locations {
		say(s.Target, place)
	}
	for _, r := range s.Replicas {
		switch of := holds(claim, r); {
		case of == "":
		case r.Location == "":
			out = append(out, statement{basis: basis, evidence: s.ID, text: fmt.Sprintf("%s there is %s%s%s, and not where", source, of, r.Target, inBrackets(r.Rule))})
		default:
			say(of+r.Target+inBrackets(r.Rule), r.Location)
		}
	}
	return out
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// holds says what a replica is of, as far as the claim is about that; otherwise it
// is empty.
func holds(claim *providers.Claim, r evidence.Replica) string {
	switch {
	case r.Holds != evidence.HoldsMetadata:
		return "its copy "
	case slices.Contains(claim.Covers, providers.CoverMetadata):
		return "the copy of its metadata "
	}
	return ""
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
			if holds(claim, r) != "" {
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
		only := &terms{allow: extent}
		if !slices.ContainsFunc(places, func(p string) bool { return namedPlaceIn(only, p, on) != outside }) {
			return required.String()
		}
	}
	return ""
}
