// Package verdict says what follows from evidence: where a host can be, and
// whether a vendor's claim can be true of it.
//
// It is pure: no network, no clock, no files, and the same input gives the
// same bytes. Only upper bounds on distance prove (a reply that took t cannot
// have come from further than t/2 at the speed of light in fibre); databases,
// names and registrations agree or disagree, and never convict.
package verdict

import "github.com/landfall-audit/landfall/evidence"

// Schema names the format of a [Document].
const Schema = "landfall.verdicts/v1"

// Result is how a claim fares.
type Result string

// The results, worst first.
const (
	Refuted      Result = "refuted"      // the claim cannot be true of this endpoint
	Disputed     Result = "disputed"     // contradicted by what cannot convict, or by physics that a rule holds back
	Inconclusive Result = "inconclusive" // the evidence allows both
	NotTested    Result = "not-tested"   // no usable evidence
	Consistent   Result = "consistent"   // databases or published ranges agree, physics does not contradict
	Proven       Result = "proven"       // every place the replies can have come from is allowed
)

// Results lists all results, worst first. Not tested stands above consistent:
// what was not looked at is not green.
func Results() []Result {
	return []Result{Refuted, Disputed, Inconclusive, NotTested, Consistent, Proven}
}

// Severity is the place of r among [Results], 0 the worst; an unknown word is
// as bad as the worst.
func (r Result) Severity() int {
	for i, known := range Results() {
		if r == known {
			return i
		}
	}
	return 0
}

// Basis is what a result rests on.
type Basis string

// The bases, strongest first.
const (
	BasisPhysics      Basis = "physics"
	BasisProvider     Basis = "provider"
	BasisCalibrated   Basis = "calibrated"
	BasisDatabase     Basis = "database"
	BasisRegistration Basis = "registration"
	BasisNone         Basis = "none"
)

// Subject is what the evidence behind a verdict speaks of.
type Subject string

// The subjects.
const (
	FrontDoor Subject = "front-door" // the host that answers
	Store     Subject = "store"      // where the bytes rest
	Operator  Subject = "operator"
	Path      Subject = "path" // the hosts on the way
)

// What a result may take for granted.
const (
	AssumesOneHost         = "one-host"         // the disks were intersected as if one host had answered them all
	AssumesRootsOfUser     = "roots-of-user"    // a root that whoever measured vouches for is nobody's who relays connections
	AssumesNoInterception  = "no-interception"  // nobody on the way answered in the endpoint's place
	AssumesDoorRegion      = "door-region"      // the front end was taken to be in the region that its provider publishes for its address
	AssumesProviderRegions = "provider-regions" // the store was taken to be in one of its provider's regions
)

// Args are the arguments of a sentence, by name. Names have their unit: rtt_ms,
// within_km. Values are texts, numbers, lists of them, or a [Coded].
type Args map[string]any

// Coded is what a sentence says, for programs: its code, and what differs from one
// such sentence to the next.
type Coded struct {
	Code string `json:"code"`           // one of those that docs/verdicts.md lists
	Args Args   `json:"args,omitempty"` // what the sentence of the code says, by name; units stand in the names
}

// Reason is one step of the argument, with the evidence it rests on.
type Reason struct {
	Evidence []string `json:"evidence"`       // ids of lines
	Text     string   `json:"text"`           // in English
	Code     string   `json:"code,omitempty"` // one of those that docs/verdicts.md lists
	Args     Args     `json:"args,omitempty"` // of the sentence
}

// Limit is something that a result does not show, or that keeps it down.
type Limit struct {
	Coded
	Text string
}

// TextsOf returns the texts of limits.
func TextsOf(limits []Limit) []string {
	out := make([]string, len(limits))
	for i := range limits {
		out[i] = limits[i].Text
	}
	return out
}

// CodesOf returns the codes of limits, with their arguments, in the same order.
func CodesOf(limits []Limit) []Coded {
	out := make([]Coded, len(limits))
	for i := range limits {
		out[i] = limits[i].Coded
	}
	return out
}

// Verdict is the judgement of one claim on one subject at one address.
type Verdict struct {
	Vendor        string   `json:"vendor"`                   // id of the sheet
	Claim         string   `json:"claim"`                    // id of the claim in it
	Endpoint      string   `json:"endpoint"`                 // host, or the URL of a bucket
	Addr          string   `json:"addr,omitempty"`           // that the host resolved to
	Port          uint16   `json:"port,omitempty"`           // of the endpoint
	DerivedFrom   string   `json:"derived_from,omitempty"`   // the endpoint whose clients are sent here
	ClientCountry string   `json:"client_country,omitempty"` // ISO 3166-1, whose users are given the address
	Subject       Subject  `json:"subject"`
	Result        Result   `json:"result"`
	Basis         Basis    `json:"basis"`
	Ratio         float64  `json:"ratio,omitempty"`       // the speed the claim would need over the speed assumed; above 1 is impossible
	MarginKM      float64  `json:"margin_km,omitempty"`   // how far the nearest allowed place lies beyond reach
	SingleVantage bool     `json:"single_vantage"`        // leaving out one vantage would change the result
	Assumes       []string `json:"assumes"`               // one of the Assumes… words each
	Countries     []string `json:"countries"`             // where it can be by physics alone, where these are at most ten
	Because       []Reason `json:"because"`               // the argument, step by step
	Limits        []string `json:"limits"`                // what the result does not show, in sentences
	LimitCodes    []Coded  `json:"limit_codes,omitempty"` // of the limits, in their order

	Scope    *Scope    `json:"scope,omitempty"`     // for whom it speaks
	HeldBack *HeldBack `json:"held_back,omitempty"` // what it would be but for a rule
	Measured *Measured `json:"measured,omitempty"`  // when the replies that carry it were measured
	Sites    *Sites    `json:"sites,omitempty"`     // of an address that many hosts share
	Survives *Survival `json:"survives,omitempty"`  // of a result by physics
	Proof    *Proof    `json:"proof,omitempty"`     // of a refutation or a proof by physics
}

