package providers

import (
	"slices"

	"github.com/landfall-audit/landfall/providers/schema"
)

// Owner is one holder in a chain of ownership, with who holds it in turn.
type Owner struct {
	Holding
	// Above is who holds the holder, if the table has it as an organisation.
	Above []Owner
	// Cycle is true where the holder stands below itself in the chain already:
	// nothing is repeated above it.
	Cycle bool
}

// maxChain bounds how far up a chain is followed. Real ones have a handful of
// steps.
const maxChain = 16

// Chain is who holds an organisation on a day, who holds those, and so on.
// Holders come in the order of the table; rows that disagree are both there.
// The organisation is found by [Ownership.Organisation]; a chain of one that is
// not known is empty.
func (o *Ownership) Chain(name string, day Date) []Owner {
	organisation, ok := o.Organisation(name)
	if !ok {
		return nil
	}
	return o.above(organisation, day, nil)
}

// ChainOfASN is the chain of the organisation that an autonomous system is
// registered to.
func (o *Ownership) ChainOfASN(asn uint32, day Date) []Owner {
	organisation, ok := o.OrganisationOfASN(asn)
	if !ok {
		return nil
	}
	return o.above(organisation, day, nil)
}

func (o *Ownership) above(organisation Organisation, day Date, below []string) []Owner {
	below = append(slices.Clone(below), nameKey(organisation.Name))
	if len(below) > maxChain {
		return nil
	}
	var owners []Owner
	for _, holding := range o.Holdings {
		of, _ := o.Organisation(holding.Of)
		if of.Name != organisation.Name || !holding.On(day) {
			continue
		}
		owner := Owner{Holding: holding}
		if holder, ok := o.Organisation(holding.Holder); ok {
			owner.Cycle = slices.Contains(below, nameKey(holder.Name))
			if !owner.Cycle {
				owner.Above = o.above(holder, day, below)
			}
		}
		owners = append(owners, owner)
	}
	return owners
}

// Statements is every holding of an organisation whatever its day, by which a
// chain can say what was known before and after.
func (o *Ownership) Statements(name string) []Holding {
	organisation, ok := o.Organisation(name)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(o.Holdings), func(holding Holding) bool {
		of, _ := o.Organisation(holding.Of)
		return of.Name != organisation.Name
	})
}

// Nearest is the organisation whose name is most like a misspelt one.
func (o *Ownership) Nearest(name string) (string, bool) {
	candidates := o.names()
	for _, organisation := range o.Organisations {
		candidates = append(candidates, organisation.Also...)
	}
	return schema.Nearest(name, candidates)
}
