package sources

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/probes/geoip"
	"github.com/landfall-audit/landfall/probes/network"
	"github.com/landfall-audit/landfall/providers/ranges"
)

// Opened are the open data sets of a run.
type Opened struct {
	GeoIP  []*geoip.Database
	ASN    []*network.Database
	Ranges *ranges.Table

	// OutOfReach is set where data sets are lacking and there is no network to fetch
	// them.
	OutOfReach error
}

// DataSets returns the files that are looked in, by the names that they have in
// evidence.
func (s *Opened) DataSets() []evidence.DataSet {
	out := slices.Concat(geoip.DataSets(s.GeoIP), network.DataSets(s.ASN))
	if s.Ranges != nil {
		out = append(out, s.Ranges.DataSets()...)
	}
	return out
}

// Close closes the files.
func (s *Opened) Close() {
	for _, d := range s.GeoIP {
		_ = d.Close() // only read
	}
	for _, d := range s.ASN {
		_ = d.Close()
	}
}

// Open opens the data sets of a run. These are the files that options name, each of
// which must be good, the embedded database, and what the folder of data sets holds
// beside that. What is lacking there is fetched first, unless the options say
// Offline.
func (o Options) Open(ctx context.Context, now time.Time, events event.Handler) (*Opened, error) {
	store, err := o.store()
	if err != nil {
		return nil, err
	}
	s, err := openNamed(o.GeoIP, o.ASN)
	if err != nil {
		return nil, err
	}
	if !o.Offline {
		s.OutOfReach = fetchLacking(ctx, newFetching(store, now, events))
	}
	s.openStore(events, store)
	return s, nil
}

// openNamed opens the named files and the embedded database.
func openNamed(geoipFiles, asnFiles []string) (*Opened, error) {
	s := &Opened{}
	var problems []error
	for _, path := range geoipFiles {
		db, err := geoip.Open(path)
		s.addGeoIP(db, err)
		problems = append(problems, wrapFlag("--geoip", err))
	}
	for _, path := range asnFiles {
		db, err := network.Open(path)
		s.addASN(db, err)
		problems = append(problems, wrapFlag("--asn", err))
	}
	data, err := datasets.Country()
	if err == nil {
		var db *geoip.Database
		db, err = geoip.OpenBytes(embeddedName, data)
		s.addGeoIP(db, err)
	}
	if err := errors.Join(append(problems, err)...); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// embeddedName is what the embedded database is called in evidence.
const embeddedName = "dbip-country-lite.mmdb"

func wrapFlag(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}

func (s *Opened) addGeoIP(db *geoip.Database, err error) {
	if err == nil {
		s.GeoIP = append(s.GeoIP, db)
	}
}

func (s *Opened) addASN(db *network.Database, err error) {
	if err == nil {
		s.ASN = append(s.ASN, db)
	}
}

// openStore opens what the folder of data sets holds. What cannot be used is
// said and left out.
func (s *Opened) openStore(events event.Handler, store datasets.Store) {
	var feeds []ranges.Feed
	for _, source := range ranges.Sources() {
		path := store.Path(rangeSet(source))
		if !isThere(path) {
			continue
		}
		feed, err := readRanges(source, path)
		if err != nil {
			events.Send(event.DataLeftOut{Err: err})
			continue
		}
		feeds = append(feeds, feed)
	}
	s.Ranges = ranges.NewTable(feeds...)
	if path := store.Path(datasets.Set{File: cityName + ".mmdb"}); isThere(path) {
		db, err := geoip.Open(path)
		s.addGeoIP(db, leftOut(events, err))
	}
	if path := store.Path(datasets.Set{File: asnName + ".mmdb"}); isThere(path) {
		db, err := network.Open(path)
		s.addASN(db, leftOut(events, err))
	}
}

func leftOut(events event.Handler, err error) error {
	if err != nil {
		events.Send(event.DataLeftOut{Err: err})
	}
	return err
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
