// Package evidence holds what was seen: observations, the vantages they were
// made from, the words for failed measurements, and the bundle that keeps
// them (landfall.evidence/v1, JSON Lines).
//
// It says nothing of what follows from an observation; that is package
// verdict. Times are UTC, durations are milliseconds (…MS), distances are
// kilometres (…KM), positions are WGS 84 degrees.
package evidence

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

// Schema names the format of a bundle; it stands in the first line.
const Schema = "landfall.evidence/v1"

// Kind names what sort of observation a line is.
type Kind string

// The kinds of landfall.evidence/v1.
const (
	KindVantage   Kind = "vantage"
	KindLandmark  Kind = "landmark"
	KindDNS       Kind = "dns"
	KindRTT       Kind = "rtt"
	KindTrace     Kind = "trace"
	KindTLS       Kind = "tls"
	KindHTTP      Kind = "http"
	KindGeoIP     Kind = "geoip"
	KindNetwork   Kind = "network"
	KindRange     Kind = "range"
	KindHint      Kind = "hint"
	KindStorage   Kind = "storage"
	KindFlow      Kind = "flow"
	KindRetrieval Kind = "retrieval"
	KindPage      Kind = "page"
	KindSelfcheck Kind = "selfcheck"
	KindOrder     Kind = "order"
	KindOriginal  Kind = "original"
	KindError     Kind = "error"
)

// blank returns an empty observation of each kind. It is the one list of kinds:
// a kind that is not here is kept as [Unknown].
var blank = map[Kind]func() Observation{
	KindVantage:   func() Observation { return new(Vantage) },
	KindLandmark:  func() Observation { return new(Landmark) },
	KindDNS:       func() Observation { return new(DNS) },
	KindRTT:       func() Observation { return new(RTT) },
	KindTrace:     func() Observation { return new(Trace) },
	KindTLS:       func() Observation { return new(TLS) },
	KindHTTP:      func() Observation { return new(HTTP) },
	KindGeoIP:     func() Observation { return new(GeoIP) },
	KindNetwork:   func() Observation { return new(Network) },
	KindRange:     func() Observation { return new(Range) },
	KindHint:      func() Observation { return new(Hint) },
	KindStorage:   func() Observation { return new(Storage) },
	KindFlow:      func() Observation { return new(Flow) },
	KindRetrieval: func() Observation { return new(Retrieval) },
	KindPage:      func() Observation { return new(Page) },
	KindSelfcheck: func() Observation { return new(Selfcheck) },
	KindOrder:     func() Observation { return new(Order) },
	KindOriginal:  func() Observation { return new(Original) },
	KindError:     func() Observation { return new(Error) },
}

// Header is the first line of a bundle.
type Header struct {
	Schema  string    `json:"schema"`  // always landfall.evidence/v1
	Run     string    `json:"run"`     // unique name of the run, a ULID
	Tool    string    `json:"tool"`    // name and version of what measured
	Started time.Time `json:"started"` // when the run began
	// Build is the version control revision of the tool; empty where it has none.
	Build string `json:"build,omitempty"`
	// Plan says what was to be asked, so that what is missing can be seen.
	Plan *Plan `json:"plan,omitempty"`
	// Data are the data sets that the run consulted.
	Data []DataSet `json:"data,omitempty"`
	// Roots are the certificates that the user vouches for, beside the embedded
	// roots: the SHA-256 of each, in hex.
	Roots []string `json:"roots,omitempty"`
}

// Plan is what a run set out to ask.
type Plan struct {
	Targets   []string `json:"targets,omitempty"`   // as the user or the sheets named them
	Vantages  []string `json:"vantages,omitempty"`  // as the user named them
	Countries []string `json:"countries,omitempty"` // of clients, ISO 3166-1
}

// DataSet is a file that a run looked addresses up in. Name is a name, never a path.
type DataSet struct {
	Name   string `json:"name"`             // such as dbip-country-lite
	SHA256 string `json:"sha256,omitempty"` // of the file, in hex
	Built  string `json:"built,omitempty"`  // YYYY-MM-DD, by the file itself
}

// Observation is one line of a bundle: one statement about one operation.
type Observation interface {
	// Common returns the fields that every line has.
	Common() *Meta
	// check reports the first field whose value no measurement can give.
	check() error
}

