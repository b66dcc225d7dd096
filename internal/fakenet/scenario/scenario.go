package scenario

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

// Scenario is one invented internet: what is true, from where it is looked at,
// what vendors claim of it, and which verdicts must come out.
type Scenario struct {
	Name      string        `yaml:"name"`
	About     string        `yaml:"about"`               // what is true, in a sentence or two
	Landmarks bool          `yaml:"landmarks,omitempty"` // hosts of published place are there too, see AddLandmarks
	Vantages  []Vantage     `yaml:"vantages"`
	Routers   []Router      `yaml:"routers,omitempty"`
	Hosts     []Host        `yaml:"hosts"`
	Zones     []Zone        `yaml:"zones,omitempty"`
	Users     []Users       `yaml:"users,omitempty"`
	Databases Databases     `yaml:"databases,omitempty"`
	Claims    []string      `yaml:"claims,omitempty"` // sheets of landfall.claims/v1
	Args      []string      `yaml:"args,omitempty"`   // further arguments of the look
	Supply    []Supplied    `yaml:"supply,omitempty"` // evidence that somebody adds to that of the vantages
	Expect    []Expectation `yaml:"expect,omitempty"`
	Seed      uint64        `yaml:"seed,omitempty"` // of losses and jitter
}

// Vantage is a place that is looked from; each has a world of its own.
type Vantage struct {
	Name        string       `yaml:"name"`
	At          Place        `yaml:"at"`
	Declared    *Place       `yaml:"declared,omitempty"` // where it says that it is; nil: at At
	Country     string       `yaml:"country,omitempty"`  // what geographic DNS takes its users for, ISO 3166-1
	Addrs       []netip.Addr `yaml:"addrs"`
	Resolvers   []string     `yaml:"resolvers,omitempty"` // hosts in its resolv.conf
	Via         []string     `yaml:"via,omitempty"`       // routers that all its packets pass first
	Middleboxes []Middlebox  `yaml:"middleboxes,omitempty"`
	Tunnel      *Tunnel      `yaml:"tunnel,omitempty"`
	Unreachable []string     `yaml:"unreachable,omitempty"` // hosts that none of its packets get to
	Machine     string       `yaml:"machine,omitempty"`     // vantages of one name are one machine that looks again; empty: a machine of its own
	Remote      *Remote      `yaml:"remote,omitempty"`      // it is a machine of a measurement platform
}

// Remote is what measurement platforms tell of one of their machines. Its place
// is Declared, where that is set.
type Remote struct {
	On      []string `yaml:"on"` // globalping, atlas
	ID      int      `yaml:"id,omitempty"`
	City    string   `yaml:"city"`
	ASN     uint32   `yaml:"asn"`
	Network string   `yaml:"network,omitempty"`
	Tags    []string `yaml:"tags,omitempty"`
}

// Middlebox answers TCP handshakes in the place of others, and passes on what
// is said then. It stands behind the vantage's own routers.
type Middlebox struct {
	At    Place    `yaml:"at"`
	Ports []uint16 `yaml:"ports"`
	Hosts []string `yaml:"hosts,omitempty"` // in whose place; none: everybody's
	TLS   bool     `yaml:"tls,omitempty"`   // it ends TLS too, and answers requests itself

	Certificate Certificate `yaml:"certificate,omitempty"` // that it shows where it ends TLS
	// Refuses makes it a firewall: it answers each SYN with a RST in the host's
	// name, and lets nothing else through to those hosts.
	Refuses bool `yaml:"refuses,omitempty"`
}

// Tunnel is a private network between a vantage and a place that its packets
// leave from, to all hosts but those excepted (split tunnelling). Routers of
// the vantage are passed before it.
type Tunnel struct {
	Exit   Place    `yaml:"exit"`
	Except []string `yaml:"except,omitempty"` // hosts that packets go to directly
}

// Certificate is by whom the certificates of a server are signed.
type Certificate string

// The signers of certificates.
const (
	TrustedCA  Certificate = ""            // the authority of the world, which everybody in it trusts
	SelfSigned Certificate = "self-signed" // the server itself
	UnknownCA  Certificate = "unknown-ca"  // an authority that nobody trusts
	CompanyCA  Certificate = "company-ca"  // one that the system of the vantage trusts, and nobody else
	DomainCA   Certificate = "domain-ca"   // one of the name's domain, which the authority of the world certified
)

// Router is a step on the way.
type Router struct {
	Name   string       `yaml:"name"`
	At     Place        `yaml:"at"`
	Addrs  []netip.Addr `yaml:"addrs,omitempty"`
	PTR    string       `yaml:"ptr,omitempty"`
	Silent bool         `yaml:"silent,omitempty"` // it lets packets expire without a word
}

