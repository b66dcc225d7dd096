package providers

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/landfall-audit/landfall/providers/schema"
)

// regionsCSV lists the cloud regions whose place a source states. lat and lon
// are empty where the source names a region and nothing more; radius_km is
// empty where [metropolitanRadiusKM] holds.
//
//go:embed regions.csv
var regionsCSV []byte

// unknownRegionsCSV lists the codes that appear in published data and whose
// place is not known, with the reason.
//
//go:embed regions-unknown.csv
var unknownRegionsCSV []byte

// azureAliasesCSV maps the spellings of Azure's service tag file to the names of
// Azure Resource Manager.
//
//go:embed azure-region-aliases.csv
var azureAliasesCSV []byte

// metropolitanRadiusKM is how far from the stated city a region's data centres
// can be. A region is spread over a metropolitan area on purpose: AWS puts its
// zones up to 100 km (60 miles) apart
// (https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/availability-zones.html).
// The disk must hold all of them, since a host outside it is held against a
// claim that names the region: a wider disk only makes the verdict milder.
const metropolitanRadiusKM = 100

var (
	// ErrUnknownProvider says that no region of the named provider is listed.
	ErrUnknownProvider = errors.New("unknown cloud provider")
	// ErrUnknownRegion says that the provider is known and the region is not:
	// nothing can be said about where it is.
	ErrUnknownRegion = errors.New("unknown region")
)

// Region is a region of a cloud provider.
type Region struct {
	Provider  string  // id, such as aws, azure, gcp
	Code      string  // the provider's own name, such as eu-central-1
	City      string  // city, or the wider area that the provider states
	Country   string  // ISO 3166-1 alpha-2
	Geography string  // the provider's name for a group of regions; may be empty
	Lat, Lon  float64 // WGS 84 degrees, the middle of the area; meaningless if RadiusKM is 0
	RadiusKM  float64 // the region lies within this distance; 0: its position is not known
	Source    string  // where the row was read
	Certainty string  // how sure the row is, in words
}

// regionTable is the regions with the indexes to find them.
type regionTable struct {
	list      []Region
	byCode    map[regionKey]int
	unknown   map[regionKey]string // reason
	aliases   map[regionKey]string // canonical code
	geography map[regionKey][]int
	providers []string
}

// regionKey finds a region whatever the case of its code.
type regionKey struct{ provider, code string }

func keyOf(provider, code string) regionKey {
	return regionKey{provider, strings.ToLower(strings.ReplaceAll(code, " ", ""))}
}

// regions reads the embedded tables once. They are tested, so an error is a
// broken build.
func regions() *regionTable {
	table, err := loadRegions()
	if err != nil {
		panic(err)
	}
	return table
}

var loadRegions = sync.OnceValues(readRegions)

func readRegions() (*regionTable, error) {
	table := &regionTable{
		byCode: map[regionKey]int{}, unknown: map[regionKey]string{},
		aliases: map[regionKey]string{}, geography: map[regionKey][]int{},
	}
	if err := eachRow("regions.csv", regionsCSV, 10, table.addRegion); err != nil {
		return nil, err
	}
	addUnknown := func(row []string) error {
		table.unknown[keyOf(row[0], row[1])] = row[2]
		return nil
	}
	if err := eachRow("regions-unknown.csv", unknownRegionsCSV, 3, addUnknown); err != nil {
		return nil, err
	}
	addAlias := func(row []string) error {
		if _, ok := table.byCode[keyOf("azure", row[1])]; !ok {
			return fmt.Errorf("%s stands for %s, which is no region", row[0], row[1])
		}
		table.aliases[keyOf("azure", row[0])] = row[1]
		return nil
	}
	if err := eachRow("azure-region-aliases.csv", azureAliasesCSV, 2, addAlias); err != nil {
		return nil, err
	}
	return table, nil
}

// eachRow calls add with every row of an embedded CSV file but the first.
func eachRow(name string, data []byte, columns int, add func(row []string) error) error {
	reader := csv.NewReader(bytes.NewReader(data))
	reader.FieldsPerRecord = columns
	rows, err := reader.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for i, row := range rows[1:] {
		if err := add(row); err != nil {
			return fmt.Errorf("%s:%d: %w", name, i+2, err)
		}
	}
	return nil
}

