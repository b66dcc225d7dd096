package verify

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/ranges"
)

// lines is the evidence, as proofs ask for it.
type lines struct {
	headers   map[string]evidence.Header // by file; that of a single file under ""
	byID      map[string]evidence.Observation
	replies   map[netip.Addr][]*evidence.RTT
	reads     map[string][]*evidence.Retrieval // by store
	byVantage map[string][]*evidence.RTT       // by the endpoint's own key, to each vantage
	landmarks map[netip.Addr][]*evidence.Landmark
	failed    map[string]bool // vantages whose own self-check failed
	relayed   map[string]bool // vantages that an address answered which nobody has
	tls       map[string]bool // services that speak TLS, or were asked to
	answers   map[string][]*evidence.DNS
	sentOn    map[string][]evidence.Observation // by host: HTTPS records and redirects
	storage   map[string][]*evidence.Storage    // by store
	ranges    map[netip.Addr][]*evidence.Range
	anycast   map[netip.Addr][]string // lines that say that many hosts have an address
}

func readLines(b *evidence.Bundle) *lines {
	l := &lines{
		headers: map[string]evidence.Header{"": b.Header}, byID: map[string]evidence.Observation{},
		replies: map[netip.Addr][]*evidence.RTT{}, reads: map[string][]*evidence.Retrieval{}, byVantage: map[string][]*evidence.RTT{},
		landmarks: map[netip.Addr][]*evidence.Landmark{}, failed: map[string]bool{}, relayed: map[string]bool{}, tls: map[string]bool{},
		answers: map[string][]*evidence.DNS{}, sentOn: map[string][]evidence.Observation{}, storage: map[string][]*evidence.Storage{},
		ranges: map[netip.Addr][]*evidence.Range{}, anycast: map[netip.Addr][]string{},
	}
	for _, s := range b.Sources {
		l.headers[s.Name] = s.Header
	}
	for _, o := range b.Observations {
		if id := o.Common().ID; l.byID[id] == nil {
			l.byID[id] = o
		}
		l.add(o)
	}
	return l
}

// unannounced is in 240.0.0.0/4, which is reserved (RFC 1112, 4): who is answered
// from there is answered by somebody on the way.
var unannounced = netip.MustParseAddr("240.0.0.1")

func (l *lines) add(o evidence.Observation) {
	switch x := o.(type) {
	case *evidence.RTT:
		l.addReply(x)
	case *evidence.Retrieval:
		l.reads[storeKey(x.Target)] = append(l.reads[storeKey(x.Target)], x)
	case *evidence.Landmark:
		l.landmarks[x.Addr.Unmap()] = append(l.landmarks[x.Addr.Unmap()], x)
	case *evidence.Selfcheck:
		l.failed[x.Vantage] = l.failed[x.Vantage] || x.Result == evidence.CheckFailed
	case *evidence.TLS:
		l.speaksTLS(x.ServerName, x.Addr, x.Port)
	case *evidence.DNS:
		l.answers[nameKey(x.Name)] = append(l.answers[nameKey(x.Name)], x)
		if len(x.Services) > 0 {
			l.sentOn[nameKey(x.Name)] = append(l.sentOn[nameKey(x.Name)], x)
		}
	case *evidence.HTTP:
		l.addHTTP(x)
	case *evidence.Storage:
		l.storage[storeKey(x.Target)] = append(l.storage[storeKey(x.Target)], x)
	case *evidence.Error:
		l.addFailure(x)
	case *evidence.Range:
		l.ranges[x.Addr.Unmap()] = append(l.ranges[x.Addr.Unmap()], x)
		if ranges.EdgeLine(x) {
			l.anycast[x.Addr.Unmap()] = append(l.anycast[x.Addr.Unmap()], x.ID)
		}
	case *evidence.GeoIP:
		if x.Anycast {
			l.anycast[x.Addr.Unmap()] = append(l.anycast[x.Addr.Unmap()], x.ID)
		}
	}
}

func (l *lines) addReply(x *evidence.RTT) {
	addr := x.Addr.Unmap()
	l.replies[addr] = append(l.replies[addr], x)
	l.relayed[x.Vantage] = l.relayed[x.Vantage] || addr == unannounced
	if x.Authenticated != nil {
		l.speaksTLS(x.Authenticated.ServerName, x.Addr, x.Port)
		l.byVantage[x.Vantage] = append(l.byVantage[x.Vantage], x)
	}
}

func (l *lines) addHTTP(x *evidence.HTTP) {
	addr := x.Addr.Unmap()
	if _, edge := x.EdgeHeader(); edge {
		l.anycast[addr] = append(l.anycast[addr], x.ID)
	}
	u, err := url.Parse(x.URL)
	if err != nil || u.Hostname() == "" {
		return
	}
	if x.Location != "" {
		l.sentOn[nameKey(u.Hostname())] = append(l.sentOn[nameKey(u.Hostname())], x)
	}
	port, err := strconv.ParseUint(cmp.Or(u.Port(), "443"), 10, 16)
	if u.Scheme == "https" && err == nil {
		l.speaksTLS(u.Hostname(), x.Addr, uint16(port))
	}
}

// addFailure notes a handshake that failed: its target is ADDR:PORT NAME.
func (l *lines) addFailure(x *evidence.Error) {
	where, rest, _ := strings.Cut(x.Target, " ")
	name, _, _ := strings.Cut(rest, " ")
	at, err := netip.ParseAddrPort(where)
	if err == nil && (x.Probe == "tls" || evidence.NetworkOf(x.Probe).NamesByTLS && name != "") {
		l.speaksTLS(name, at.Addr(), at.Port())
	}
}

func (l *lines) speaksTLS(name string, addr netip.Addr, port uint16) {
	l.tls[servicePort(name, port)] = true
	l.tls[servicePort(addr.Unmap().String(), port)] = true
}

// file names the file that a line is from.
func (l *lines) file(id string) string {
	source := evidence.SourceOf(id)
	if _, known := l.headers[source]; known {
		return source
	}
	return ""
}

// when returns when a line was measured: as it says, or when its file begins.
func (l *lines) when(m *evidence.Meta) time.Time {
	if m.At.IsZero() {
		return l.headers[l.file(m.ID)].Started.UTC()
	}
	return m.At.UTC()
}

// anycastBy reports whether the lines of one file say that many hosts have an address.
func (l *lines) anycastBy(addr netip.Addr, file string) bool {
	return slices.ContainsFunc(l.anycast[addr], func(id string) bool { return l.file(id) == file })
}

// has reports whether a line of the evidence has an address for a name.
func (l *lines) has(name string, addr netip.Addr) bool {
	return slices.ContainsFunc(l.answers[nameKey(name)], func(x *evidence.DNS) bool { return holds(x.Answers, addr) })
}

func holds(list []netip.Addr, addr netip.Addr) bool {
	return slices.ContainsFunc(list, func(a netip.Addr) bool { return a.Unmap() == addr })
}

// storeKey returns the name of a store as it is compared: a bucket in one way.
func storeKey(target string) string {
	if bucket, ok := (providers.Endpoint{Host: target}).Bucket(); ok {
		return bucket.String()
	}
	return target
}
