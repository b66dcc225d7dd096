package locate

import (
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// HoldAgainstOthers holds a result back that needs one supplier's evidence while that
// of others contradicts it; or that imported evidence alone carries while measured
// evidence of others does. Where a supplier carries it alone, a reply of anybody else
// that cannot be of the same host contradicts it; where it takes several suppliers,
// which many sites behind one address can explain, another conclusive result does.
func HoldAgainstOthers(f *finding.Finding, g *constraint.Land, t *constraint.Constraint, c Supporting, l *Location) {
	if l.Suppliers < 2 || len(c.Disks) == 0 {
		return
	}
	c = c.filtered(func(*index.Disk) bool { return true }) // what follows asks again
	e, files := l.QuorumContext(), filesOf(c.Disks)
	if !c.IsQuorum(e) {
		return
	}
	for _, file := range files {
		if c.without(fileOf, []string{file}).IsQuorum(e) {
			continue
		}
		own := c.only(file)
		theirs := c
		if own.IsQuorum(e) {
			theirs = own
		}
		if ids, against := l.othersAgainst(g, t, f.Result, theirs, files, own.IsQuorum(e)); against {
			f.HoldFor(verdict.CodeOneSupplier, sentence.Limit(verdict.CodeOneSupplier, verdict.Args{"supplier": file}), ids)
			return
		}
	}
	holdImports(f, g, t, c, l)
}

// holdImports holds back what imported evidence alone carries while what others
// measured themselves contradicts it.
func holdImports(f *finding.Finding, g *constraint.Land, t *constraint.Constraint, c Supporting, l *Location) {
	imported := func(d *index.Disk) bool { return d.From.KnownNetwork == evidence.NetworkImport }
	if slices.ContainsFunc(c.Disks, func(d *index.Disk) bool { return !imported(d) }) {
		return
	}
	measured := *l
	measured.Disks = slices.DeleteFunc(slices.Clone(l.Disks), func(d index.Disk) bool { return imported(&d) })
	measured.inconsistent = slices.DeleteFunc(slices.Clone(l.inconsistent), func(d index.Disk) bool { return imported(&d) })
	if ids, against := measured.othersAgainst(g, t, f.Result, c, filesOf(c.Disks), true); against {
		f.HoldFor(verdict.CodeImportsAgainstMeasured, sentence.Limit(verdict.CodeImportsAgainstMeasured, nil), ids)
	}
}

func filesOf(disks []*index.Disk) []string {
	var out []string
	for _, d := range disks {
		if file := fileOf(d); !slices.Contains(out, file) {
			out = append(out, file)
		}
	}
	return out
}

// only returns the carriers of one file.
func (c Supporting) only(file string) Supporting {
	return c.filtered(func(d *index.Disk) bool { return fileOf(d) == file })
}

// othersAgainst reports whether the replies of those who do not say the same
// contradict carriers: together they have another conclusive result or, where that is
// enough, one of them cannot be of the same host.
func (l *Location) othersAgainst(g *constraint.Land, t *constraint.Constraint, result verdict.Result, c Supporting, agree []string, apartIsEnough bool) (ids []string, against bool) {
	var believed []index.Disk
	for _, disks := range [][]index.Disk{l.Disks, l.inconsistent} {
		for i := range disks {
			d := &disks[i]
			if slices.Contains(agree, fileOf(d)) {
				continue
			}
			if apartIsEnough && slices.ContainsFunc(c.Disks, func(own *index.Disk) bool { return own.Apart(d) }) {
				return []string{d.ID}, true
			}
			if !d.From.Contradicted {
				believed = append(believed, *d)
			}
		}
	}
	if len(believed) == 0 {
		return nil, false
	}
	rest := newLocation(g, believed, l.Liars)
	rest.Kind, rest.store, rest.Suppliers, rest.via = l.Kind, l.store, len(SuppliersOf(believed)), l.via
	f, _ := physicsOf(g, t, rest)
	if f.Result != result && (f.Result == verdict.Refuted || f.Result == verdict.Proven) {
		return rest.boundingIDs(), true
	}
	return nil, false
}

// holdAgainstPast holds a result back where older evidence of others, by itself, had
// another conclusive one: a file with a later date is no more to be believed than
// they are.
func holdAgainstPast(f *finding.Finding, g *constraint.Land, t *constraint.Constraint, c Supporting, l *Location) {
	if len(l.past) == 0 {
		return
	}
	before := *l
	before.Disks, before.inconsistent = l.past, nil
	if ids, against := before.othersAgainst(g, t, f.Result, c, filesOf(c.Disks), false); against {
		f.HoldFor(verdict.CodeOneSupplier, sentence.Limit(verdict.CodeOlderEvidence, nil), ids)
	}
}
