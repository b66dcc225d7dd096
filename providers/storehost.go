package providers

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// storeHostsCSV lists the forms that the names of object stores' endpoints have.
// In a pattern {region} is the label that names a region, {name} one that the
// customer chose, and {aws} one of the domains of AWS. The place is in the claims
// language; it is empty where the name tells none. The source is where an endpoint
// of the form was read, or that it is known from memory alone. The first pattern
// that fits counts.
//
//go:embed store-hosts.csv
var storeHostsCSV []byte

// StoreHost is what the name of an object store's endpoint says. A name is the
// vendor's to shape: it can agree with a claim or dispute it.
type StoreHost struct {
	Provider string // id, as in [RegionProviders], or cloudflare-r2, storj
	Place    string // in the claims language, if the name tells one; its region may be one that no table has
}

// storeHostForm is a row of the table.
type storeHostForm struct {
	provider, place string
	pattern         *regexp.Regexp // with the region as its one group, if the name has it
}

var loadStoreHosts = sync.OnceValues(func() ([]storeHostForm, error) {
	var forms []storeHostForm
	err := eachRow("store-hosts.csv", storeHostsCSV, 4, func(row []string) error {
		pattern := strings.NewReplacer(
			`\{region\}`, `([a-z0-9-]+)`, `\{name\}`, `[a-z0-9-]+`, `\{aws\}`, `(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu)`,
		).Replace(regexp.QuoteMeta(row[1]))
		compiled, err := regexp.Compile("^" + pattern + "$")
		if err != nil {
			return err
		}
		if strings.Contains(row[2], "{region}") && compiled.NumSubexp() != 1 {
			return fmt.Errorf("%s names no region for %s", row[1], row[2])
		}
		forms = append(forms, storeHostForm{provider: row[0], place: row[2], pattern: compiled})
		return nil
	})
	return forms, err
})

// LookupStoreHost reads the name of an object store's endpoint, such as
// s3.eu-central-1.wasabisys.com. It is false for a name of no listed form. The
// table is tested, so that it cannot be read is a broken build.
func LookupStoreHost(host string) (StoreHost, bool) {
	forms, err := loadStoreHosts()
	if err != nil {
		panic(err)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, form := range forms {
		found := form.pattern.FindStringSubmatch(host)
		if found == nil {
			continue
		}
		place := form.place
		if len(found) > 1 {
			place = strings.ReplaceAll(place, "{region}", found[1])
		}
		return StoreHost{Provider: form.provider, Place: place}, true
	}
	return StoreHost{}, false
}
