package verdict

// The codes of limits: what a result does not show, beside those of the rules.
const (
	CodeFrontEndNotStore      = "front-end-not-store"           // it speaks of the host that answered
	CodePlanNotShown          = "plan-not-shown"                // the claim holds for certain plans
	CodePathOfTheDay          = "path-of-the-day"               // a path is that of the day and of the vantages
	CodeSourcesContradict     = "sources-contradict"            // databases and published ranges contradict one another
	CodeCountryDecidesNothing = "country-decides-nothing"       // a database's country decides nothing for many hosts
	CodeNotProvenSince        = "not-proven-since"              // a cited reason keeps it from being proven
	CodeAsideCannotRefute     = "set-aside-cannot-refute"       // a vantage that is set aside cannot refute
	CodeInOneNetwork          = "in-one-network"                // all vantages that carry it are in one network
	CodeOneNetworkOfPlatform  = "one-network-of-platform"       // all vantages that carry it are a platform's in one network
	CodeOneOpenNetwork        = "one-open-network"              // all vantages that carry it are in one network, and anybody on the way could have answered
	CodeOneHostAssumed        = "one-host-assumed"              // it takes for granted that one host answered all vantages
	CodeOneCopyAssumed        = "one-copy-assumed"              // it takes for granted that all reads were of one copy
	CodeUserRootsAssumed      = "user-roots-assumed"            // it takes the roots for granted that whoever measured vouches for
	CodeOneCopyRefutation     = "refutation-needs-one-copy"     // it would lean on several reads having been of one copy
	CodeOlderEvidence         = "older-evidence-contradicts"    // older evidence of others shows the opposite
	CodeStoreOutsideByOne     = "store-outside-by-one-supplier" // one supplier alone has the store outside
	CodeRedirectByOneSupplier = "redirect-by-one-supplier"      // one supplier alone has that clients are sent there
	CodeUsersNotKnown         = "users-not-known"               // nothing says whose users were given the address
	CodeZoneIgnoresClients    = "zone-ignores-clients"          // the zone takes no note of where its clients are
	CodeRequiredCopiesNotRead = "required-copies-not-read"      // a read does not show in which places there are copies
	CodeTerritoryOpen         = "territory-open"                // a territory with a code of its own keeps it from being proven
	CodeCalibratedError       = "calibrated-error"              // it rests on a bound with an error rate
	CodeOtherCopiesPossible   = "other-copies-possible"         // a copy that was read does not exclude another
	CodeFrontEndMayKeep       = "front-end-may-keep"            // a front end may keep what was written through it
	CodeMetadataMayOmit       = "metadata-may-omit"             // metadata does not exclude further copies
	CodeMetadataNotRead       = "metadata-not-read"             // a part of the metadata could not be read
	CodeNamesCopied           = "names-copied"                  // names and sizes, not contents, are written elsewhere
	CodeStoreNote             = "store-note"                    // what else was said of a store
	CodeFrontEndOfCopy        = "front-end-of-copy"             // it is the front end of a copy
	CodeHoldersByStatements   = "holders-by-statements"         // who holds whom is taken from published statements
	CodeRegistrationOnly      = "registration-only"             // a registration does not show who can reach the data
	CodePartUntested          = "part-untested"                 // some verdicts on the claim could not be tested
	CodeContentNotProven      = "content-not-proven"            // nothing proves where the content behind the front ends rests
	CodeCopyElsewherePossible = "copy-elsewhere-possible"       // a copy where it should be does not exclude another
	CodeEndpointClients       = "endpoint-clients-not-measured" // users of some countries were not measured at an endpoint
	CodeEndpointResolversOnly = "endpoint-resolvers-only"       // it speaks for the users of the resolvers that were asked
	CodeVendorExcepts         = "vendor-excepts"                // the vendor makes an exception
)

// The codes of what leaves a claim, an endpoint or an address untested.
const (
	CodeClaimNamesNothing   = "claim-names-nothing"    // the claim names no place and no operator
	CodeNoEndpointConcerned = "no-endpoint-concerned"  // no endpoint carries the data that the claim speaks of
	CodeClaimNotYet         = "claim-not-yet-in-force" // the claim was made later
	CodeClaimSuperseded     = "claim-superseded"       // the claim was superseded before
	CodeClaimAnnounced      = "claim-announced"        // the claim is an announcement for a later day
	CodeStoreFailed         = "store-failed"           // a store could not be asked
	CodeStoreNotAsked       = "store-not-asked"        // no metadata and no timed read of a store is in the evidence
	CodeNoUsableRead        = "no-usable-read"         // no timed read of a store can be used
	CodeLookupFailed        = "lookup-failed"          // a name could not be looked up
	CodeNameNotAsked        = "name-not-asked"         // no answer for a name is in the evidence
	CodeNoAddressForUsers   = "no-address-for-users"   // no address that the claim's users are given is in the evidence
	CodeNoAddress           = "no-address"             // a name has no address
	CodeAddressNotPublic    = "address-not-public"     // an address is not on the public internet
	CodeNoRoundTrip         = "no-round-trip"          // an address did not answer
	CodeVantageNotUsed      = "vantage-not-used"       // the round trips of a vantage are not used
	CodeNotMeasured         = "not-measured"           // nothing in the evidence has the address
	CodeNoTrace             = "no-trace"               // no trace with timed hops is in the evidence
	CodeNoRegistration      = "no-registration"        // no registration of the network is at hand
)

// Untested reports whether a limit with the code is why nothing was tested.
func Untested(code string) bool {
	switch code {
	case CodeClaimNamesNothing, CodeNoEndpointConcerned, CodeClaimNotYet, CodeClaimSuperseded, CodeClaimAnnounced,
		CodeStoreFailed, CodeStoreNotAsked, CodeNoUsableRead, CodeLookupFailed, CodeNameNotAsked, CodeNoAddressForUsers, CodeNoAddress,
		CodeAddressNotPublic, CodeNoRoundTrip, CodeVantageNotUsed, CodeNotMeasured, CodeNoTrace, CodeNoRegistration:
		return true
	}
	return false
}

// KeepsClaimDown reports whether a limit with the code is why a claim has a result
// that is below those of its verdicts.
func KeepsClaimDown(code string) bool {
	switch code {
	case CodePartUntested, CodeContentNotProven, CodeEndpointClients, CodeEndpointResolversOnly:
		return true
	}
	return false
}

// The codes of why a vantage is set aside, or its declared place is not used.
const (
	CodeRadiusNoDistance  = "radius-no-distance" // its position is said to be known to what is no distance
	CodeSelfcheckFailed   = "selfcheck-failed"   // its self-check failed
	CodeLandmarksApart    = "landmarks-apart"    // two landmarks that answered it are too far apart
	CodePlaceRefuted      = "place-refuted"      // a landmark's own key refutes its declared place
	CodeSomebodyNear      = "somebody-near"      // a landmark that it timed is too far from its declared place
	CodeFileMisplaced     = "file-misplaced"     // landmarks refute too many places of its file
	CodeContradictsOthers = "contradicts-others" // what it saw cannot be true together with what others saw
)
