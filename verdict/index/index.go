package index

import (
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/constraint"
)

// Index is the evidence of a run, put in order for judging.
type Index struct {
	Header    evidence.Header
	window    time.Duration
	Suppliers map[string]*Supplier // by name; one without a name where there is one file
	Aside     []evidence.Aside
	newest    int64 // Unix time of the newest line, s
	lastReply map[ReplyKey]int64
	Ground    *constraint.Land
	origins   int // how many places disks can be drawn around
	Vantages  []*Vantage
	machines  map[*Supplier]int // how many machines each file has
	ByID      map[string]*Vantage

	Keys              map[netip.Addr][]ReplyKey // what replied at an address
	Doors             map[ReplyKey][]Disk       // from round trips: one a vantage, the smallest
	Inconsistent      map[ReplyKey][]Disk       // those of vantages that others contradict
	Past              map[ReplyKey][]Disk       // those of files whose replies are older than the newest window
	Undrawn           map[ReplyKey]bool         // more vantages were answered than have a disk
	Explained         map[string][]string       // by address: few vantages that would explain that disks are apart if they lied
	secured           map[netip.AddrPort]bool   // ports that speak TLS, or were asked to
	securedNames      map[string]bool           // the same by "name:port"
	shakes            map[netip.AddrPort][]*evidence.TLS
	tlsFailures       map[netip.AddrPort][]*evidence.Error
	Stores            map[string][]Disk // from timed reads, by target
	InconsistentReads map[string][]Disk // those of vantages that others contradict
	Timed             timedReads
	Landmarks         []Landmark
	Paths             map[netip.Addr][]*evidence.Trace
	answers           map[string][]*evidence.DNS // by name in lower case
	everyAnswer       map[string][]*evidence.DNS // likewise, where some are older than the newest window
	unmeasured        map[string][]unmeasured    // likewise: users of which countries a name was asked for in vain
	Databases         map[netip.Addr][]*evidence.GeoIP
	Networks          map[netip.Addr][]*evidence.Network
	Ranges            map[netip.Addr][]*evidence.Range
	Hints             map[netip.Addr][]*evidence.Hint
	headers           map[netip.Addr][]*evidence.HTTP
	Redirects         map[string][]evidence.Observation // by host in lower case: what can send its clients elsewhere
	SentOn            map[AskedFor]map[string]bool      // by what was asked: the files that did
	storage           map[string][]*evidence.Storage
	Failures          map[string][]*evidence.Error // by target

	// Until it is settled.
	selfchecks []*evidence.Selfcheck
	retrievals []*evidence.Retrieval
	replies    map[netip.Addr][]reply
	names      *namePool
}

// New begins the case of a run, to which its evidence is added, in any
// order, and which is then settled.
func New(header evidence.Header, window time.Duration) *Index {
	go geo.Countries() // needed once all is read
	return &Index{
		Header: header, window: window, newest: minTime,
		Suppliers: map[string]*Supplier{"": {Header: header}},
		ByID:      map[string]*Vantage{},
		Keys:      map[netip.Addr][]ReplyKey{}, Doors: map[ReplyKey][]Disk{}, Inconsistent: map[ReplyKey][]Disk{}, Past: map[ReplyKey][]Disk{}, Undrawn: map[ReplyKey]bool{},
		secured: map[netip.AddrPort]bool{}, securedNames: map[string]bool{},
		shakes: map[netip.AddrPort][]*evidence.TLS{}, tlsFailures: map[netip.AddrPort][]*evidence.Error{},
		Stores: map[string][]Disk{}, InconsistentReads: map[string][]Disk{},
		replies: map[netip.Addr][]reply{}, names: newNamePool(),
		Paths: map[netip.Addr][]*evidence.Trace{}, unmeasured: map[string][]unmeasured{}, everyAnswer: map[string][]*evidence.DNS{}, answers: map[string][]*evidence.DNS{},
		Databases: map[netip.Addr][]*evidence.GeoIP{}, Networks: map[netip.Addr][]*evidence.Network{},
		Ranges: map[netip.Addr][]*evidence.Range{}, Hints: map[netip.Addr][]*evidence.Hint{},
		headers: map[netip.Addr][]*evidence.HTTP{}, Redirects: map[string][]evidence.Observation{}, SentOn: map[AskedFor]map[string]bool{}, storage: map[string][]*evidence.Storage{},
		Failures: map[string][]*evidence.Error{},
	}
}