// Host is a machine, or several that share its addresses.
type Host struct {
	Name     string       `yaml:"name"`
	Addrs    []netip.Addr `yaml:"addrs"`
	At       *Place       `yaml:"at,omitempty"`
	Sites    []Site       `yaml:"sites,omitempty"`   // anycast: the one nearest to the vantage answers
	Stretch  float64      `yaml:"stretch,omitempty"` // length of the path over the great circle; at least 1, which it is where not set
	ExtraMS  float64      `yaml:"extra_ms,omitempty"`
	JitterMS float64      `yaml:"jitter_ms,omitempty"` // at most this is added to a round trip
	Loss     float64      `yaml:"loss,omitempty"`      // share of packets lost in each direction, 0 to 1
	Via      []string     `yaml:"via,omitempty"`       // routers on the way, behind the vantage's own
	PTR      string       `yaml:"ptr,omitempty"`
	Ports    []Port       `yaml:"ports,omitempty"`
	Others   PortState    `yaml:"others,omitempty"`  // ports that are not listed; closed where not set
	NoEcho   bool         `yaml:"no_echo,omitempty"` // it does not answer ICMP echo requests
	Web      Web          `yaml:"web,omitempty"`
	Resolver *Resolver    `yaml:"resolver,omitempty"` // what its DNS services do beside the zones it serves

	Certificate Certificate `yaml:"certificate,omitempty"` // that it shows for whatever name is asked for
}

// Site is one of the places of an anycast host.
type Site struct {
	At  Place    `yaml:"at"`
	Via []string `yaml:"via,omitempty"`
	Web *Web     `yaml:"web,omitempty"` // nil: that of the host
}

// PortState is what a port does with a first packet.
type PortState string

// The states of a port.
const (
	Open       PortState = "open"
	Closed     PortState = "closed"     // RST over TCP, port unreachable over UDP
	Filtered   PortState = "filtered"   // no answer
	Prohibited PortState = "prohibited" // the last router before the host refuses by ICMP (RFC 1812, 5.2.7.1)
)

// Service is what listens on a port.
type Service string

// The services.
const (
	HTTPS Service = "https" // HTTP/1.1 and HTTP/2 over TLS, and DNS over HTTPS (RFC 8484)
	HTTP  Service = "http"
	DNS   Service = "dns" // over UDP and TCP (RFC 7766)
	DoT   Service = "dot" // DNS over TLS (RFC 7858)
	Echo  Service = "echo"
	Mute  Service = "mute" // accepts connections and says nothing

	Globalping Service = "globalping" // over HTTPS, where [Main] was given the platform
	Atlas      Service = "atlas"      // likewise

	S3     Service = "s3"     // object storage over HTTPS, likewise
	WebDAV Service = "webdav" // a folder over HTTPS, likewise
	Azure  Service = "azure"  // the hosts that Azure answers as, likewise
)

// Port is one port of a host, for both TCP and UDP.
type Port struct {
	Port    uint16    `yaml:"port"`
	State   PortState `yaml:"state,omitempty"` // open where not set
	Service Service   `yaml:"service,omitempty"`
	// At is where packets to this port are forwarded to, where that is elsewhere
	// than the host.
	At *Place `yaml:"at,omitempty"`
	// Behind is where the server is, where who takes connections only relays
	// what is said over them.
	Behind *Place `yaml:"behind,omitempty"`
	Web    *Web   `yaml:"web,omitempty"` // nil: that of the host
}

// Web is what a host answers to every request.
type Web struct {
	Status  int               `yaml:"status,omitempty"` // 200 where not set
	Headers map[string]string `yaml:"headers,omitempty"`
	Body    string            `yaml:"body,omitempty"`
	Storage *Place            `yaml:"storage,omitempty"` // an answer takes a round trip to there longer
	Cache   Cache             `yaml:"cache,omitempty"`   // of a host with an object store
	// Raw is sent in place of all that, byte for byte, over HTTP/1.1. HTTP/2 is
	// then not offered.
	Raw string `yaml:"raw,omitempty"`
}

// Cache is what a front door keeps of the objects behind it.
type Cache string

// The caches, whatever an object says of being kept.
const (
	CacheReads  Cache = "reads"  // whole objects of which a part was read
	CacheWrites Cache = "writes" // what was written through it, for [CacheWritesFor]
)

// CacheWritesFor is how long a front door keeps what was written through it.
const CacheWritesFor = time.Second

