package providers

import (
	"slices"

	"github.com/landfall-audit/landfall/providers/schema"
)

// SchemaID names the claims language and its version.
const SchemaID = "landfall.claims/v1"

// DefaultPort is the port of an endpoint that names none: HTTPS.
const DefaultPort = 443

// Sheet is what one file says about one vendor.
type Sheet struct {
	Schema    string
	Vendor    string // id, unique among sheets
	Name      string // the vendor's name for the service
	Operator  Operator
	Endpoints []Endpoint
	Claims    []Claim
	Open      []string   // questions that no source has answered yet
	File      string     // where the sheet was read
	Pos       schema.Pos // of the vendor id
}

// Operator is who runs a service, by the vendor's own word.
type Operator struct {
	Organisation string
	Jurisdiction string // ISO 3166-1 alpha-2; empty if not stated
}

// Endpoint is a host that the vendor's clients talk to.
type Endpoint struct {
	Host   string // a DNS name, an IP address or a bucket URL; see [Endpoint.HostKind]
	Port   uint16 // [DefaultPort] unless stated
	Roles  []Role // empty if not known
	When   Condition
	Source Source
	Pos    schema.Pos // of the host
	// Bootstrap marks a host that only tells the client which host to use: where
	// it is says nothing about where content lands.
	Bootstrap bool
}

// Source is where a statement was read.
type Source struct {
	URL       string // http or https
	Retrieved Date   // the day it was read
	Published Date   // the day it was published, if stated
	SHA256    string // of the page as it was read, 64 hexadecimal digits, if kept
	Grade     Grade  // empty if not stated
}

// Claim is one promise of a vendor, in its words and in terms that can be
// tested.
type Claim struct {
	ID         string // unique in the sheet
	Says       string // the vendor's words, verbatim
	Source     Source
	About      About   // [AboutLocation] unless stated
	Covers     []Cover // [CoverContent] unless stated
	State      State   // [StateAny] unless stated
	Allow      []Place // every copy is in one of these
	Deny       []Place // no copy is in one of these
	Require    []Place // there is a copy in each of these
	Operators  OperatorTerms
	When       Condition  // where it does not apply, the claim is not judged
	KeyedOn    KeyedOn    // [KeyedOnAccountCountry] unless stated
	Strength   Strength   // [StrengthCommitment] unless stated
	Since      Date       // first day on which the claim stood, if known
	Until      Date       // last day on which it stood; zero: it still stands
	Deadline   Date       // the day by which an announcement is to have come true
	Exceptions []string   // what the vendor takes out of the claim, in words
	Pos        schema.Pos // of the id
}

// OperatorTerms is which operators a claim promises or rules out.
type OperatorTerms struct {
	Allow OperatorSet
	Deny  OperatorSet
}

// OperatorSet is operators by organisation or by jurisdiction.
type OperatorSet struct {
	Organisations []string // names, as in the claim
	Jurisdictions []string // ISO 3166-1 alpha-2
}

// Empty reports whether the set names nothing.
func (s OperatorSet) Empty() bool { return len(s.Organisations) == 0 && len(s.Jurisdictions) == 0 }

// Empty reports whether neither set names anything.
func (t OperatorTerms) Empty() bool { return t.Allow.Empty() && t.Deny.Empty() }

// Testable reports whether the claim names a place or an operator. One that does
// not is kept and reported as untestable.
func (c Claim) Testable() bool {
	return len(c.Allow)+len(c.Deny)+len(c.Require) > 0 || !c.Operators.Empty()
}

// InForceOn reports whether the claim stood on a date, by its since and until.
// If it did not, reason says why in words that can end a sentence.
func (c Claim) InForceOn(date Date) (ok bool, reason string) {
	if date.Before(c.Since) {
		return false, "the claim stands since " + c.Since.String()
	}
	if !c.Until.IsZero() && date.After(c.Until) {
		return false, "the claim was superseded after " + c.Until.String()
	}
	return true, ""
}

// DueOn reports whether the claim is to have come true by a date: it has no
// deadline, or the deadline has passed.
func (c Claim) DueOn(date Date) bool {
	return c.Deadline.IsZero() || date.After(c.Deadline)
}

// Concerns reports whether the claim can speak of an endpoint: their conditions
// can hold together, and one of the endpoint's roles carries data that the claim
// covers. An endpoint whose roles are not known is concerned.
func (c Claim) Concerns(e Endpoint) bool {
	if !c.When.Overlaps(e.When) {
		return false
	}
	if len(e.Roles) == 0 {
		return true
	}
	return slices.ContainsFunc(e.Roles, func(role Role) bool {
		return slices.ContainsFunc(role.Carries(), func(cover Cover) bool { return slices.Contains(c.Covers, cover) })
	})
}

// Carries is the kinds of data that pass through an endpoint of the role. Sync
// carries names and listings along with the files. Signing in carries account
// data, which is metadata.
func (r Role) Carries() []Cover {
	switch r {
	case RoleSync:
		return []Cover{CoverContent, CoverMetadata}
	case RoleUpload, RoleDownload:
		return []Cover{CoverContent}
	case RoleBackup:
		return []Cover{CoverBackup, CoverContent}
	case RoleMetadata, RoleAuth:
		return []Cover{CoverMetadata}
	case RoleTelemetry:
		return []Cover{CoverTelemetry}
	case RoleKeys:
		return []Cover{CoverKeys}
	}
	return nil
}
