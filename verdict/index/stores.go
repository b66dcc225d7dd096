package index

import (
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// SaidOf returns what providers say of a store. Only of a bucket can a provider say
// where it is: such a line about another host speaks of nothing in a sheet.
func (c *Index) SaidOf(target string) []*evidence.Storage {
	if _, bucket := (providers.Endpoint{Host: target}).Bucket(); !bucket {
		return nil
	}
	return c.storage[target]
}
