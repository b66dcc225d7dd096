package verdict

// The codes of reasons: the steps of an argument.
const (
	CodeReplyOutOfReach      = "reply-out-of-reach"     // a reply came sooner than from the nearest allowed place
	CodeReplyNothingAllowed  = "reply-nothing-allowed"  // nothing within reach of a reply is allowed, and nothing else is either
	CodeReplyInside          = "reply-inside"           // all within reach of a reply is allowed
	CodeOtherRepliesInside   = "other-replies-inside"   // the same holds of each further reply
	CodeHoldsInVacuum        = "holds-in-vacuum"        // it holds at the speed of light in vacuum too
	CodeTogetherOutside      = "together-outside"       // each allowed place is out of reach of one reply or another
	CodeTogetherInside       = "together-inside"        // each place that is not allowed is out of reach of one reply or another
	CodeDisputedAside        = "vantage-set-aside"      // a vantage that is set aside contradicts the claim
	CodeDisksApart           = "replies-apart"          // two replies cannot be of one host
	CodeNoCommonPlace        = "no-common-place"        // no place on land is within reach of all replies
	CodeEdgeRange            = "edge-range"             // the provider publishes the address for its edge network
	CodeAnycastByDatabase    = "anycast-by-database"    // a database says that the address is anycast
	CodePointOfPresence      = "point-of-presence"      // an answer names a point of presence
	CodeSeveralCopies        = "several-copies"         // the provider lists several places of a store
	CodeOneHostByRange       = "one-host-by-range"      // the provider publishes the address for one region
	CodeOneHostByName        = "one-host-by-name"       // the provider binds the endpoint's name to one region
	CodeOneHostByRouter      = "one-host-by-router"     // the vantages were answered through one last router
	CodeAnsweredByAnother    = "answered-by-another"    // a reply without the key came so much sooner that another host gave it
	CodeMethodsDisagree      = "methods-disagree"       // a ping and a connection were answered so differently that two hosts gave the replies
	CodeCalibratedOutside    = "calibrated-outside"     // by the learned bound no allowed place is within reach
	CodeCalibratedInside     = "calibrated-inside"      // by the learned bound all within reach is allowed
	CodePlausibleCountries   = "plausible-countries"    // the countries within reach, the most plausible first
	CodeClientsSentOn        = "clients-sent-on"        // an endpoint sends its clients to another
	CodeHostOnPath           = "host-on-path"           // a host stands on the way to an address
	CodePublishedRegion      = "published-region"       // the provider publishes the address for a region
	CodePublishedUnplaced    = "published-unplaced"     // the provider publishes the address for a region whose place is not known
	CodePublishedEdge        = "published-edge"         // the provider publishes the address for its edge network, with a region
	CodePublishedCountry     = "published-country"      // the provider publishes a country for the address
	CodePublishedNoPlace     = "published-no-place"     // the provider publishes the address without a place
	CodeDatabaseCountry      = "database-country"       // a database has a country for the address
	CodeHintPlace            = "hint-place"             // a name or a header hints at a place
	CodeStorePlace           = "store-place"            // metadata, or the endpoint's name, has a place for the store
	CodeCopyPlace            = "copy-place"             // metadata has a place for a copy of the store
	CodeCopyNoPlace          = "copy-no-place"          // metadata lists a copy of the store and no place for it
	CodeRequiredCopyMissing  = "required-copy-missing"  // no copy is listed in a place where the claim has one
	CodeReadOutOfReach       = "read-out-of-reach"      // a timed read was sooner than from the nearest allowed place
	CodeReadNothingAllowed   = "read-nothing-allowed"   // nothing within reach of a timed read is allowed, and nothing else is either
	CodeReadInside           = "read-inside"            // all within reach of a timed read is allowed
	CodeOtherReadsInside     = "other-reads-inside"     // the same holds of each further read
	CodeReadsTogether        = "reads-together"         // each place that contradicts it is out of reach of one read or another
	CodeProviderRegions      = "provider-regions"       // the store is taken to be in one of its provider's regions
	CodeReadNoWarmSample     = "read-no-warm-sample"    // a timed read has no second smallest warm sample
	CodeReadTooFew           = "read-too-few"           // a timed read is of too few reads
	CodeReadNoTime           = "read-no-time"           // a timed read is said to have taken no time
	CodeOperatorRegistered   = "operator-registered"    // whom the network is registered to
	CodeHolder               = "holder"                 // who holds a part of the operator
	CodeHolderControlsDenied = "holder-controls-denied" // who controls the operator is one that the claim does not allow
	CodeHolderPartDenied     = "holder-part-denied"     // a holder that the claim does not allow has a part of the operator that does not control it
)
