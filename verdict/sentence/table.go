package sentence

import "github.com/landfall-audit/landfall/verdict"

// Parts that several sentences have in common.
const (
	who       = "{vantage}[ ({country})]"
	held      = "held back: "
	notProven = "not held to be proven"
	// reply is a reply and how far it can have come, around a landmark or the vantage.
	reply = "[" + who + " was answered in {rtt_ms}, and by {landmark}, whose place is published, in {landmark_rtt_ms}: wherever it stands, the reply came from within {within_km:reach} of {landmark}" +
		"|a reply to " + who + " took {rtt_ms}, so it came from within {within_km:reach} of there]"
	// read is a timed read and how far the bytes can have come, around a landmark, a
	// front end or the vantage.
	read = "[bytes that only the store has, and a reply of {landmark}, whose place is published, reached " + who + " within {rtt_ms} together, so the bytes rest within {within_km:reach} of {landmark}" +
		"|bytes that only the store has reached " + who + " within {rtt_ms} by a front door in {region}, so they rest within {within_km:reach} of the middle of that region" +
		"|bytes that only the store has reached " + who + " within {rtt_ms}, so they rest within {within_km:reach} of there]"
	nearest      = "; the nearest place that the claim allows is {nearest_km:down} km away"
	noneAllowed  = "; none of it is a place that the claim allows"
	allAllowed   = ", all of which the claim allows"
	shared       = "many hosts may share the address: "
	oneHost      = "one host is taken to have answered all vantages: "
	publishes    = "{provider} publishes {prefix}"
	saysSource   = "[{by_name:present}the name of the endpoint, which is one of {provider}, hints that|{provider} says ({api}) that]"
	holding      = "{holder} holds a part of {of} (capital: [{capital_percent:percent}|not stated], votes: [{votes_percent:percent}|not stated])[, known since {since}|, by a source without a date]: [{url}|source not on the web]"
	notInTable   = "; no database or published range has the address"
	territories  = "it can be in {territories:or}[ or {others} others], with an ISO 3166-1 code of its own, where the claim names {countries:and}: a vendor that means its territories too has to be asked"
	nearbyBox    = "somebody near it answers in its place, or the vantage is not where it says"
	awayFromHere = "{landmark} answered in {rtt_ms} ({evidence}), but is {away_km:down} km away or more from the declared place"
	learned      = "with an error rate of {error_percent:figures} %, learned from {landmarks} hosts of known place that all {vantages} vantages measured, replies use at most {light_percent:tenth} % of the speed of light in fibre; "
)

// table has the sentence of each code.
var table = merged(ofRules, ofReplies, ofSources, ofStores, ofOperators, ofLimits, ofClaims, ofUntested, ofVantages)

func merged(tables ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, t := range tables {
		for code, text := range t {
			if _, twice := out[code]; twice {
				panic("two sentences for " + code)
			}
			out[code] = text
		}
	}
	return out
}