// Meta is what every observation carries.
type Meta struct {
	Kind    Kind      `json:"kind"`
	ID      string    `json:"id"`                // unique within the bundle
	Vantage string    `json:"vantage,omitempty"` // id of the vantage that looked; empty for look-ups in data sets
	At      time.Time `json:"at,omitzero"`       // when it was measured
	// Measurement names the public original that this was read from, as
	// PLATFORM:ID; empty where this program measured itself.
	Measurement string `json:"measurement,omitempty"`
}

// Common returns m itself, so that embedding Meta makes a type an observation.
func (m *Meta) Common() *Meta { return m }

func (m *Meta) check() error {
	if m.ID == "" {
		return fmt.Errorf("%s line has no id", m.Kind)
	}
	return firstError(checkID("id", m.ID), checkID("vantage", m.Vantage), checkText("measurement", m.Measurement))
}

// Vantage is a place that was looked from. Its position is what it says of
// itself; RadiusKM is how far off that may be.
type Vantage struct {
	Meta
	Name     string   `json:"name,omitempty"`      // for people, such as Frankfurt
	Lat      *float64 `json:"lat,omitempty"`       // where it says that it is, in degrees
	Lon      *float64 `json:"lon,omitempty"`       // the same
	RadiusKM float64  `json:"radius_km,omitempty"` // how far off that may be
	Country  string   `json:"country,omitempty"`   // ISO 3166-1 alpha-2
	ASN      uint32   `json:"asn,omitempty"`       // of its network
	Network  string   `json:"network,omitempty"`   // who runs it: local, globalping, atlas or import; an unknown word is read as import
	// Machine tells one machine from another over runs: a random text that an
	// installation keeps, or the platform's own id of the probe (atlas:501).
	// Empty where neither is known.
	Machine string `json:"machine,omitempty"`
}

// Position returns the declared place in degrees; ok is false where none is known,
// or it is nowhere on earth.
func (v *Vantage) Position() (lat, lon float64, ok bool) {
	if v.Lat == nil || checkPosition(v.Lat, v.Lon) != nil {
		return 0, 0, false
	}
	return *v.Lat, *v.Lon, true
}

// DNS is the answer to one question (RFC 1035), or the chain of answers that
// led from the name to its addresses.
type DNS struct {
	Meta
	Name          string       `json:"name"`                     // that was asked for
	Type          string       `json:"type"`                     // A, AAAA, CNAME, …
	Resolver      string       `json:"resolver,omitempty"`       // who was asked
	ClientSubnet  string       `json:"client_subnet,omitempty"`  // sent with the question, RFC 7871
	ClientCountry string       `json:"client_country,omitempty"` // the country that subnet stands for, ISO 3166-1
	Rcode         string       `json:"rcode"`                    // how it was answered (RFC 1035, 4.1.1): NOERROR, NXDOMAIN, …
	Chain         []string     `json:"chain,omitempty"`          // the CNAMEs followed, in order; for PTR and NS the names given
	Answers       []netip.Addr `json:"answers,omitempty"`        // the addresses
	Texts         []string     `json:"texts,omitempty"`          // of TXT, and HTTPS records (RFC 9460), escaped and cut
	TTL           uint32       `json:"ttl,omitempty"`            // seconds; the smallest of the answers
	NSID          string       `json:"nsid,omitempty"`           // what the server calls itself, RFC 5001, escaped
	// Zone is the zone that the name is in, or the last alias of it, where the
	// zone's own servers were looked for or asked.
	Zone string `json:"zone,omitempty"`
	// ECSScope is the network that the server gave the answer for (RFC 7871,
	// 7.2): the client subnets in it are given the same, and one of them was
	// asked. It is [NoECS] where the answer did not depend on the client subnet,
	// as far as questions for several countries show.
	ECSScope string `json:"ecs_scope,omitempty"`
	// CountriesAsked is for how many countries' networks the zone was asked where
	// one answer stands for all of them. ECSScope is then [NoECS] where the zone's
	// servers took no note of the client subnet, and a prefix of length 0 where they
	// did.
	CountriesAsked int `json:"countries_asked,omitempty"`
	// Port is that of the endpoint that an answer of type HTTPS is for, where its
	// records stand under a name of their own (_PORT._https.NAME, RFC 9460, 9.1);
	// 0: 443, and 80.
	Port uint16 `json:"port,omitempty"`
	// Services are the records of an answer of type HTTPS (RFC 9460), by priority.
	Services []Service `json:"services,omitempty"`
}

