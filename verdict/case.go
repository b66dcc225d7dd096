package verdict

import (
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// caseFile is the evidence of a run, put in order for judging.
type caseFile struct {
	header    evidence.Header
	window    time.Duration
	suppliers map[string]*supplier // by name; one without a name where there is one file
	aside     []evidence.Aside
	newest    int64 // Unix time of the newest line, s
	lastReply map[doorKey]int64
	ground    *ground
	origins   int // how many places disks can be drawn around
	vantages  []*vantage
	machines  map[*supplier]int // how many machines each file has
	byID      map[string]*vantage

	keys              map[netip.Addr][]doorKey // what replied at an address
	doors             map[doorKey][]disk       // from round trips: one a vantage, the smallest
	inconsistent      map[doorKey][]disk       // those of vantages that others contradict
	past              map[doorKey][]disk       // those of files whose replies are older than the newest window
	undrawn           map[doorKey]bool         // more vantages were answered than have a disk
	explained         map[string][]string      // by address: few vantages that would explain that disks are apart if they lied
	secured           map[netip.AddrPort]bool  // ports that speak TLS, or were asked to
	securedNames      map[string]bool          // the same by "name:port"
	shakes            map[netip.AddrPort][]*evidence.TLS
	tlsFailures       map[netip.AddrPort][]*evidence.Error
	stores            map[string][]disk // from timed reads, by target
	inconsistentReads map[string][]disk // those of vantages that others contradict
	timed             timedReads
	landmarks         []landmark
	paths             map[netip.Addr][]*evidence.Trace
	answers           map[string][]*evidence.DNS // by name in lower case
	everyAnswer       map[string][]*evidence.DNS // likewise, where some are older than the newest window
	unmeasured        map[string][]unmeasured    // likewise: users of which countries a name was asked for in vain
	databases         map[netip.Addr][]*evidence.GeoIP
	networks          map[netip.Addr][]*evidence.Network
	ranges            map[netip.Addr][]*evidence.Range
	hints             map[netip.Addr][]*evidence.Hint
	headers           map[netip.Addr][]*evidence.HTTP
	redirects         map[string][]evidence.Observation // by host in lower case: what can send its clients elsewhere
	sentOn            map[askedFor]map[string]bool      // by what was asked: the files that did
	storage           map[string][]*evidence.Storage
	failures          map[string][]*evidence.Error // by target

	// Until it is settled.
	selfchecks []*evidence.Selfcheck
	retrievals []*evidence.Retrieval
	replies    map[netip.Addr][]reply
	names      *namePool
}

// openCase begins the case of a run, to which its evidence is added, in any
// order, and which is then settled.
func openCase(header evidence.Header, window time.Duration) *caseFile {
	go geo.Countries() // needed once all is read
	return &caseFile{
		header: header, window: window, newest: minTime,
		suppliers: map[string]*supplier{"": {header: header}},
		byID:      map[string]*vantage{},
		keys:      map[netip.Addr][]doorKey{}, doors: map[doorKey][]disk{}, inconsistent: map[doorKey][]disk{}, past: map[doorKey][]disk{}, undrawn: map[doorKey]bool{},
		secured: map[netip.AddrPort]bool{}, securedNames: map[string]bool{},
		shakes: map[netip.AddrPort][]*evidence.TLS{}, tlsFailures: map[netip.AddrPort][]*evidence.Error{},
		stores: map[string][]disk{}, inconsistentReads: map[string][]disk{},
		replies: map[netip.Addr][]reply{}, names: newNamePool(),
		paths: map[netip.Addr][]*evidence.Trace{}, unmeasured: map[string][]unmeasured{}, everyAnswer: map[string][]*evidence.DNS{}, answers: map[string][]*evidence.DNS{},
		databases: map[netip.Addr][]*evidence.GeoIP{}, networks: map[netip.Addr][]*evidence.Network{},
		ranges: map[netip.Addr][]*evidence.Range{}, hints: map[netip.Addr][]*evidence.Hint{},
		headers: map[netip.Addr][]*evidence.HTTP{}, redirects: map[string][]evidence.Observation{}, sentOn: map[askedFor]map[string]bool{}, storage: map[string][]*evidence.Storage{},
		failures: map[string][]*evidence.Error{},
	}
}

// supplierOf returns the file that a line came in. A line without a source of
// that name is of the whole.
func (c *caseFile) supplierOf(id string) *supplier {
	if len(c.suppliers) > 1 {
		if s := c.suppliers[evidence.SourceOf(id)]; s != nil {
			return s
		}
	}
	return c.suppliers[""]
}

// settle draws the disks, once all vantages are known and which of them cannot be
// used.
func (c *caseFile) settle() {
	for _, s := range c.selfchecks {
		c.addSelfcheck(s)
	}
	c.findTwins()
	c.countMachines()
	c.noteTimes()
	c.keepNewestAnswers()
	c.findTLS()
	c.findLandmarks()
	c.ground = newGround(c.origins)
	c.checkPlaces()
	c.drawDisks()
	for _, x := range c.newestReads() {
		c.addRetrieval(x)
	}
	c.keepSmallest()
}

// workers is how many goroutines share work that waits for nothing.
func workers() int { return runtime.GOMAXPROCS(0) }

func (c *caseFile) add(o evidence.Observation) {
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
		c.paths[x.Addr.Unmap()] = append(c.paths[x.Addr.Unmap()], x)
	case *evidence.DNS:
		name := hostKey(x.Name)
		c.noteTime(&x.Meta)
		c.answers[name] = append(c.answers[name], x)
		if x.Type == "HTTPS" {
			c.noteAsked(askedFor{name, true}, x.ID)
		}
		if len(x.Services) > 0 {
			c.redirects[name] = append(c.redirects[name], x)
		}
	case *evidence.GeoIP:
		c.databases[x.Addr.Unmap()] = append(c.databases[x.Addr.Unmap()], x)
	case *evidence.Network:
		c.networks[x.Addr.Unmap()] = append(c.networks[x.Addr.Unmap()], x)
	case *evidence.Range:
		c.ranges[x.Addr.Unmap()] = append(c.ranges[x.Addr.Unmap()], x)
	case *evidence.Hint:
		c.hints[x.Addr.Unmap()] = append(c.hints[x.Addr.Unmap()], x)
	case *evidence.TLS:
		at := netip.AddrPortFrom(x.Addr.Unmap(), portOr(x.Port))
		c.shakes[at] = append(c.shakes[at], x)
	case *evidence.HTTP:
		c.addHTTP(x)
	case *evidence.Storage:
		key := storeKey(x.Target)
		c.noteTime(&x.Meta)
		c.storage[key] = append(c.storage[key], x)
	case *evidence.Retrieval:
		c.noteTime(&x.Meta)
		c.retrievals = append(c.retrievals, x)
	case *evidence.Error:
		c.failures[x.Target] = append(c.failures[x.Target], x)
		if u := x.Unmeasured; u != nil {
			c.unmeasured[hostKey(u.Name)] = append(c.unmeasured[hostKey(u.Name)], unmeasured{u, c.supplierOf(x.ID)})
		}
	}
}

func portOr(port uint16) uint16 {
	if port == 0 {
		return tcpPort
	}
	return port
}

func (c *caseFile) addHTTP(x *evidence.HTTP) {
	c.headers[x.Addr.Unmap()] = append(c.headers[x.Addr.Unmap()], x)
	host, _, ok := hostOfURL(x.URL)
	if !ok {
		return
	}
	c.noteAsked(askedFor{host, false}, x.ID)
	if x.Location != "" {
		c.redirects[host] = append(c.redirects[host], x)
	}
}

func hostKey(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// dayOf returns the day of a Unix time.
func dayOf(at int64) providers.Date { return providers.DateOf(time.Unix(at, 0).UTC()) }

func sortedAddrs[T any](m map[netip.Addr]T) []netip.Addr {
	out := make([]netip.Addr, 0, len(m))
	for addr := range m {
		out = append(out, addr)
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}