// ofRules are the rules that keep a result down, and what some say in several ways.
var ofRules = map[string]string{
	verdict.CodeUntrustedCertificate:   "the certificate that {address} showed for {name} is not valid by the roots that decide[{system_trusts:present}, though the vantage's own system trusts it: that is how interception looks]",
	verdict.CodeTLSFailed:              "{address} did not complete a TLS handshake for {name}: {class}",
	verdict.CodeTransportOnly:          held + "the endpoint speaks TLS, and this holds only if nothing relays connections on the way: its own key did not answer so",
	verdict.CodePingOnly:               held + "only pings were answered, which another host than that of the port may answer",
	verdict.CodeOneVantage:             "one vantage alone carries this, and not by the endpoint's own key and a host of published place: held back until another agrees",
	verdict.CodeVantagesUnproven:       held + "no two of the vantages that carry this are borne out by their neighbours or by a record of their own, and as many may lie, one in five",
	verdict.CodeOneNetwork:             held + "without the replies to one network this would not follow, and anybody on the way could have given them",
	verdict.CodeOneNetworkOfPlatform:   held + "all vantages that carry this are {network}'s in one network, AS{asn}",
	verdict.CodeOneOpenNetwork:         held + "all vantages that carry this are in one network, AS{asn}, and anybody on the way could have given the replies",
	verdict.CodeManyHosts:              notProven + ": several hosts answered; each that was seen is inside, and others may exist",
	verdict.CodeNotProvenSince:         notProven + ", since {why:sentence}",
	verdict.CodeOneHostNotShown:        held + "it follows only if one host answered all vantages, and nothing speaks for that: no published range of a region, no name that is bound to one, no router that all were answered through",
	verdict.CodeElsewhereAside:         who + ", which is set aside, was answered from elsewhere",
	verdict.CodeOneHostRefutation:      "a refutation does not lean on several replies having come from one host; this one would",
	verdict.CodeOneCopyRefutation:      "a refutation does not lean on several reads having been of one copy; this one would",
	verdict.CodeRest:                   "the claim speaks of data at rest, and what rests behind a front end cannot be seen from it",
	verdict.CodeBootstrap:              "this endpoint only tells the client which host to use; it says nothing of where content lands",
	verdict.CodeOneSupplier:            held + "without the evidence of one supplier (run {supplier}) this would not follow, and that of others contradicts it",
	verdict.CodeOlderEvidence:          held + "evidence of others from before the newest window shows the opposite, and a later date alone does not overturn it",
	verdict.CodeStoreOutsideByOne:      held + "the evidence of one supplier alone has the store outside, and that of others has it elsewhere",
	verdict.CodeImportsAgainstMeasured: held + "imported evidence alone carries this, and what others measured themselves contradicts it",
	verdict.CodeAddressByOneSupplier:   held + "the evidence of one supplier alone ({supplier}) has this address for the name; others were given other ones",
	verdict.CodeRedirectByOneSupplier:  held + "the evidence of one supplier alone ({supplier}) has that clients are sent there; others asked and were not",
	verdict.CodeRequire:                "the claim asks for a copy in certain places; a front end does not show which copies there are",
	verdict.CodeRequiredCopiesNotRead:  "a read does not show in which places there are copies",
	verdict.CodeNameOnly:               "the place of a front end is known from a name alone, which cannot refute",
	verdict.CodeCopyUnknown:            notProven + ", since a copy of it is where nothing says",
	verdict.CodeRedirect:               "a redirect of one request, to another domain or with another method, does not show that data is sent there",
	verdict.CodePath:                   "what passes a host on the way is not shown to be read or kept there",
	verdict.CodeClaimNotInForce:        held + "the replies that carry this were measured on {day}, when the claim did not stand",
	verdict.CodeClients:                held + "users of {countries} countries that were asked for could not be measured",
	verdict.CodeUsersNotKnown:          held + "the claim is about certain users, and nothing says for users of which country this address was given",
	verdict.CodeZoneIgnoresClients:     held + "the zone takes no note of where its clients are: this speaks for the users of the resolvers that were asked, and others were not measured",
	verdict.CodeTerritory:              held + territories,
	verdict.CodeTerritoryOpen:          "not proven: " + territories,
}

// ofReplies are the steps of an argument by round trips.
var ofReplies = map[string]string{
	verdict.CodeReplyOutOfReach:     reply + nearest,
	verdict.CodeReplyNothingAllowed: reply + noneAllowed,
	verdict.CodeReplyInside:         reply + allAllowed,
	verdict.CodeDisputedAside:       reply + ", out of reach of what the claim allows; but the vantage is set aside",
	verdict.CodeOtherRepliesInside:  "the same holds, each by itself, for the replies to the other {vantages} vantages",
	verdict.CodeHoldsInVacuum:       "it holds even at the speed of light in vacuum",
	verdict.CodeTogetherOutside:     "each place that the claim allows is out of reach of one reply or another, though of no two vantages by themselves",
	verdict.CodeTogetherInside:      "every place that the claim does not allow is out of reach of one of these replies or another",
	verdict.CodeDisksApart: "what answered " + who + " within {rtt_ms} and what answered {other_vantage}[ ({other_country})] within {other_rtt_ms} cannot be one host: the two are further apart than both replies reach together; " +
		"many hosts share the address, or one of the vantages is not where it says",
	verdict.CodeNoCommonPlace:      "no place on land is within reach of all replies at once: many hosts share the address, or a vantage is not where it says",
	verdict.CodeOneHostByRange:     oneHost + publishes + " for its region {region}",
	verdict.CodeOneHostByName:      oneHost + "the name {name} is that of {provider}'s region {region}",
	verdict.CodeOneHostByRouter:    oneHost + "the router {router} is the last before it in traces from {vantages} of them",
	verdict.CodeAnsweredByAnother:  who + " was answered in {rtt_ms} where the endpoint's own key takes {key_rtt_ms}: another host answered, and what it says is not used",
	verdict.CodeMethodsDisagree:    who + " was answered in {rtt_ms} over a connection and in {ping_rtt_ms} otherwise: two hosts answered, and neither is used",
	verdict.CodeCalibratedOutside:  learned + "no place that the claim allows is then within reach",
	verdict.CodeCalibratedInside:   learned + "every place within reach is then one that the claim allows",
	verdict.CodePlausibleCountries: "of the countries within reach, the most plausible first, with the share of hosts of known place whose replies were as fast as one from there would be at the least: {countries:shares}",
	verdict.CodeClientsSentOn:      "clients of {endpoint} are sent to {sent_to}",
	verdict.CodeHostOnPath:         "{host} stands on the way to {address}",
}

