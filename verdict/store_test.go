package verdict_test

import "github.com/landfall-audit/landfall/verdict"

// A bucket of Azure's of which a second region has a copy, at an endpoint of its own.
const (
	withSecondary = `{"kind":"storage","target":"azblob://account/photos","provider":"azure","locations":["azure:germanywestcentral"],"replicas":[{"target":"azblob://account-secondary/photos","location":"azure:germanynorth","rule":"replication Standard_RAGRS","host":"account-secondary.blob.core.windows.net"}],"api":"Storage Accounts - List"}`
	listsAway     = `{"kind":"storage","target":"azblob://account/photos","provider":"azure","replicas":[{"target":"azblob://account-secondary/photos","rule":"inventory","holds":"metadata","host":"account-secondary.blob.core.windows.net"}],"api":"x"}`
	nobodyKnows   = `{"kind":"storage","target":"azblob://account/photos","provider":"azure","replicas":[{"target":"azblob://account-secondary/photos","rule":"replication Standard_RAGRS","host":"account-secondary.blob.core.windows.net"}],"api":"Get Account Information"}`
	secondaryDoor = `{"kind":"dns","vantage":"fra","name":"account-secondary.blob.core.windows.net","type":"A","rcode":"NOERROR","answers":["203.0.113.7"]}`
)

