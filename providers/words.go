package providers

import "slices"

// Role is what a client uses an endpoint for.
type Role string

// The roles of an endpoint.
const (
	RoleSync      Role = "sync"      // carries content in both directions
	RoleBackup    Role = "backup"    // takes device or server backups
	RoleUpload    Role = "upload"    // takes content
	RoleDownload  Role = "download"  // gives content
	RoleMetadata  Role = "metadata"  // names, sizes, listings, search, sharing
	RoleAuth      Role = "auth"      // accounts, sign-in, tokens
	RoleTelemetry Role = "telemetry" // usage and diagnostic reports
	RoleKeys      Role = "keys"      // encryption keys
)

// Roles is every role, in the order of the documentation.
func Roles() []Role {
	return []Role{RoleSync, RoleBackup, RoleUpload, RoleDownload, RoleMetadata, RoleAuth, RoleTelemetry, RoleKeys}
}

// Valid reports whether r is one of [Roles].
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// About is what kind of promise a claim makes.
type About string

// What a claim can be about.
const (
	AboutLocation About = "location" // where data is
	AboutOperator About = "operator" // who runs or owns the service
	AboutTransit  About = "transit"  // which places data passes through
)

// Abouts is every kind of promise.
func Abouts() []About { return []About{AboutLocation, AboutOperator, AboutTransit} }

// Valid reports whether a is one of [Abouts].
func (a About) Valid() bool { return slices.Contains(Abouts(), a) }

// Cover is a kind of data that a claim speaks of.
type Cover string

// What a claim can cover.
const (
	CoverContent   Cover = "content"   // the files themselves
	CoverBackup    Cover = "backup"    // backups, and the vendor's own copies
	CoverMetadata  Cover = "metadata"  // names, sizes, listings, account data
	CoverTelemetry Cover = "telemetry" // usage and diagnostic reports
	CoverKeys      Cover = "keys"      // encryption keys
	CoverSupport   Cover = "support"   // access by the vendor's staff
)

// Covers is every kind of data.
func Covers() []Cover {
	return []Cover{CoverContent, CoverBackup, CoverMetadata, CoverTelemetry, CoverKeys, CoverSupport}
}

// Valid reports whether c is one of [Covers].
func (c Cover) Valid() bool { return slices.Contains(Covers(), c) }

// State is the state of the data that a claim speaks of.
type State string

// The states of data.
const (
	StateAny        State = "any"        // at rest and in use
	StateRest       State = "rest"       // stored
	StateProcessing State = "processing" // in use
)

// States is every state. The first is the default.
func States() []State { return []State{StateAny, StateRest, StateProcessing} }

// Valid reports whether s is one of [States].
func (s State) Valid() bool { return slices.Contains(States(), s) }

// KeyedOn is what decides which data a claim is true for, where a condition
// names the user's country.
type KeyedOn string

// What a claim can be keyed on.
const (
	KeyedOnAccountCountry KeyedOn = "account-country" // the country the account is registered to
	KeyedOnSignUpAddress  KeyedOn = "sign-up-address" // the address the account was opened from
	KeyedOnCreatorPlace   KeyedOn = "creator-place"   // where whoever created the data was
	KeyedOnOwner          KeyedOn = "owner"           // the owner of the folder or team
	KeyedOnChosenRegion   KeyedOn = "chosen-region"   // the region that the customer picked
)

// KeyedOns is everything a claim can be keyed on. The first is the default.
func KeyedOns() []KeyedOn {
	return []KeyedOn{
		KeyedOnAccountCountry, KeyedOnSignUpAddress, KeyedOnCreatorPlace, KeyedOnOwner, KeyedOnChosenRegion,
	}
}

// Valid reports whether k is one of [KeyedOns].
func (k KeyedOn) Valid() bool { return slices.Contains(KeyedOns(), k) }

// Strength is how firmly the vendor puts a claim.
type Strength string

// The strengths of a claim, strongest first.
const (
	StrengthGuarantee    Strength = "guarantee"    // "never", "exclusively", contract text
	StrengthCommitment   Strength = "commitment"   // a plain statement of what is so
	StrengthBestEffort   Strength = "best-effort"  // "we aim to", "where possible"
	StrengthAnnouncement Strength = "announcement" // a plan, often with a deadline
	StrengthVague        Strength = "vague"        // names no place that could be tested
)

// Strengths is every strength, strongest first.
func Strengths() []Strength {
	return []Strength{StrengthGuarantee, StrengthCommitment, StrengthBestEffort, StrengthAnnouncement, StrengthVague}
}

// Valid reports whether s is one of [Strengths].
func (s Strength) Valid() bool { return slices.Contains(Strengths(), s) }

// Grade is how near a source is to the vendor's own words.
type Grade string

// The grades of a source, nearest first. An empty grade was not stated.
const (
	GradeOfficial   Grade = "official"    // the vendor's own page
	GradeCopy       Grade = "copy"        // the vendor's text, on someone else's page
	GradePress      Grade = "press"       // a report of the vendor's words
	GradeThirdParty Grade = "third-party" // someone else's words
)

// Grades is every grade, nearest to the vendor first.
func Grades() []Grade { return []Grade{GradeOfficial, GradeCopy, GradePress, GradeThirdParty} }

// Valid reports whether g is one of [Grades].
func (g Grade) Valid() bool { return slices.Contains(Grades(), g) }
