package judge

import (
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/vet"
)

// Read puts a bundle in order.
func Read(b *evidence.Bundle, o Options) *index.Index {
	c := index.New(b.Header, o.window())
	for _, source := range b.Sources {
		c.Suppliers[source.Name] = &index.Supplier{Name: source.Name, Header: source.Header}
	}
	c.Aside = append(c.Aside, b.Aside...)
	for _, o := range b.Observations {
		c.Add(o)
	}
	prepare(c)
	return c
}

// prepare puts the evidence in order, once all of it is there, and vets the vantages.
func prepare(c *index.Index) {
	c.Settle()
	vet.Vantages(c)
	c.PutInconsistentApart()
}
