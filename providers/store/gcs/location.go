package gcs

import (
	"fmt"
	"strings"

	"cloud.google.com/go/storage"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
)

// providerID is what regions.csv calls Google Cloud.
const providerID = "gcp"

// dualRegions is the regions of each predefined dual-region, and areas what each
// multi-region is in the claims language
// (https://cloud.google.com/storage/docs/locations).
var (
	dualRegions = map[string][]string{
		"ASIA1": {"asia-northeast1", "asia-northeast2"},
		"EUR4":  {"europe-north1", "europe-west4"},
		"EUR5":  {"europe-west1", "europe-west2"},
		"EUR7":  {"europe-west2", "europe-west3"},
		"EUR8":  {"europe-west3", "europe-west6"},
		"NAM4":  {"us-central1", "us-east1"},
	}
	areas = map[string]string{"EU": "EU", "US": "US", "ASIA": "gcp-geo:asia"}
)

// read turns what Google says of a bucket into an observation.
func read(bucket store.Bucket, attrs *storage.BucketAttrs) *evidence.Storage {
	said := &evidence.Storage{Target: bucket.String(), Provider: providerID, API: api, Locations: locations(attrs)}
	switch place := strings.ToUpper(attrs.Location); {
	case attrs.LocationType == "multi-region":
		said.Notes = append(said.Notes, fmt.Sprintf("%s is a multi-region: the copies are in at least two of its regions, and Google does not say in which", place))
	case len(said.Locations) > 1:
		said.Notes = append(said.Notes, fmt.Sprintf("%s is a dual-region: there is a copy in each of the two", place))
	}
	if attrs.RPO == storage.RPOAsyncTurbo {
		said.Notes = append(said.Notes, "turbo replication is on: the second region has a copy within 15 minutes")
	}
	if soft := attrs.SoftDeletePolicy; soft != nil && soft.RetentionDuration > 0 {
		said.Notes = append(said.Notes, fmt.Sprintf("soft delete is on: deleted objects stay for %.0f days", soft.RetentionDuration.Hours()/24))
	}
	said.Notes = append(said.Notes, unbound)
	return said
}

// locations returns the places of a bucket: one for a region, each of a dual-region,
// and the area of a multi-region. What no table knows keeps Google's name.
func locations(attrs *storage.BucketAttrs) []string {
	place := strings.ToUpper(attrs.Location)
	regions := dualRegions[place]
	if custom := attrs.CustomPlacementConfig; custom != nil && len(custom.DataLocations) > 0 {
		regions = custom.DataLocations
	}
	if area := areas[place]; area != "" && len(regions) == 0 {
		return []string{area}
	}
	if len(regions) == 0 && place != "" {
		regions = []string{withoutZone(place, attrs.LocationType)}
	}
	var out []string
	for _, region := range regions {
		out = append(out, providerID+":"+strings.ToLower(region))
	}
	return out
}

// withoutZone returns the region of a zone such as US-CENTRAL1-A.
func withoutZone(place, kind string) string {
	if i := strings.LastIndexByte(place, '-'); kind == "zone" && i > 0 {
		return place[:i]
	}
	return place
}

// unbound is said of every bucket
// (https://cloud.google.com/storage/docs/locations).
const unbound = "the location is that of object data; Google does not bind metadata, such as names and policies, to it"