// ofSources are what published ranges, databases and names say.
var ofSources = map[string]string{
	verdict.CodeEdgeRange:         shared + "it lies in a range that {provider} publishes for its edge network",
	verdict.CodeAnycastByDatabase: shared + "the database {database} says that it is anycast",
	verdict.CodePointOfPresence:   shared + "its answer names a point of presence ({header})",
	verdict.CodeSeveralCopies:     "several copies may have answered: its provider lists several places of it",
	verdict.CodePublishedRegion:   publishes + " as its region {region} ({city}, {country}){says:says}",
	verdict.CodePublishedUnplaced: publishes + " as its region {region:quoted}, whose place is not known here{says:says}",
	verdict.CodePublishedEdge:     publishes + " for its edge network, of which the region {region:quoted} says nothing{says:says}",
	verdict.CodePublishedCountry:  publishes + " as being in {country} (a geofeed, its own say-so){says:says}",
	verdict.CodePublishedNoPlace:  publishes + " without saying where it is{says:says}",
	verdict.CodeDatabaseCountry:   "the database {database} ([{built}|of unknown date]) says {country}{says:says}",
	verdict.CodeHintPlace:         "the {from} {text:quoted} hints at {place}{says:says}",
}

// ofStores are what metadata and timed reads say of a store.
var ofStores = map[string]string{
	verdict.CodeStorePlace:          saysSource + " {target} is in {place}[{place_unknown:present}, a place that is not known here]{says:says}",
	verdict.CodeCopyPlace:           saysSource + " {holds:holds} {target}[ ({rule})] is in {place}[{place_unknown:present}, a place that is not known here]{says:says}",
	verdict.CodeCopyNoPlace:         saysSource + " there is {holds:holds} {target}[ ({rule})], and not where{says:says}",
	verdict.CodeRequiredCopyMissing: "no copy is listed in {place}, where the claim has one",
	verdict.CodeReadOutOfReach:      read + nearest,
	verdict.CodeReadNothingAllowed:  read + noneAllowed,
	verdict.CodeReadInside:          read + allAllowed,
	verdict.CodeOtherReadsInside:    "the same holds, each by itself, for the other {reads} reads",
	verdict.CodeReadsTogether:       "each place that contradicts this is out of reach of one of these reads or another",
	verdict.CodeProviderRegions:     "{provider} has {regions} regions whose place is listed; the store is taken to be in one of them",
	verdict.CodeReadNoWarmSample:    "not used: of {samples} samples, no second smallest warm one can be taken",
	verdict.CodeReadTooFew:          "not used: {reads} reads are too few for a second smallest warm one",
	verdict.CodeReadNoTime:          "not used: it is said to have taken {rtt_ms:exact} ms, which is a fault of whoever timed it",
}

// ofOperators are who runs a network and who holds whom.
var ofOperators = map[string]string{
	verdict.CodeOperatorRegistered:   "the network is registered to [{organisation}|an organisation that the source does not name][ (AS{asn})][, {country}]{says:says}",
	verdict.CodeHolder:               holding,
	verdict.CodeHolderControlsDenied: holding + "; the claim does not allow that",
	verdict.CodeHolderPartDenied:     holding + "; the claim does not allow it as an operator, but that part does not control it",
}

// ofLimits are what a result does not show.
var ofLimits = map[string]string{
	verdict.CodeFrontEndNotStore:      "speaks of the host that answered, not of what lies behind it",
	verdict.CodePlanNotShown:          "the claim holds for the plan {plans:or}; an address does not show whose plan it serves",
	verdict.CodePathOfTheDay:          "a path is that of the day and of these vantages; silent routers are not in it",
	verdict.CodeSourcesContradict:     "databases and published ranges contradict one another, and physics cannot tell",
	verdict.CodeCountryDecidesNothing: "the country that a database has for it decides nothing, since {why:sentence}",
	verdict.CodeAsideCannotRefute:     "a vantage that contradicts the others cannot refute",
	verdict.CodeInOneNetwork:          "all vantages that carry it are in one network, AS{asn}",
	verdict.CodeOneHostAssumed:        "takes for granted that one host answered all vantages",
	verdict.CodeOneCopyAssumed:        "takes for granted that all reads were of one copy",
	verdict.CodeUserRootsAssumed:      "takes for granted that the roots which whoever measured vouches for are not those of a box on the way: no embedded root makes the certificates valid",
	verdict.CodeCalibratedError:       "rests on a bound that leaves out up to {error_percent:figures} of 100 hosts like those it was learned from, and says nothing of hosts that are connected better than these",
	verdict.CodeOtherCopiesPossible:   "a copy that was read does not exclude another elsewhere",
	verdict.CodeFrontEndMayKeep:       "a timed read cannot tell a store from a front door that keeps what was written through it",
	verdict.CodeMetadataMayOmit:       "the provider's metadata lists the copies that it tells of; it does not exclude others",
	verdict.CodeMetadataNotRead:       "not read: {error}",
	verdict.CodeNamesCopied:           "names and sizes, not contents, are written to {target}[ ({place})][ ({rule})]",
	verdict.CodeStoreNote:             "{note}",
	verdict.CodeFrontEndOfCopy:        "it is the front end of a copy, {target}[ ({rule})]",
	verdict.CodeHoldersByStatements:   "who holds an organisation is taken from published statements, as of the day of the measurement",
	verdict.CodeRegistrationOnly:      "a registration names who announced the network; it does not show who can reach the data, nor who owns that organisation",
}