// Service is one HTTPS record in ServiceMode, or an alias (priority 0): where
// clients are sent in place of the name that they asked for (RFC 9460, 2.4).
type Service struct {
	Priority uint16       `json:"priority"`        // 0: an alias
	Target   string       `json:"target"`          // the owner's own name where the record says "."
	Port     uint16       `json:"port,omitempty"`  // 0: that of the endpoint
	Hints    []netip.Addr `json:"hints,omitempty"` // addresses of the target
	ECH      bool         `json:"ech,omitempty"`   // the name in handshakes is encrypted (RFC 9849)
}

// NoECS stands for a scope where answers do not depend on the client subnet.
const NoECS = "no-ecs"

// How a round trip was timed.
const (
	MethodTCP    = "tcp"
	MethodICMP   = "icmp"
	MethodUDP    = "udp"
	MethodTLS    = "tls"
	MethodQUIC   = "quic"
	MethodH2Ping = "h2-ping" // an HTTP/2 PING and its ACK inside TLS (RFC 9113, 6.7)
	MethodImport = "import"
)

// Authenticated says that the endpoint's own key answered within the round
// trips of a line: nobody without the key can make them shorter.
type Authenticated struct {
	// ServerName is the name that the certificate was valid for, in lower case;
	// an address where the endpoint is one.
	ServerName string `json:"server_name"`
	CertSHA256 string `json:"cert_sha256,omitempty"` // of the leaf certificate, hex; empty where a platform does not tell it
	// How is [MethodH2Ping], [MethodTLS] or [MethodQUIC]. TLS and QUIC are timed
	// up to the message that proves possession of the key in this very handshake.
	How string `json:"how"`
	// Roots is "user" where only roots that the user vouches for make the
	// certificate valid; empty where the embedded roots do.
	Roots string `json:"roots,omitempty"`
}

// RootsOfUser marks certificates that only the user's own roots make valid.
const RootsOfUser = "user"

// RTT is the round trip between a vantage and an address. MinMS is never
// below what a reply really took.
type RTT struct {
	Meta
	Addr      netip.Addr `json:"addr"`                 // that was asked
	Port      uint16     `json:"port,omitempty"`       // 0: of no port
	Method    string     `json:"method"`               // tcp, icmp, udp, tls, quic, h2-ping or import
	Sent      int        `json:"sent,omitempty"`       // packets or connections
	Lost      int        `json:"lost,omitempty"`       // those without a reply
	MinMS     float64    `json:"min_ms"`               // the least round trip
	SamplesMS []float64  `json:"samples_ms,omitempty"` // each round trip, in order
	// Authenticated is nil where anybody on the way could have answered.
	Authenticated *Authenticated `json:"authenticated,omitempty"`
}

// Hop is one step of a trace; a silent router has no address.
type Hop struct {
	TTL   int        `json:"ttl"`              // its place on the path, from 1
	Addr  netip.Addr `json:"addr,omitzero"`    // who answered
	Name  string     `json:"name,omitempty"`   // its PTR name
	RTTMS []float64  `json:"rtt_ms,omitempty"` // each reply
}

// Trace is the path from a vantage towards an address.
type Trace struct {
	Meta
	Addr    netip.Addr `json:"addr"`           // that packets were sent to
	Port    uint16     `json:"port,omitempty"` // the same
	Method  string     `json:"method"`         // tcp, udp or icmp
	Reached bool       `json:"reached"`        // whether the address itself answered
	Hops    []Hop      `json:"hops"`           // by ttl
}

// TLS is what a server showed in a handshake (RFC 8446).
type TLS struct {
	Meta
	Addr              netip.Addr `json:"addr"`                         // of the server
	Port              uint16     `json:"port,omitempty"`               // of the server
	ServerName        string     `json:"server_name,omitempty"`        // that was asked for (RFC 6066)
	Version           string     `json:"version,omitempty"`            // 1.2, 1.3
	Subject           string     `json:"subject,omitempty"`            // of the leaf certificate
	SANs              []string   `json:"sans,omitempty"`               // names that it is for
	Issuer            string     `json:"issuer,omitempty"`             // who signed it
	FingerprintSHA256 string     `json:"fingerprint_sha256,omitempty"` // of the leaf certificate, hex
	Trusted           bool       `json:"trusted"`                      // for ServerName, by the embedded roots or the user's own
	// SystemTrusts is set where the store of the vantage's system says otherwise
	// than Trusted: a root of its own is how interception looks.
	SystemTrusts *bool   `json:"system_trusts,omitempty"`
	ALPN         string  `json:"alpn,omitempty"`         // the protocol agreed on, RFC 7301: h2, http/1.1
	ConnectMS    float64 `json:"connect_ms,omitempty"`   // until the connection stood
	HandshakeMS  float64 `json:"handshake_ms,omitempty"` // from the first message to the end of the handshake
	// RoundTripMS is from the client's last message to the end of the server's
	// answer to it: a round trip and the server's work. The answer holds what
	// nobody can say before the message came. It is rounded up.
	RoundTripMS float64 `json:"round_trip_ms,omitempty"`
}