// Add adds a limit.
func (v *Verdict) Add(l Limit) {
	v.Limits, v.LimitCodes = append(v.Limits, l.Text), append(v.LimitCodes, l.Coded)
}

// Measured is from when until when the replies were measured that carry a result;
// RFC 3339, UTC.
type Measured struct {
	From  string `json:"from"`  // of the earliest
	Until string `json:"until"` // of the latest
}

// Scope is for whose clients a verdict speaks.
type Scope struct {
	Clients []string `json:"clients"` // ISO 3166-1 codes, or "*" for all
	By      string   `json:"by"`      // [ByClientSubnet] or [ByResolverHere]
	// Of the countries that the zone was asked for: how many were answered, and how
	// many were not.
	CountriesMeasured    int `json:"countries_measured,omitempty"`
	CountriesNotMeasured int `json:"countries_not_measured,omitempty"` // that were not

	Ignored bool `json:"-"` // the zone takes no note of who asks
}

// How the clients of a verdict were found out.
const (
	ByClientSubnet = "client-subnet" // the zone was asked for their networks (RFC 7871)
	ByResolverHere = "resolver-here" // by what the vantages' own resolvers are given
)

// EveryClient stands in a scope for all clients.
const EveryClient = "*"

// ClaimResult is the roll-up of all verdicts on one claim, with the vendor's
// own words, so that a report needs nothing else.
type ClaimResult struct {
	Vendor     string   `json:"vendor"` // id of the sheet
	Claim      string   `json:"claim"`  // id of the claim
	Result     Result   `json:"result"`
	Verdicts   int      `json:"verdicts"`              // how many there are
	Limits     []string `json:"limits"`                // what the result does not show, in sentences
	LimitCodes []Coded  `json:"limit_codes,omitempty"` // of the limits, in their order
	VendorName string   `json:"vendor_name,omitempty"` // as the sheet has it
	Says       string   `json:"says,omitempty"`        // the vendor's own words
	URL        string   `json:"url,omitempty"`         // where they stand
	Retrieved  string   `json:"retrieved,omitempty"`   // YYYY-MM-DD
	Published  string   `json:"published,omitempty"`   // YYYY-MM-DD
	Grade      string   `json:"grade,omitempty"`       // whose page that is: official, …
	About      string   `json:"about,omitempty"`       // location, operator or transit
	Covers     []string `json:"covers,omitempty"`      // kinds of data
	State      string   `json:"state,omitempty"`       // any, processing or rest
	Allow      []string `json:"allow,omitempty"`       // places, as the claims language writes them
	Deny       []string `json:"deny,omitempty"`        // likewise
	Require    []string `json:"require,omitempty"`     // likewise: a copy in each
}

// Add adds a limit.
func (c *ClaimResult) Add(l Limit) {
	c.Limits, c.LimitCodes = append(c.Limits, l.Text), append(c.LimitCodes, l.Coded)
}

// VantageSummary is a place that was looked from.
type VantageSummary struct {
	ID       string   `json:"id"`                  // in the evidence
	Name     string   `json:"name,omitempty"`      // as its owner calls it
	Lat      *float64 `json:"lat,omitempty"`       // declared, degrees
	Lon      *float64 `json:"lon,omitempty"`       // declared, degrees
	RadiusKM float64  `json:"radius_km,omitempty"` // how far off that may be
	Country  string   `json:"country,omitempty"`   // ISO 3166-1
	Network  string   `json:"network,omitempty"`   // the platform that it is of
	SetAside string   `json:"set_aside,omitempty"` // why its round trips are not used; empty if they are
	// SetAsideCode and SetAsideArgs are the same for programs.
	SetAsideCode string `json:"set_aside_code,omitempty"`
	SetAsideArgs Args   `json:"set_aside_args,omitempty"` // of that code
	// Misplaced is why its declared place is not used: only disks around hosts of
	// published place are.
	Misplaced string `json:"misplaced,omitempty"`
	// MisplacedCode and MisplacedArgs are the same for programs.
	MisplacedCode string `json:"misplaced_code,omitempty"`
	MisplacedArgs Args   `json:"misplaced_args,omitempty"` // of that code
}

// RunSummary is when and by what the evidence was taken.
type RunSummary struct {
	Run     string `json:"run"`     // id
	Tool    string `json:"tool"`    // that measured
	Started string `json:"started"` // RFC 3339, UTC
}

// Document is the whole of landfall.verdicts/v1.
type Document struct {
	Schema   string           `json:"schema"`              // landfall.verdicts/v1
	Run      RunSummary       `json:"run"`                 // the run that the evidence is of
	Summary  map[Result]int   `json:"summary"`             // how many verdicts have each result
	SetAside []evidence.Aside `json:"set_aside,omitempty"` // lines and files that are not used
	Vantages []VantageSummary `json:"vantages"`            // the machines that were measured from
	Claims   []ClaimResult    `json:"claims"`              // one for each claim
	Verdicts []Verdict        `json:"verdicts"`            // one for each claim, endpoint, address and subject
}

// Worst returns the worst result of all claims; [NotTested] where there is none.
func (d *Document) Worst() Result {
	worst := Proven
	for _, c := range d.Claims {
		if c.Result.Severity() < worst.Severity() {
			worst = c.Result
		}
	}
	if len(d.Claims) == 0 {
		return NotTested
	}
	return worst
}
