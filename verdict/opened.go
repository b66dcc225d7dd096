package verdict

import "github.com/landfall-audit/landfall/evidence"

// newCase puts a bundle in order.
func newCase(b *evidence.Bundle, o Options) *caseFile {
	c := openCase(b.Header, o.window())
	for _, source := range b.Sources {
		c.suppliers[source.Name] = &supplier{name: source.Name, header: source.Header}
	}
	c.aside = append(c.aside, b.Aside...)
	for _, o := range b.Observations {
		c.add(o)
	}
	prepare(c)
	return c
}

// prepare puts the evidence in order, once all of it is there, and vets the vantages.
func prepare(c *caseFile) {
	c.settle()
	c.setLiarsAside()
	c.putInconsistentApart()
}