// Resolver makes a host with a DNS service answer for all zones.
type Resolver struct {
	ClientSubnet bool `yaml:"client_subnet,omitempty"` // it passes on its clients' networks (RFC 7871)
	// Overrides are answers of its own: names, and the host or address that it
	// gives for each, whatever their zones say.
	Overrides map[string]string `yaml:"overrides,omitempty"`
}

// Zone is a part of the name space and who serves it.
type Zone struct {
	Name     string   `yaml:"name"`
	Servers  []string `yaml:"servers"`             // hosts with a DNS service
	NoSubnet bool     `yaml:"no_subnet,omitempty"` // its servers know nothing of RFC 7871: no option in answers
	Records  []Record `yaml:"records"`
}

// Record is a name and what is answered for it.
type Record struct {
	Name  string        `yaml:"name"`
	CNAME string        `yaml:"cname,omitempty"`
	To    []string      `yaml:"to,omitempty"` // hosts or addresses
	For   []GeoAnswer   `yaml:"for,omitempty"`
	TXT   []string      `yaml:"txt,omitempty"`
	HTTPS []HTTPSRecord `yaml:"https,omitempty"`
	TTL   uint32        `yaml:"ttl,omitempty"` // seconds; 60 where not set
}

// HTTPSRecord says where clients of a name find its service (RFC 9460).
type HTTPSRecord struct {
	Priority uint16   `yaml:"priority"`         // 0 makes it an alias (AliasMode)
	Target   string   `yaml:"target,omitempty"` // empty: the name itself
	Port     uint16   `yaml:"port,omitempty"`
	Hints    []string `yaml:"hints,omitempty"` // hosts or addresses, of both families
}

// GeoAnswer is what some users are told instead.
type GeoAnswer struct {
	Countries []string       `yaml:"countries,omitempty"`
	Networks  []netip.Prefix `yaml:"networks,omitempty"`
	To        []string       `yaml:"to,omitempty"`
	CNAME     string         `yaml:"cname,omitempty"`
}

// Users says in which country the users of a network are. Elsewhere it is what
// the embedded country database says.
type Users struct {
	Country  string         `yaml:"country"`
	Networks []netip.Prefix `yaml:"networks"`
}

// Databases are what data sets say of addresses, true or not.
type Databases struct {
	GeoIP []GeoIPRecord `yaml:"geoip,omitempty"`
	ASN   []ASNRecord   `yaml:"asn,omitempty"`
}

// GeoIPRecord is a line of the scenario's geolocation database.
type GeoIPRecord struct {
	Network netip.Prefix `yaml:"network"`
	Country string       `yaml:"country"`
	City    string       `yaml:"city,omitempty"`
}

// ASNRecord is a line of the scenario's network database.
type ASNRecord struct {
	Network      netip.Prefix `yaml:"network"`
	ASN          uint32       `yaml:"asn"`
	Organisation string       `yaml:"organisation"`
	Country      string       `yaml:"country,omitempty"` // where it is registered
}

// Expectation is a verdict that must come out. Without a subject it is about
// the claim as a whole; with one, every verdict that the other fields name has
// this result, or none of Not, and there is one.
type Expectation struct {
	Vendor   string   `yaml:"vendor,omitempty"` // empty: there is only one
	Claim    string   `yaml:"claim"`
	Endpoint string   `yaml:"endpoint,omitempty"`
	Addr     string   `yaml:"addr,omitempty"`
	Subject  string   `yaml:"subject,omitempty"`
	Result   string   `yaml:"result,omitempty"`
	Not      []string `yaml:"not,omitempty"` // instead of Result: what it must not be
	Basis    string   `yaml:"basis,omitempty"`
	Single   *bool    `yaml:"single_vantage,omitempty"`
}

// Lookouts returns the vantages that somebody looks from himself: those that are
// no machines of a platform.
func (s *Scenario) Lookouts() []Vantage {
	return slices.DeleteFunc(slices.Clone(s.Vantages), func(v Vantage) bool { return v.Remote != nil })
}

// Parse reads a scenario and checks it. Unknown fields are errors; the file's
// name stands in all of them, with line and column where the text is at fault.
func Parse(file string, data []byte) (*Scenario, error) {
	if len(data) > maxScenarioBytes {
		return nil, fmt.Errorf("%s: %d bytes; a scenario has at most %d", file, len(data), maxScenarioBytes)
	}
	s := new(Scenario)
	if err := yaml.UnmarshalWithOptions(data, s, yaml.DisallowUnknownField()); err != nil {
		return nil, fmt.Errorf("%s: not a scenario: %w", file, err)
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// maxScenarioBytes bounds a file. Large worlds are built in code.
const maxScenarioBytes = 1 << 20