// HTTP is the answer to one request; no redirect is followed.
type HTTP struct {
	Meta
	Addr     netip.Addr        `json:"addr"`               // of the server
	URL      string            `json:"url"`                // that was asked for
	Status   int               `json:"status"`             // RFC 9110, 15
	Location string            `json:"location,omitempty"` // where a redirect leads
	Headers  map[string]string `json:"headers,omitempty"`  // only those that can name a place, lower case
	TTFBMS   float64           `json:"ttfb_ms,omitempty"`  // request written to first byte of the answer
	Protocol string            `json:"protocol,omitempty"` // that the answer came over: http/1.0, http/1.1, h2
	// AltProtocols are what else the service says that it speaks (RFC 7838): h3.
	AltProtocols []string `json:"alt_protocols,omitempty"`
	ConnectMS    float64  `json:"connect_ms,omitempty"`   // until the connection stood
	HandshakeMS  float64  `json:"handshake_ms,omitempty"` // of TLS
}

// GeoIP is what a database says of an address. It never refutes a claim.
type GeoIP struct {
	Meta
	Addr        netip.Addr `json:"addr"`                  // that was looked up
	Database    string     `json:"database"`              // its name
	Built       string     `json:"built,omitempty"`       // YYYY-MM-DD
	Country     string     `json:"country,omitempty"`     // ISO 3166-1, as the database writes it
	Subdivision string     `json:"subdivision,omitempty"` // ISO 3166-2, without the country
	City        string     `json:"city,omitempty"`        // as the database names it
	Lat         *float64   `json:"lat,omitempty"`         // in degrees
	Lon         *float64   `json:"lon,omitempty"`         // in degrees
	// Anycast is set where the database says that many hosts share the address:
	// what else it says is then the place of none of them in particular.
	Anycast bool `json:"anycast,omitempty"`
}

// Network is who announces or registered an address. RegisteredCountry speaks
// of an operator, never of a place.
type Network struct {
	Meta
	Addr              netip.Addr   `json:"addr"`                         // that was looked up
	Prefix            netip.Prefix `json:"prefix,omitzero"`              // that it is in
	ASN               uint32       `json:"asn,omitempty"`                // that announces it
	Organisation      string       `json:"organisation,omitempty"`       // whose network it is
	RegisteredCountry string       `json:"registered_country,omitempty"` // of the registration, ISO 3166-1
	Source            string       `json:"source,omitempty"`             // the name of the database
	Built             string       `json:"built,omitempty"`              // YYYY-MM-DD
}

// Range is a published address range of a provider that holds the address.
// Region is the provider's own code. Country and City are set instead where
// the provider publishes a geofeed (RFC 8805), which is its say-so alone.
type Range struct {
	Meta
	Addr     netip.Addr   `json:"addr"`              // that was looked up
	Prefix   netip.Prefix `json:"prefix"`            // that holds it
	Provider string       `json:"provider"`          // such as aws
	Service  string       `json:"service,omitempty"` // the provider's own word
	Region   string       `json:"region,omitempty"`  // the provider's own code
	Country  string       `json:"country,omitempty"` // of a geofeed
	City     string       `json:"city,omitempty"`    // of a geofeed
	// Edge marks the ranges of a network edge, by the provider's own words: many
	// hosts share an address, and a region is the place of none in particular.
	Edge      bool   `json:"edge,omitempty"`
	Source    string `json:"source"`              // the name of the published file, never a path
	Published string `json:"published,omitempty"` // YYYY-MM-DD
}

// Hint is a place read out of a name or header. It never refutes a claim.
type Hint struct {
	Meta
	Addr  netip.Addr `json:"addr"`  // of the host
	From  string     `json:"from"`  // ptr, header, cname, hop-name
	Text  string     `json:"text"`  // in which it was read
	Place string     `json:"place"` // in the claims language
	Rule  string     `json:"rule"`  // by which it was read
}

