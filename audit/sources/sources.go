// Package sources holds the data sets that an audit draws on: which there are,
// fetching newer ones, and opening them.
package sources

import (
	"time"

	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/probes/geoip"
	"github.com/landfall-audit/landfall/reports/view"
)

// Options say which data sets a run draws on. With the zero value these are the
// embedded database and what is in the user's cache folder, and sets that are
// lacking there are fetched.
type Options struct {
	Dir     string   // folder of the data sets; empty: landfall/data in the user's cache folder
	GeoIP   []string // geolocation databases beside the embedded one, as MMDB files; none: no others
	ASN     []string // network databases, as MMDB files; none: no others
	Offline bool     // fetch nothing; false: what is lacking is fetched
}

func (o Options) store() (datasets.Store, error) {
	if o.Dir != "" {
		return datasets.Store{Dir: o.Dir}, nil
	}
	dir, err := datasets.DefaultDir()
	return datasets.Store{Dir: dir}, err
}

// Status is what is known of a data set in the folder.
type Status struct {
	Name, Holds string
	Licence     string
	Attribution string        // that the licence asks for; empty: none
	StaleAfter  time.Duration // from when on it is old; 0: never
	Fetched     time.Time     // zero: it was not
	Bytes       int64
}

// List returns the state of each data set, and the folder that they are in.
func (o Options) List() (dir string, list []Status, err error) {
	store, err := o.store()
	if err != nil {
		return "", nil, err
	}
	for _, set := range sets() {
		record, have, err := store.Status(set)
		if err != nil {
			return "", nil, err
		}
		status := Status{Name: set.Name, Holds: set.Holds, Licence: set.Licence, Attribution: set.Attribution, StaleAfter: set.StaleAfter}
		if have {
			status.Fetched, status.Bytes = record.Fetched, record.Bytes
		}
		list = append(list, status)
	}
	return store.Dir, list, nil
}

// Names returns the names of the data sets that can be fetched.
func Names() []string {
	var names []string
	for _, set := range sets() {
		names = append(names, set.Name)
	}
	return names
}

// EmbeddedBuilt returns the date of the embedded database of countries.
func EmbeddedBuilt() (string, error) {
	data, err := datasets.Country()
	if err != nil {
		return "", err
	}
	db, err := geoip.OpenBytes(embeddedName, data)
	if err != nil {
		return "", err
	}
	return db.Built, db.Close()
}

// EmbeddedAttribution is what the licence of the embedded database asks to be said.
const EmbeddedAttribution = datasets.CountryAttribution

// Attributions returns what the licences of the data ask reports to show.
func Attributions() []view.Attribution {
	return []view.Attribution{
		{Text: EmbeddedAttribution, URL: "https://db-ip.com", Licence: "CC BY 4.0"},
		{Text: "Country areas: Natural Earth", URL: "https://www.naturalearthdata.com", Licence: "public domain"},
	}
}