func (t *regionTable) addRegion(row []string) error {
	region := Region{
		Provider: row[0], Code: row[1], City: row[2], Country: row[3], Geography: row[4],
		Source: row[8], Certainty: row[9],
	}
	if row[5] != "" {
		var err [3]error
		region.Lat, err[0] = strconv.ParseFloat(row[5], 64)
		region.Lon, err[1] = strconv.ParseFloat(row[6], 64)
		region.RadiusKM = metropolitanRadiusKM
		if row[7] != "" {
			region.RadiusKM, err[2] = strconv.ParseFloat(row[7], 64)
		}
		if failed := errors.Join(err[:]...); failed != nil {
			return failed
		}
	}
	key := keyOf(region.Provider, region.Code)
	if _, twice := t.byCode[key]; twice {
		return fmt.Errorf("%s:%s is listed twice", region.Provider, region.Code)
	}
	t.byCode[key] = len(t.list)
	if region.Geography != "" {
		geography := keyOf(region.Provider, region.Geography)
		t.geography[geography] = append(t.geography[geography], len(t.list))
	}
	if !slices.Contains(t.providers, region.Provider) {
		t.providers = append(t.providers, region.Provider)
	}
	t.list = append(t.list, region)
	return nil
}

// Regions is every region whose place is stated, sorted by provider and code.
func Regions() []Region { return slices.Clone(regions().list) }

// RegionProviders is the id of every provider with listed regions, sorted.
func RegionProviders() []string { return slices.Clone(regions().providers) }

// LookupRegion finds a region by provider id and the provider's own code, in any
// case. For Azure it knows the spellings of the service tag file too. It is
// false for a provider or a region that is not listed; [RegionPlace] tells the
// two apart.
func LookupRegion(provider, region string) (Region, bool) {
	table := regions()
	key := keyOf(provider, region)
	if canonical, ok := table.aliases[key]; ok {
		key = keyOf(provider, canonical)
	}
	index, ok := table.byCode[key]
	if !ok {
		return Region{}, false
	}
	return table.list[index], true
}

// RegionPlace is the place of a region. Its error wraps [ErrUnknownProvider] or
// [ErrUnknownRegion]: a code of a known provider that no table places is an
// answer of its own, and neither a match nor a mismatch.
func RegionPlace(provider, region string) (Place, error) {
	if found, ok := LookupRegion(provider, region); ok {
		return Place{Kind: KindRegion, Provider: found.Provider, Code: found.Code}, nil
	}
	table := regions()
	if reason, ok := table.unknown[keyOf(provider, region)]; ok {
		return Place{}, fmt.Errorf("%w %q of %s: %s", ErrUnknownRegion, region, provider, reason)
	}
	if slices.Contains(table.providers, provider) {
		return Place{}, fmt.Errorf("%w %q of %s: %s", ErrUnknownRegion, region, provider,
			schema.Suggest(region, table.codesOf(provider)))
	}
	return Place{}, fmt.Errorf("%w %q: %s", ErrUnknownProvider, provider, schema.Suggest(provider, table.providers))
}

// UnknownRegions is the codes of a provider that appear in published data and
// whose place is not known, each with the reason.
func UnknownRegions(provider string) map[string]string {
	found := map[string]string{}
	for key, reason := range regions().unknown {
		if key.provider == provider {
			found[key.code] = reason
		}
	}
	return found
}

func (t *regionTable) codesOf(provider string) []string {
	var codes []string
	for _, region := range t.list {
		if region.Provider == provider {
			codes = append(codes, region.Code)
		}
	}
	return codes
}

// geographyNames is every geography as provider-geo:name, sorted.
func (t *regionTable) geographyNames() []string {
	var names []string
	for key := range maps.Keys(t.geography) {
		names = append(names, key.provider+geographySuffix+":"+key.code)
	}
	slices.Sort(names)
	return names
}
