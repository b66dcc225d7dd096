package providers

import (
	_ "embed"
	"fmt"
	"sync"
)

// azurePairsCSV is each region of Azure that has a secondary region, by
// Microsoft's list of 2025-01-13
// (https://github.com/MicrosoftDocs/azure-docs/blob/09462cd47dca6612360efd94fb63924ba9e0a4fd/articles/reliability/regions-paired.md).
//
//go:embed azure-pairs.csv
var azurePairsCSV []byte

var loadAzurePairs = sync.OnceValues(func() (map[regionKey]Region, error) {
	pairs := map[regionKey]Region{}
	err := eachRow("azure-pairs.csv", azurePairsCSV, 2, func(row []string) error {
		region, known := LookupRegion("azure", row[0])
		secondary, knownToo := LookupRegion("azure", row[1])
		if !known || !knownToo {
			return fmt.Errorf("%s has the secondary region %s, and one of them is no region", row[0], row[1])
		}
		key := keyOf("azure", region.Code)
		if _, twice := pairs[key]; twice {
			return fmt.Errorf("%s stands twice", row[0])
		}
		pairs[key] = secondary
		return nil
	})
	return pairs, err
})

// AzurePair is the region that Azure copies geo-redundant storage of a region
// to; ok is false for one without a pair. A pair can go one way only, and
// Brazil South has its secondary in another geography. The table is tested, so
// that it cannot be read is a broken build.
func AzurePair(region string) (secondary Region, ok bool) {
	pairs, err := loadAzurePairs()
	if err != nil {
		panic(err)
	}
	found, known := LookupRegion("azure", region)
	if !known {
		return Region{}, false
	}
	secondary, ok = pairs[keyOf("azure", found.Code)]
	return secondary, ok
}
