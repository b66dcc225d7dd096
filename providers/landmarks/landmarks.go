// Package landmarks lists hosts whose place their operators publish.
//
// The round trip from a machine to a landmark and that from the same machine to
// an endpoint bound how far the endpoint is from the landmark, wherever the
// machine is. A landmark is an endpoint of one region of a cloud, without
// anycast, that shows a certificate for its name.
package landmarks

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/landfall-audit/landfall/providers"
)

//go:embed landmarks.csv
var landmarksCSV []byte

// httpsPort is where landmarks answer.
const httpsPort = 443

// Landmark is a host whose place its operator publishes.
type Landmark struct {
	Host     string
	Port     uint16
	Provider string
	Region   string // the provider's code
	Lat, Lon float64
	RadiusKM float64 // the host is within this distance
	Source   string  // where the provider names the host
}

// table is the list, and where each host is in it.
type table struct {
	list   []Landmark
	byHost map[string]int
}

// load reads the list once. It is tested, so an error is a broken build.
var load = sync.OnceValues(func() (*table, error) { return read(landmarksCSV) })

func loaded() *table {
	t, err := load()
	if err != nil {
		panic(err)
	}
	return t
}

// All returns the landmarks.
func All() []Landmark { return slices.Clone(loaded().list) }

// Lookup returns the landmark of a host name.
func Lookup(host string) (Landmark, bool) {
	t := loaded()
	at, ok := t.byHost[strings.ToLower(strings.TrimSuffix(host, "."))]
	if !ok {
		return Landmark{}, false
	}
	return t.list[at], true
}

func read(data []byte) (*table, error) {
	reader := csv.NewReader(bytes.NewReader(data))
	reader.FieldsPerRecord = 4
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("landmarks.csv: %w", err)
	}
	t := &table{byHost: map[string]int{}}
	for i, row := range rows[1:] {
		region, ok := providers.LookupRegion(row[1], row[2])
		if !ok || region.RadiusKM == 0 {
			return nil, fmt.Errorf("landmarks.csv:%d: the place of %s:%s is not known; a region with a position in regions.csv is expected", i+2, row[1], row[2])
		}
		if _, twice := t.byHost[row[0]]; twice {
			return nil, fmt.Errorf("landmarks.csv:%d: %s stands twice", i+2, row[0])
		}
		t.byHost[row[0]] = len(t.list)
		t.list = append(t.list, Landmark{
			Host: row[0], Port: httpsPort, Provider: row[1], Region: row[2],
			Lat: region.Lat, Lon: region.Lon, RadiusKM: region.RadiusKM, Source: row[3],
		})
	}
	return t, nil
}
