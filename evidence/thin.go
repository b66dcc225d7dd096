package evidence

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Thin returns a bundle without the lines that no verdict rests on. What is cited
// stays, and so do the vantages with their self-checks and landmarks, the fastest
// and the newest reply of each endpoint to each vantage, what data sets and stores
// say, one answer of each sort for each name, where clients are sent on, who spoke
// TLS, what names an edge, and why what has no reply could not be looked at. Lines
// stay as they were, so that every id that was published is found and the judge
// comes to the same bytes.
func Thin(b *Bundle, cited map[string]bool) *Bundle {
	t := newThinning(b)
	out := &Bundle{Header: b.Header, Sources: b.Sources, Aside: b.Aside}
	for _, o := range b.Observations {
		needed := t.needs(o) // asked of each line: the first of a sort may be kept for another reason
		if id := o.Common().ID; needed || cited[id] || t.keep[id] {
			out.Observations = append(out.Observations, o)
		}
	}
	return out
}

// oneSitting is how long a run takes at most whose slower replies are dropped: in a
// longer one it depends on the hour which reply counts.
const oneSitting = time.Hour

// thinning is what is known of a bundle before its first line is judged.
type thinning struct {
	keep     map[string]bool // by id
	answered map[question]bool
	seen     map[string]bool // what stands there already
	merged   bool            // it is of several files
	long     bool            // the replies are of more than one sitting
	keyed    map[string]bool // endpoints whose own key answered: that they speak TLS is known
}

// question is for whom a name was asked.
type question struct{ name, country string }

// replied is an endpoint as a vantage was answered by it.
type replied struct {
	vantage string
	addr    netip.Addr
	port    uint16
	key     string // by whom; empty for pings, which are of no port
}

func newThinning(b *Bundle) *thinning {
	t := &thinning{keep: map[string]bool{}, answered: map[question]bool{}, seen: map[string]bool{}, keyed: map[string]bool{}, merged: len(b.Sources) > 1}
	var replies []*RTT
	newestAnswer := map[string]*DNS{}
	for _, o := range b.Observations {
		switch x := o.(type) {
		case *Selfcheck:
			for i := range x.Checks {
				for _, id := range x.Checks[i].Evidence {
					t.keep[id] = true
				}
			}
		case *RTT:
			replies = append(replies, x)
			if x.Authenticated != nil {
				t.keyed[endpointKey(&x.Meta, x.Addr, x.Port, x.Authenticated.ServerName)] = true
			}
		case *DNS:
			name := strings.ToLower(x.Name)
			if best := newestAnswer[name]; best == nil || x.At.After(best.At) {
				newestAnswer[name] = x
			}
			t.answered[questionOf(x)] = t.answered[questionOf(x)] || len(x.Answers) > 0
		}
	}
	for _, d := range newestAnswer {
		t.keep[d.ID] = true
	}
	t.keepReplies(replies)
	return t
}

// keepReplies keeps of each endpoint the fastest reply to each vantage, and one of the
// newest.
func (t *thinning) keepReplies(replies []*RTT) {
	if len(replies) == 0 {
		return
	}
	first, last := replies[0].At, replies[0].At
	fastest, newest, kept := map[replied]*RTT{}, map[replied]*RTT{}, map[replied]time.Time{}
	for _, x := range replies {
		at := repliedBy(x)
		if best := fastest[at]; x.MinMS > 0 && (best == nil || cmp.Or(cmp.Compare(x.MinMS, best.MinMS), cmp.Compare(x.ID, best.ID)) < 0) {
			fastest[at] = x
		}
		if of := at.byAnybody(); newest[of] == nil || x.At.After(newest[of].At) {
			newest[of] = x
		}
		if x.At.Before(first) {
			first = x.At
		}
		if x.At.After(last) {
			last = x.At
		}
	}
	t.long = last.Sub(first) > oneSitting
	for at, r := range fastest {
		t.keep[r.ID] = true
		if had, has := kept[at.byAnybody()]; !has || r.At.After(had) {
			kept[at.byAnybody()] = r.At
		}
	}
	for of, r := range newest {
		if at, has := kept[of]; !has || r.At.After(at) {
			t.keep[r.ID] = true
		}
	}
}

// byAnybody is the endpoint, whichever vantage it answered.
func (r replied) byAnybody() replied {
	r.vantage = ""
	return r
}

func repliedBy(x *RTT) replied {
	at := replied{vantage: x.Vantage, addr: x.Addr.Unmap()}
	if x.Authenticated != nil {
		at.port, at.key = x.Port, "by the key of "+bareName(x.Authenticated.ServerName)
	} else if x.OfPort() {
		at.port, at.key = x.Port, "by the port"
	}
	return at
}

func questionOf(d *DNS) question { return question{strings.ToLower(d.Name), d.ClientCountry} }

// needs reports whether verdicts can rest on an observation without citing it.
func (t *thinning) needs(o Observation) bool {
	switch x := o.(type) {
	case *Trace, *Page, *Flow:
		return false
	case *RTT:
		return t.long || x.MinMS <= 0
	case *TLS:
		at := endpointKey(&x.Meta, x.Addr, x.Port, x.ServerName)
		return !t.keyed[at] && t.first(fmt.Sprintf("tls %s %v", at, x.Trusted))
	case *HTTP:
		return t.needsHTTP(x)
	case *Error:
		return x.Unmeasured != nil || t.first("error "+x.Probe+" "+x.Target) || x.Probe == "storage"
	case *DNS:
		if len(x.Answers)+len(x.Services) == 0 && x.Type != "A" && x.Type != "AAAA" && t.answered[questionOf(x)] {
			return false
		}
		return t.long || t.first(answerKey(x))
	}
	return true
}

// needsHTTP reports whether an answer can matter that nothing cites: it sends its
// clients on, it names where it came from, or it is the first over TLS there.
func (t *thinning) needsHTTP(x *HTTP) bool {
	if x.Location != "" {
		return true
	}
	if _, edge := x.EdgeHeader(); edge && t.first("edge "+SourceOf(x.ID)+" "+x.Addr.String()) {
		return true
	}
	to, err := url.Parse(x.URL)
	if err != nil {
		return true
	}
	at := endpointKey(&x.Meta, x.Addr, urlPort(to), to.Hostname())
	return to.Scheme == "https" && !t.keyed[at] && t.first("https "+at) || t.merged && t.first("asked "+SourceOf(x.ID)+" "+to.Hostname())
}

// endpointKey is equal for lines of one file on one name at one address and port.
func endpointKey(m *Meta, addr netip.Addr, port uint16, name string) string {
	return fmt.Sprintf("%s %s %d %s", SourceOf(m.ID), addr.Unmap(), cmp.Or(port, httpsPort), bareName(name))
}

// first reports whether nothing of the key was seen before.
func (t *thinning) first(key string) bool {
	again := t.seen[key]
	t.seen[key] = true
	return !again
}

// answerKey is equal for answers of one file that say the same to the same users.
func answerKey(d *DNS) string {
	parts := []string{
		SourceOf(d.ID), strings.ToLower(d.Name), d.Type, d.Vantage, d.ClientCountry, d.ECSScope, fmt.Sprint(d.ClientSubnet != "", d.CountriesAsked, d.Port), d.Rcode,
	}
	for _, s := range d.Services {
		parts = append(parts, fmt.Sprint(s))
	}
	var addrs []string
	for _, a := range d.Answers {
		addrs = append(addrs, a.String())
	}
	slices.Sort(addrs)
	return strings.Join(append(append(parts, addrs...), d.Chain...), "\x00")
}