// storeStories are of what lies behind a front door, by what its provider says
// and by timed reads.
var storeStories = []story{
	{
		name: "StoreOutsideRefutes", claim: "allow: [EU]\nstate: rest", endpoint: `host: "s3://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"replicas":[{"target":"s3://copy","location":"aws:us-east-1"}],"api":"GetBucketReplication"}`},
		want: []string{"store refuted provider"}, rolled: verdict.Refuted, because: "its copy s3://copy is in aws:us-east-1",
	},
	{
		name: "OfAHostThatIsNoBucketNoProviderSpeaks", claim: "allow: [EU]\nstate: rest",
		seen: []string{"at fra 0.5", "at par 0.4", `{"kind":"storage","target":"api.example.com","provider":"aws","locations":["aws:cn-north-1"],"api":"GetBucketLocation"}`},
		want: []string{"front-door consistent physics one-host"}, rolled: verdict.Consistent,
	},
	{
		name: "StoreInsideAgrees", claim: "allow: [EU]\nstate: rest", endpoint: `host: "s3://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"api":"HeadBucket"}`},
		want: []string{"store consistent provider"}, rolled: verdict.Consistent, limit: "does not exclude others",
	},
	{
		name: "RequiredCopyIsMissing", claim: "require: [FR]", endpoint: `host: "s3://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"api":"HeadBucket"}`},
		want: []string{"store refuted provider"}, rolled: verdict.Refuted, because: "no copy is listed in FR",
	},
	{
		name: "RequiredCopyMayBeInWhatWasNotRead", claim: "require: [FR]", endpoint: `host: "s3://bucket"`,
		seen: []string{
			"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"api":"HeadBucket"}`,
			`{"kind":"error","probe":"storage","target":"s3://bucket","error":"GetBucketReplication: the credentials may not ask this","class":"denied"}`,
		},
		want: []string{"store inconclusive provider"}, rolled: verdict.Inconclusive, limit: "not read: GetBucketReplication",
	},
	{
		name: "BucketWithoutReplicationIsFine", claim: "allow: [DE]", endpoint: `host: "s3://bucket/"`,
		seen: []string{
			"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"api":"GetBucketLocation"}`,
			`{"kind":"storage","target":"s3://bucket","provider":"aws","api":"GetBucketReplication"}`,
		},
		want: []string{"store consistent provider"}, rolled: verdict.Consistent,
	},
	{
		name: "InventoryIsNoCopyOfTheContent", claim: "allow: [EU]", endpoint: `host: "s3://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"replicas":[{"target":"s3://lists","location":"aws:us-west-2","rule":"inventory weekly","holds":"metadata"}],"api":"x"}`},
		want: []string{"store consistent provider"}, rolled: verdict.Consistent, limit: "names and sizes, not contents, are written to s3://lists (aws:us-west-2)",
	},
	{
		name: "InventoryIsACopyOfMetadata", claim: "allow: [EU]\ncovers: [content, metadata]", endpoint: `host: "s3://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"replicas":[{"target":"s3://lists","location":"aws:us-west-2","rule":"inventory weekly","holds":"metadata"}],"api":"x"}`},
		want: []string{"store refuted provider"}, rolled: verdict.Refuted, because: "the copy of its metadata s3://lists (inventory weekly) is in aws:us-west-2",
	},
	{
		name: "NameOfAnEndpointConvictsNobody", claim: "allow: [EU]", endpoint: `host: "s3://bucket?endpoint=https://s3.us-east-2.wasabisys.com"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket?endpoint=https://s3.us-east-2.wasabisys.com","provider":"wasabi","locations":["wasabi:us-east-2"],"api":"endpoint-name"}`},
		want: []string{"store disputed database"}, rolled: verdict.Disputed, because: "the name of the endpoint",
	},
	{
		name: "RegionThatNoTableHas", claim: "allow: [EU]", endpoint: `host: "s3://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:mars-north-1"],"api":"HeadBucket"}`},
		want: []string{"store inconclusive none"}, rolled: verdict.Inconclusive, because: "a place that is not known here",
	},
	{
		name: "CopyThatNobodyPlaces", claim: "allow: [EU]", endpoint: `host: "s3://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"replicas":[{"target":"s3://other"}],"api":"GetBucketReplication"}`},
		want: []string{"store inconclusive provider"}, rolled: verdict.Inconclusive, because: "there is its copy s3://other, and not where",
	},
	{
		name: "MultiRegionIsWiderThanTheClaim", claim: "allow: [DE]", endpoint: `host: "gs://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"gs://bucket","provider":"gcp","locations":["EU"],"api":"buckets.get","notes":["EU is a multi-region"]}`},
		want: []string{"store inconclusive none"}, rolled: verdict.Inconclusive, limit: "EU is a multi-region",
	},
	{
		name: "MultiRegionWithinTheClaim", claim: "deny: [CN]", endpoint: `host: "gs://bucket"`,
		seen: []string{"no dns", `{"kind":"storage","target":"gs://bucket","provider":"gcp","locations":["gcp-geo:asia"],"api":"buckets.get"}`},
		want: []string{"store consistent provider"}, rolled: verdict.Consistent,
	},
	{
		name: "PairThatLeavesTheGeography", claim: "allow: [BR]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{"no dns", `{"kind":"storage","target":"azblob://account/photos","provider":"azure","locations":["azure:brazilsouth"],"replicas":[{"target":"azblob://account-secondary/photos","location":"azure:southcentralus","rule":"replication Standard_GRS"}],"api":"Storage Accounts - List"}`},
		want: []string{"store refuted provider"}, rolled: verdict.Refuted, because: "azure:southcentralus",
	},
	{
		name: "DoorOfACopyRefutes", claim: "allow: [CN]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{nobodyKnows, secondaryDoor, "tcp fra 5", "tcp par 12"},
		want: []string{"store inconclusive none", "front-door refuted physics no-interception"}, rolled: verdict.Refuted, limit: "it is the front end of a copy, azblob://account-secondary/photos",
	},
	{
		name: "DoorOfACopyDisputesWhatRests", claim: "allow: [CN]\nstate: rest", endpoint: `host: "azblob://account/photos"`,
		seen: []string{nobodyKnows, secondaryDoor, "tcp fra 5", "tcp par 12"},
		want: []string{"store inconclusive none", "front-door disputed physics no-interception"}, rolled: verdict.Disputed,
	},
	{
		name: "DoorOfACopyAgrees", claim: "allow: [DE]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{withSecondary, secondaryDoor, "at fra 9", "range azure germanynorth"},
		want: []string{"store consistent provider", "front-door consistent provider"}, rolled: verdict.Consistent,
	},
	{
		name: "DoorOfACopyOutsideByItsRange", claim: "allow: [DE]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{withSecondary, secondaryDoor, "at fra 9", "range azure westeurope"},
		want: []string{"store consistent provider", "front-door refuted provider"}, rolled: verdict.Refuted,
	},
	{
		name: "DoorOfACopyOfWhichNothingIsKnown", claim: "allow: [DE]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{withSecondary, secondaryDoor},
		want: []string{"store consistent provider"}, rolled: verdict.Consistent,
	},
	{
		name: "DoorOfACopyAndARequiredPlace", claim: "require: [DE]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{withSecondary, secondaryDoor, "at fra 5"},
		want: []string{"store consistent provider"}, rolled: verdict.Consistent,
	},
	{
		name: "DoorOfACopyOfOtherThings", claim: "allow: [CN]\ncovers: [content]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{listsAway, secondaryDoor, "at fra 5", "at par 12"},
		want: []string{"store inconclusive none"}, rolled: verdict.Inconclusive,
	},
	{
		name: "DoorOfACopyIsNoPath", claim: "about: transit\nallow: [CN]", endpoint: `host: "azblob://account/photos"`,
		seen: []string{nobodyKnows, secondaryDoor, "at fra 5", "at par 12"},
		want: []string{"path not-tested none"}, rolled: verdict.NotTested,
	},
	{
		name: "DoorOfACopyOfOtherData", claim: "allow: [CN]\ncovers: [telemetry]", endpoint: `host: "azblob://account/photos"`,
		seen:   []string{nobodyKnows, secondaryDoor, "at fra 5", "at par 12"},
		rolled: verdict.NotTested, limit: "no endpoint of the sheet carries the data",
	},
	{
		name: "NothingWasToldOfABucket", claim: "allow: [EU]", endpoint: `host: "gs://bucket"`,
		seen: []string{"no dns", `{"kind":"error","probe":"storage","target":"gs://bucket","error":"buckets.get: the credentials may not ask this; the permission storage.buckets.get would help","class":"denied"}`},
		want: []string{"store not-tested none"}, rolled: verdict.NotTested, limit: "storage.buckets.get would help",
	},
	{
		name: "TimedReadsRefute", claim: "allow: [CN]\nstate: rest", endpoint: `host: "s3://bucket"`,
		seen: []string{
			"no dns",
			`{"kind":"retrieval","vantage":"fra","target":"s3://bucket","addr":"203.0.113.7","challenges":32,"rtt_min_ms":1,"ttfb_min_ms":9}`,
			`{"kind":"retrieval","vantage":"par","target":"s3://bucket","addr":"203.0.113.7","challenges":32,"rtt_min_ms":9,"ttfb_min_ms":18}`,
		},
		want: []string{"store refuted physics"}, rolled: verdict.Refuted,
	},
}