// SupplierOf returns the file that a line came in. A line without a source of
// that name is of the whole.
func (c *Index) SupplierOf(id string) *Supplier {
	if len(c.Suppliers) > 1 {
		if s := c.Suppliers[evidence.SourceOf(id)]; s != nil {
			return s
		}
	}
	return c.Suppliers[""]
}

// Settle draws the disks, once all vantages are known and which of them cannot be
// used.
func (c *Index) Settle() {
	for _, s := range c.selfchecks {
		c.addSelfcheck(s)
	}
	c.findTwins()
	c.countMachines()
	c.noteTimes()
	c.keepNewestAnswers()
	c.findTLS()
	c.findLandmarks()
	c.Ground = constraint.NewLand(c.origins)
	c.checkPlaces()
	c.drawDisks()
	for _, x := range c.newestReads() {
		c.addRetrieval(x)
	}
	c.keepSmallest()
}

// workers is how many goroutines share work that waits for nothing.
func workers() int { return runtime.GOMAXPROCS(0) }

// Add adds a line of evidence.
func (c *Index) Add(o evidence.Observation) {
	switch x := o.(type) {
	case *evidence.Vantage:
		c.addVantage(x)
	case *evidence.Selfcheck:
		c.selfchecks = append(c.selfchecks, x)
	case *evidence.RTT:
		c.addReply(x)
	case *evidence.Landmark:
		c.addLandmark(x)
	case *evidence.Trace:
		c.Paths[x.Addr.Unmap()] = append(c.Paths[x.Addr.Unmap()], x)
	case *evidence.DNS:
		name := HostKey(x.Name)
		c.noteTime(&x.Meta)
		c.answers[name] = append(c.answers[name], x)
		if x.Type == "HTTPS" {
			c.noteAsked(AskedFor{name, true}, x.ID)
		}
		if len(x.Services) > 0 {
			c.Redirects[name] = append(c.Redirects[name], x)
		}
	case *evidence.GeoIP:
		c.Databases[x.Addr.Unmap()] = append(c.Databases[x.Addr.Unmap()], x)
	case *evidence.Network:
		c.Networks[x.Addr.Unmap()] = append(c.Networks[x.Addr.Unmap()], x)
	case *evidence.Range:
		c.Ranges[x.Addr.Unmap()] = append(c.Ranges[x.Addr.Unmap()], x)
	case *evidence.Hint:
		c.Hints[x.Addr.Unmap()] = append(c.Hints[x.Addr.Unmap()], x)
	case *evidence.TLS:
		at := netip.AddrPortFrom(x.Addr.Unmap(), PortOr(x.Port))
		c.shakes[at] = append(c.shakes[at], x)
	case *evidence.HTTP:
		c.addHTTP(x)
	case *evidence.Storage:
		key := StoreKey(x.Target)
		c.noteTime(&x.Meta)
		c.storage[key] = append(c.storage[key], x)
	case *evidence.Retrieval:
		c.noteTime(&x.Meta)
		c.retrievals = append(c.retrievals, x)
	case *evidence.Error:
		c.Failures[x.Target] = append(c.Failures[x.Target], x)
		if u := x.Unmeasured; u != nil {
			c.unmeasured[HostKey(u.Name)] = append(c.unmeasured[HostKey(u.Name)], unmeasured{u, c.SupplierOf(x.ID)})
		}
	}
}

// PortOr returns the port, or that which endpoints are asked at by default.
func PortOr(port uint16) uint16 {
	if port == 0 {
		return tcpPort
	}
	return port
}

func (c *Index) addHTTP(x *evidence.HTTP) {
	c.headers[x.Addr.Unmap()] = append(c.headers[x.Addr.Unmap()], x)
	host, _, ok := hostOfURL(x.URL)
	if !ok {
		return
	}
	c.noteAsked(AskedFor{host, false}, x.ID)
	if x.Location != "" {
		c.Redirects[host] = append(c.Redirects[host], x)
	}
}

// HostKey returns a name as evidence is found by it.
func HostKey(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// dayOf returns the day of a Unix time.
func dayOf(at int64) providers.Date { return providers.DateOf(time.Unix(at, 0).UTC()) }

// SortedAddrs returns the addresses of a map in their order.
func SortedAddrs[T any](m map[netip.Addr]T) []netip.Addr {
	out := make([]netip.Addr, 0, len(m))
	for addr := range m {
		out = append(out, addr)
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}
