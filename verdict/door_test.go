package verdict_test

import "github.com/landfall-audit/landfall/verdict"

// doorStories are of the hosts that answer, and of claims that are not judged.
var doorStories = []story{
	{
		name: "TwoVantagesRefute", claim: "allow: [CN]", seen: []string{"at fra 5", "at par 12"},
		want: []string{"front-door refuted physics"}, rolled: verdict.Refuted, because: "the nearest place that the claim allows is",
	},
	{
		name: "OneVantageIsHeldBack", claim: "allow: [CN]", seen: []string{"at fra 5"},
		want: []string{"front-door disputed physics single"}, rolled: verdict.Disputed, limit: "one vantage alone",
	},
	{
		name: "OneSelfCheckedVantageRefutes", claim: "allow: [CN]", seen: []string{"at fra 5", "landmark fra 0.2"},
		want: []string{"front-door refuted physics single"}, rolled: verdict.Refuted,
	},
	{
		name: "ImportedVantageHasPassedNothing", claim: "allow: [CN]", seen: []string{"at fra 5", "passed fra", "imported fra"},
		want: []string{"front-door disputed physics single"}, rolled: verdict.Disputed,
	},
	{
		name: "FailedSelfCheckIsSetAside", claim: "allow: [CN]", seen: []string{"at fra 5", "failed fra"},
		want: []string{"front-door not-tested none"}, rolled: verdict.NotTested, limit: "self-check failed",
	},
	{
		name: "ReplyInNoTimeMayBeAnotherHosts", claim: "deny: [CN]\nstate: processing\ncovers: [metadata]", seen: []string{"at fra 5", "at par 12", "at pek 0"},
		want: []string{"front-door proven physics one-host"}, rolled: verdict.Proven, limit: "one host answered all vantages",
	},
	{
		name: "ADoorDoesNotShowWhereCopiesAre", claim: "deny: [CN]\nrequire: [DE]\nstate: processing\ncovers: [metadata]", seen: []string{"at fra 5", "at par 12"},
		want: []string{"front-door consistent physics one-host"}, rolled: verdict.Consistent, limit: "does not show which copies there are",
	},
	{
		name: "ReplyToNobodyMayBeAnotherHosts", claim: "deny: [CN]\nstate: processing\ncovers: [metadata]",
		seen: []string{"at fra 5", "at par 12", `{"kind":"rtt","vantage":"nobody","addr":"203.0.113.7","port":443,"method":"tcp","min_ms":9}`},
		want: []string{"front-door proven physics one-host"}, rolled: verdict.Proven,
	},
	{
		name: "ReplyToOneThatFailedIsNone", claim: "deny: [CN]\nstate: processing\ncovers: [metadata]", seen: []string{"at fra 5", "at par 12", "at pek 300", "failed pek"},
		want: []string{"front-door proven physics one-host"}, rolled: verdict.Proven,
	},
	{
		name: "DenialProvenByDistance", claim: "deny: [CN]\nstate: processing\ncovers: [metadata]", seen: []string{"at fra 5", "at par 12"},
		want: []string{"front-door proven physics one-host"}, rolled: verdict.Proven,
	},
	{
		name: "ProvenFrontDoorIsNotTheVault", claim: "deny: [CN]", seen: []string{"at fra 5", "at par 12"},
		want: []string{"front-door proven physics one-host"}, rolled: verdict.Consistent, limit: "nothing proves where the content behind them rests",
	},
	{
		name: "WithinOneCountryByOneOfTwo", claim: "allow: [DE]", seen: []string{"at fra 0.4", "at par 12"},
		want: []string{"front-door consistent physics single one-host"}, rolled: verdict.Consistent,
	},
	{
		name: "WithinOneCountryByBoth", claim: "allow: [DE, FR, BE, LU, CH, NL, GB]", seen: []string{"at fra 0.4", "at par 1"},
		want: []string{"front-door consistent physics one-host"}, rolled: verdict.Consistent,
	},
	{
		name: "ReachesBoth", claim: "allow: [DE]", seen: []string{"at fra 5", "at par 12"},
		want: []string{"front-door inconclusive physics"}, rolled: verdict.Inconclusive,
	},
	{
		name: "AtRestADoorOutsideDisputes", claim: "allow: [CN]\nstate: rest", seen: []string{"at fra 5", "at par 12"},
		want: []string{"front-door disputed physics"}, rolled: verdict.Disputed, limit: "data at rest",
	},
	{
		name: "BootstrapSaysNothing", claim: "allow: [CN]", endpoint: "bootstrap: true", seen: []string{"at fra 5", "at par 12"},
		want: []string{"front-door inconclusive physics"}, rolled: verdict.Inconclusive, limit: "only tells the client",
	},
	{
		name: "DatabaseDisputes", claim: "allow: [DE]", seen: []string{"db US"},
		want: []string{"front-door disputed database"}, rolled: verdict.Disputed,
	},
	{
		name: "DatabaseAgrees", claim: "allow: [DE]", seen: []string{"db DE"},
		want: []string{"front-door consistent database"}, rolled: verdict.Consistent,
	},
	{
		name: "DatabasesContradictOneAnother", claim: "allow: [DE]", seen: []string{"db DE", "db US"},
		want: []string{"front-door inconclusive database"}, rolled: verdict.Inconclusive, limit: "contradict one another",
	},
	{
		name: "DatabaseThatPhysicsRulesOut", claim: "deny: [US]", seen: []string{"at fra 4", "at par 9", "db US"},
		want: []string{"front-door proven physics one-host"}, rolled: verdict.Consistent, because: "which the round trips rule out",
	},
	{
		name: "NoDatabaseConvicts", claim: "allow: [DE]", seen: []string{"db US", "db CN", "db RU"},
		want: []string{"front-door disputed database"}, rolled: verdict.Disputed,
	},
	{
		name: "PublishedRangeRefutes", claim: "allow: [EU]", seen: []string{"range aws us-east-1"},
		want: []string{"front-door refuted provider"}, rolled: verdict.Refuted,
	},
	{
		name: "PublishedRangeAgrees", claim: `allow: ["aws:eu-central-1"]`, seen: []string{"range aws eu-central-1"},
		want: []string{"front-door consistent provider"}, rolled: verdict.Consistent,
	},
	{
		name: "OtherRegionOfTheProvider", claim: `allow: ["aws:eu-central-1"]`, seen: []string{"range aws eu-west-1"},
		want: []string{"front-door refuted provider"}, rolled: verdict.Refuted,
	},
	{
		name: "PublishedRangeAgainstPhysics", claim: "allow: [DE]", seen: []string{"at fra 5", "range aws us-east-1"},
		want: []string{"front-door inconclusive physics"}, rolled: verdict.Inconclusive, because: "which the round trips rule out",
	},
	{
		name: "UnknownRegionSettlesNothing", claim: "allow: [EU]", seen: []string{"range aws xx-nowhere-9"},
		want: []string{"front-door inconclusive none"}, rolled: verdict.Inconclusive,
	},
	{
		name: "ManyHostsOneOutside", claim: "allow: [GB, FR, BE, NL, IE]", seen: []string{"at lon 1", "at tyo 1"},
		want: []string{"front-door disputed physics single"}, rolled: verdict.Disputed, because: "cannot be one host",
	},
	{
		name: "ManyHostsTwoOutside", claim: "allow: [GB, FR, BE, NL, IE]", seen: []string{"at lon 1", "at tyo 1", "at osa 3"},
		want: []string{"front-door refuted physics"}, rolled: verdict.Refuted,
	},
	{
		name: "ManyHostsAreNotIntersected", claim: "allow: [GB, FR, BE, NL, IE, JP, KR, RU]", seen: []string{"at lon 1", "at tyo 1", "at fra 30"},
		want: []string{"front-door inconclusive physics"}, rolled: verdict.Inconclusive,
	},
	{
		name: "ManyHostsDatabaseKnowsOnePlace", claim: "allow: [GB, JP]", seen: []string{"at lon 1.5", "at osa 1", "db GB"},
		want: []string{"front-door inconclusive database"}, rolled: verdict.Inconclusive,
	},
	{
		name: "RefutationDoesNotLeanOnIntersection", claim: "allow: [KZ, PT]", seen: []string{"at fra 22", "at pek 65"},
		want: []string{"front-door disputed physics single one-host"}, rolled: verdict.Disputed,
	},
	{
		name: "DenialRefutedFromWithin", claim: "deny: [CN]", seen: []string{"at xia 3", "at pek 9.5"},
		want: []string{"front-door disputed physics single"}, rolled: verdict.Disputed,
	},
	{
		name: "TerritoryIsNotRefuted", claim: "allow: [US]", seen: []string{"at sju 0.6", "at bqn 0.6"},
		want: []string{"front-door disputed physics"}, rolled: verdict.Disputed, limit: "Puerto Rico (PR)",
	},
	{
		name: "TerritoryIsNotRefutedWhateverADatabaseSays", claim: "allow: [US]", seen: []string{"at sju 0.6", "at bqn 0.6", "db US"},
		want: []string{"front-door disputed physics"}, rolled: verdict.Disputed, limit: "Puerto Rico (PR)",
	},
	{
		name: "TerritoryIsNotConsistentAgainstADatabase", claim: "deny: [US]", seen: []string{"at sju 0.6", "at bqn 0.6", "db US"},
		want: []string{"front-door disputed database"}, rolled: verdict.Disputed,
	},
	{
		name: "TerritoryIsNotMainland", claim: "allow: [PR]", seen: []string{"at sju 0.6", "at bqn 0.6"},
		want: []string{"front-door proven physics one-host"}, rolled: verdict.Consistent,
	},
	{
		name: "SubdivisionOutOfReach", claim: "allow: [DE-BB]", seen: []string{"at tyo 3", "at osa 5"},
		want: []string{"front-door refuted physics"}, rolled: verdict.Refuted,
	},
	{
		name: "SubdivisionIsNeverProven", claim: "allow: [DE-BB]", seen: []string{"at ber 0.1", "at fra 6"},
		want: []string{"front-door inconclusive physics"}, rolled: verdict.Inconclusive,
	},
	{
		name: "PointProven", claim: `allow: ["point:50.11,8.68,200"]`, seen: []string{"at fra 0.4", "landmark fra 0.2"},
		want: []string{"front-door proven physics single one-host"}, rolled: verdict.Consistent,
	},
	{
		name: "PointRefuted", claim: `allow: ["point:50.11,8.68,200"]`, seen: []string{"at tyo 3", "at osa 5"},
		want: []string{"front-door refuted physics"}, rolled: verdict.Refuted,
	},
	{
		name: "PointDeniedAroundTheHost", claim: `deny: ["point:50.11,8.68,200"]`, seen: []string{"at fra 0.4", "landmark fra 0.2"},
		want: []string{"front-door refuted physics single"}, rolled: verdict.Refuted,
	},
	{
		name: "CountryTakenOutOfAGroup", claim: `allow: [EU, "-DE"]`, seen: []string{"at fra 0.4", "landmark fra 0.2"},
		want: []string{"front-door refuted physics single"}, rolled: verdict.Refuted,
	},
	{
		name: "HongKongIsNotCN", claim: `deny: [CN]`, seen: []string{"db HK"},
		want: []string{"front-door consistent database"}, rolled: verdict.Consistent,
	},
	{
		name: "OperatorByRegistration", claim: "about: operator\noperators: {deny: {organisations: [Xiaomi]}}",
		seen: []string{`{"kind":"network","addr":"203.0.113.7","asn":64500,"organisation":"XIAOMI Technology Co., Ltd","registered_country":"SG"}`},
		want: []string{"operator disputed registration"}, rolled: verdict.Disputed, limit: "does not show who can reach the data",
	},
	{
		name: "OperatorByJurisdiction", claim: "about: operator\noperators: {deny: {jurisdictions: [CN]}}",
		seen: []string{`{"kind":"network","addr":"203.0.113.7","asn":64500,"organisation":"Example","registered_country":"SG"}`},
		want: []string{"operator consistent registration"}, rolled: verdict.Consistent,
	},
	{
		name: "OperatorHeldByAnother", claim: "about: operator\noperators: {deny: {organisations: [Deutsche Telekom]}}",
		seen: []string{`{"kind":"network","addr":"203.0.113.7","asn":64500,"organisation":"T-Systems International GmbH","registered_country":"DE"}`},
		want: []string{"operator disputed registration"}, rolled: verdict.Disputed, because: "(capital: 100 %, votes: not stated)",
	},
	{
		name: "OperatorHeldInPartByAnother", claim: "about: operator\noperators: {deny: {organisations: [OBAG]}}",
		seen: []string{`{"kind":"network","addr":"203.0.113.7","asn":64500,"organisation":"Telekom Austria AG","registered_country":"AT"}`},
		want: []string{"operator consistent registration"}, rolled: verdict.Consistent, because: "that part does not control it",
	},
	{
		name: "OperatorUnknown", claim: "about: operator\noperators: {deny: {jurisdictions: [CN]}}", seen: []string{"at fra 5"},
		want: []string{"operator not-tested none"}, rolled: verdict.NotTested, limit: "--asn",
	},
	{
		name: "PathThroughAnotherCountry", claim: "about: transit\nallow: [DE, FR]",
		seen: []string{
			`{"kind":"trace","vantage":"tyo","addr":"203.0.113.7","method":"tcp","reached":true,"hops":[{"ttl":1},{"ttl":2,"addr":"198.51.100.1","rtt_ms":[2]}]}`,
			`{"kind":"trace","vantage":"osa","addr":"203.0.113.7","method":"tcp","reached":true,"hops":[{"ttl":1,"addr":"198.51.100.1","rtt_ms":[6]}]}`,
		},
		want: []string{"path disputed physics no-interception"}, rolled: verdict.Disputed, limit: "silent routers",
	},
	{
		name: "EachCountryIsGivenAnother", claim: "deny: [CN]",
		seen: []string{
			`{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","client_country":"IN","rcode":"NOERROR","answers":["203.0.113.7"]}`,
			`{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","client_country":"TW","rcode":"NOERROR","answers":["203.0.113.8"]}`,
			"db CN", `{"kind":"geoip","addr":"203.0.113.8","database":"db","country":"TW"}`,
		},
		want: []string{"IN front-door disputed database", "TW front-door consistent database"}, rolled: verdict.Disputed,
	},
	{
		name: "AnswersForOthersAreNotJudged", claim: "deny: [CN]\nwhen: {user_country: {not: [CN]}}",
		seen: []string{
			`{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","client_country":"CN","rcode":"NOERROR","answers":["203.0.113.8"]}`,
			`{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","client_country":"TW","rcode":"NOERROR","answers":["203.0.113.7"]}`,
			`{"kind":"geoip","addr":"203.0.113.8","database":"db","country":"CN"}`, "db TW",
		},
		want: []string{"front-door consistent database"}, rolled: verdict.Consistent,
	},
	{name: "Superseded", claim: "allow: [DE]\nuntil: 2020-01-01", seen: []string{"db US"}, rolled: verdict.NotTested, limit: "superseded"},
	{name: "NotDueYet", claim: "allow: [DE]\nstrength: announcement\ndeadline: 2027-01-01", seen: []string{"db US"}, rolled: verdict.NotTested, limit: "2027-01-01"},
	{name: "Vague", claim: "strength: vague", seen: []string{"db US"}, rolled: verdict.NotTested, limit: "names no place"},
	{
		name: "NoSuchName", claim: "allow: [DE]",
		seen: []string{`{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","rcode":"NXDOMAIN"}`},
		want: []string{"front-door not-tested none"}, rolled: verdict.NotTested, limit: "NXDOMAIN",
	},
	{
		name: "NothingOfTheAddress", claim: "allow: [DE]",
		seen: []string{`{"kind":"error","probe":"rtt","target":"203.0.113.7:443","error":"i/o timeout","class":"timeout"}`},
		want: []string{"front-door not-tested none"}, rolled: verdict.NotTested, limit: "i/o timeout",
	},
	{
		name: "RoundTripInNoTimeIsAFault", claim: "allow: [CN]", seen: []string{"at fra 0", "at par 0"},
		want: []string{"front-door not-tested none"}, rolled: verdict.NotTested,
	},
	{
		name: "EdgeNetworkIsNotProvenByIntersection", claim: "allow: [EU, GB, CH, LI, NO, IS]\ncovers: [metadata]",
		seen: []string{"at fra 2", "at lon 8", "at par 8", "at ber 9", `{"kind":"http","addr":"203.0.113.7","url":"https://api.example.com/","status":200,"headers":{"cf-ray":"1-FRA"}}`},
		want: []string{"front-door consistent physics one-host"}, rolled: verdict.Consistent, limit: "names a point of presence",
	},
}
