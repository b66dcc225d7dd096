package verdict

import (
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
)

// holdAgainstOthers holds a result back that needs one supplier's evidence while that
// of others contradicts it; or that imported evidence alone carries while measured
// evidence of others does. Where a supplier carries it alone, a reply of anybody else
// that cannot be of the same host contradicts it; where it takes several suppliers,
// which many sites behind one address can explain, another conclusive result does.
func (f *finding) holdAgainstOthers(g *ground, t *terms, c carriers, l *location) {
	if l.suppliers < 2 || len(c.disks) == 0 {
		return
	}
	c = c.filtered(func(*disk) bool { return true }) // what follows asks again
	e, files := l.quorumContext(), filesOf(c.disks)
	if !c.suffice(e) {
		return
	}
	for _, file := range files {
		if c.without(fileOf, []string{file}).suffice(e) {
			continue
		}
		own := c.only(file)
		theirs := c
		if own.suffice(e) {
			theirs = own
		}
		if ids, against := l.othersAgainst(g, t, f.result, theirs, files, own.suffice(e)); against {
			f.holdFor(CodeOneSupplier, fmt.Sprintf("held back: without the evidence of one supplier (run %s) this would not follow, and that of others contradicts it", file), ids)
			return
		}
	}
	f.holdImports(g, t, c, l)
}

// holdImports holds back what imported evidence alone carries while what others
// measured themselves contradicts it.
func (f *finding) holdImports(g *ground, t *terms, c carriers, l *location) {
	imported := func(d *disk) bool { return d.from.network == evidence.NetworkImport }
	if slices.ContainsFunc(c.disks, func(d *disk) bool { return !imported(d) }) {
		return
	}
	measured := *l
	measured.disks = slices.DeleteFunc(slices.Clone(l.disks), func(d disk) bool { return imported(&d) })
	measured.inconsistent = slices.DeleteFunc(slices.Clone(l.inconsistent), func(d disk) bool { return imported(&d) })
	if ids, against := measured.othersAgainst(g, t, f.result, c, filesOf(c.disks), true); against {
		f.holdFor(CodeImportsAgainstMeasured, "held back: imported evidence alone carries this, and what others measured themselves contradicts it", ids)
	}
}

func filesOf(disks []*disk) []string {
	var out []string
	for _, d := range disks {
		if file := fileOf(d); !slices.Contains(out, file) {
			out = append(out, file)
		}
	}
	return out
}

// only returns the carriers of one file.
func (c carriers) only(file string) carriers {
	return c.filtered(func(d *disk) bool { return fileOf(d) == file })
}

// othersAgainst reports whether the replies of those who do not say the same
// contradict carriers: together they have another conclusive result or, where that is
// enough, one of them cannot be of the same host.
func (l *location) othersAgainst(g *ground, t *terms, result Result, c carriers, agree []string, apartIsEnough bool) (ids []string, against bool) {
	var believed []disk
	for _, disks := range [][]disk{l.disks, l.inconsistent} {
		for i := range disks {
			d := &disks[i]
			if slices.Contains(agree, fileOf(d)) {
				continue
			}
			if apartIsEnough && slices.ContainsFunc(c.disks, func(own *disk) bool { return own.apart(d) }) {
				return []string{d.id}, true
			}
			if !d.from.contradicted {
				believed = append(believed, *d)
			}
		}
	}
	if len(believed) == 0 {
		return nil, false
	}
	rest := newLocation(g, believed, l.liars)
	rest.kind, rest.store, rest.suppliers, rest.via = l.kind, l.store, len(suppliersOf(believed)), l.via
	f, _ := physicsOf(g, t, rest)
	if f.result != result && (f.result == Refuted || f.result == Proven) {
		return rest.boundingIDs(), true
	}
	return nil, false
}

// holdAgainstPast holds a result back where older evidence of others, by itself, had
// another conclusive one: a file with a later date is no more to be believed than
// they are.
func (f *finding) holdAgainstPast(g *ground, t *terms, c carriers, l *location) {
	if len(l.past) == 0 {
		return
	}
	before := *l
	before.disks, before.inconsistent = l.past, nil
	if ids, against := before.othersAgainst(g, t, f.result, c, filesOf(c.disks), false); against {
		f.holdFor(CodeOneSupplier, "held back: evidence of others from before the newest window shows the opposite, and a later date alone does not overturn it", ids)
	}
}