// ofClaims are what the result of a claim does not show.
var ofClaims = map[string]string{
	verdict.CodePartUntested:          "{untested} of {verdicts} could not be tested",
	verdict.CodeContentNotProven:      "the front doors are proven; nothing proves where the content behind them rests",
	verdict.CodeCopyElsewherePossible: "a copy where it should be does not exclude another elsewhere",
	verdict.CodeEndpointClients:       "{endpoint}: users of {countries} countries that were asked for could not be measured",
	verdict.CodeEndpointResolversOnly: "{endpoint}: speaks for the users of the resolvers that were asked; users elsewhere were not measured",
	verdict.CodeVendorExcepts:         "the vendor excepts: {exception}",
}

// ofUntested are why something was not tested.
var ofUntested = map[string]string{
	verdict.CodeClaimNamesNothing:   "the claim names no place and no operator: it cannot be tested",
	verdict.CodeNoEndpointConcerned: "no endpoint of the sheet carries the data that the claim speaks of",
	verdict.CodeClaimNotYet:         "the claim stands since {since}",
	verdict.CodeClaimSuperseded:     "the claim was superseded after {until}",
	verdict.CodeClaimAnnounced:      "the claim is an announcement for {deadline}, which had not passed on the day of the measurement",
	verdict.CodeStoreFailed:         "nothing is known of {endpoint}: {error} ({class})",
	verdict.CodeStoreNotAsked:       "no metadata and no timed read of {endpoint} is in the evidence",
	verdict.CodeNoUsableRead:        "no timed read of {endpoint} can be used",
	verdict.CodeLookupFailed:        "{endpoint} could not be looked up: {error} ({class})",
	verdict.CodeNameNotAsked:        "no answer for the name {endpoint} is in the evidence",
	verdict.CodeNoAddressForUsers:   "no address that users whom the claim is about are given is in the evidence",
	verdict.CodeNoAddress:           "the name {endpoint} has no address ({rcodes:list})",
	verdict.CodeAddressNotPublic:    "{address} is not on the public internet ({kind}): what answers there without a key of its own can be another machine in each network",
	verdict.CodeNoRoundTrip:         "no round trip: {error} ({class})" + notInTable,
	verdict.CodeVantageNotUsed:      "the round trips of vantage " + who + " are not used: {why:sentence}" + notInTable,
	verdict.CodeNotMeasured:         "no round trip, database or published range in the evidence has the address",
	verdict.CodeNoTrace:             "no trace with timed hops is in the evidence",
	verdict.CodeNoRegistration:      "no registration of the network is at hand; give a database with --asn, or run `landfall data update`",
}

// ofVantages are why a vantage, or the place that it declares, is not used.
var ofVantages = map[string]string{
	verdict.CodeRadiusNoDistance:  "its position is said to be known to {radius_km:exact} km, which is no distance",
	verdict.CodeSelfcheckFailed:   "its self-check failed ({evidence})[: {check}]",
	verdict.CodeLandmarksApart:    "{landmark} answered it in {rtt_ms} ({evidence}) and {other_landmark} in {other_rtt_ms} ({other_evidence}), and they are further apart than light in fibre gets in that time",
	verdict.CodePlaceRefuted:      awayFromHere,
	verdict.CodeSomebodyNear:      awayFromHere + ": " + nearbyBox,
	verdict.CodeFileMisplaced:     "landmarks refute the places of {misplaced} of the {vantages} vantages of this file that timed some: none of its places is used",
	verdict.CodeContradictsOthers: "what it saw cannot be true together with what others saw, at {contradicted} of {measured} addresses and stores ({place} is one): it is not where it says, or something near it answered, or these addresses are many hosts'",
}