// Replica is a further copy that a store keeps.
type Replica struct {
	Target   string `json:"target"`             // where the copy is, as a bucket or a name
	Location string `json:"location,omitempty"` // a place of the claims language
	Rule     string `json:"rule,omitempty"`     // why there is a copy
	// Holds is what the copy is of where it is not the content: [HoldsMetadata].
	Holds string `json:"holds,omitempty"`
	// Host is the public endpoint that gives the copy, where it has one of its
	// own.
	Host string `json:"host,omitempty"`
}

// HoldsMetadata marks a copy of names, sizes and the like, such as an inventory.
const HoldsMetadata = "metadata"

// ByName is the [Storage.API] of what nobody answered: it was read from the name
// of an endpoint, which can dispute a claim and cannot refute it.
const ByName = "endpoint-name"

// Storage is what the provider of a store says of where it lies.
type Storage struct {
	Meta
	Target    string    `json:"target"`              // the bucket
	Provider  string    `json:"provider"`            // such as aws
	Locations []string  `json:"locations,omitempty"` // places of the claims language
	Replicas  []Replica `json:"replicas,omitempty"`  // further copies
	API       string    `json:"api,omitempty"`       // that said it, or [ByName]
	// Notes are what else was said that bears on where the bytes go, such as
	// "transfer acceleration is on", a sentence each.
	Notes []string `json:"notes,omitempty"`
}

// Flow is a destination that received bytes.
type Flow struct {
	Meta
	Addr       netip.Addr `json:"addr"`                  // that was talked to
	Port       uint16     `json:"port,omitempty"`        // the same
	Protocol   string     `json:"protocol,omitempty"`    // tcp or udp
	ServerName string     `json:"server_name,omitempty"` // from the TLS handshake
	BytesUp    int64      `json:"bytes_up"`              // sent
	BytesDown  int64      `json:"bytes_down"`            // received
	First      time.Time  `json:"first,omitzero"`        // packet
	Last       time.Time  `json:"last,omitzero"`         // packet
}

// Retrieval is a timed read of bytes that only the store can have given.
type Retrieval struct {
	Meta
	Target     string     `json:"target"`      // the bucket
	Addr       netip.Addr `json:"addr"`        // of the front end that was asked
	Challenges int        `json:"challenges"`  // reads whose bytes were checked
	RTTMinMS   float64    `json:"rtt_min_ms"`  // to the front end; 0 if it was not timed
	TTFBMinMS  float64    `json:"ttfb_min_ms"` // the second smallest validated warm sample, see [SecondSmallestWarm]
	// SamplesMS are the times of all reads whose bytes were validated, in the
	// order in which they were made; the first is the cold one.
	SamplesMS []float64 `json:"samples_ms,omitempty"`
}

// Page is the page of a claim, and whether its words still stand there.
type Page struct {
	Meta
	URL        string `json:"url"`              // of the page
	Status     int    `json:"status"`           // RFC 9110, 15
	SHA256     string `json:"sha256,omitempty"` // of the page, in hex
	Claim      string `json:"claim,omitempty"`  // vendor/claim
	QuoteFound bool   `json:"quote_found"`      // whether the claim's words are there
}

// The results of a self-check.
const (
	CheckPassed      = "passed"
	CheckFailed      = "failed"
	CheckNotPossible = "not-possible"
)

// Check is one part of a self-check.
type Check struct {
	Name     string   `json:"name"`               // such as light-speed
	Result   string   `json:"result"`             // passed, failed or not-possible
	Text     string   `json:"text,omitempty"`     // for people
	Evidence []string `json:"evidence,omitempty"` // ids of the lines that it rests on
}

// Selfcheck is whether a vantage can be trusted.
type Selfcheck struct {
	Meta
	Result string  `json:"result"`           // passed, failed or not-possible
	Checks []Check `json:"checks,omitempty"` // its parts
}

// Error is a measurement that failed. That is data too: it says what was
// tried and how it ended.
type Error struct {
	Meta
	Probe  string `json:"probe"`  // that tried
	Target string `json:"target"` // that was tried
	Error  string `json:"error"`  // for people
	Class  Class  `json:"class"`
	// Unmeasured says for the users of which countries a name was asked for in
	// vain; nil where it was not asked for them.
	Unmeasured *Unmeasured `json:"unmeasured,omitempty"`
}

// Unknown is an observation of a kind that this version does not know, kept
// as it was written.
type Unknown struct {
	Meta
	Raw json.RawMessage `json:"-"`
}
