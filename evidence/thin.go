package evidence

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// Thin gives a bundle without the lines that no verdict rests on. What is
// cited stays, and so do the vantages with their self-checks and landmarks, the
// fastest reply of each address to each vantage, what data sets and stores say,
// one answer for each name, client country and set of addresses, and why what
// has none could not be looked at. Lines stay as they were, so that every id
// that was published is found and the judge comes to the same results.
func Thin(b *Bundle, cited map[string]bool) *Bundle {
	t := newThinning(b)
	out := &Bundle{Header: b.Header}
	for _, o := range b.Observations {
		if id := o.Common().ID; cited[id] || t.keep[id] || t.needs(o) {
			out.Observations = append(out.Observations, o)
		}
	}
	return out
}

// nearMS is the round trip up to which all replies are kept: the reach of so fast
// a one may hold no land, and then the next counts.
const nearMS = 2

// thinning is what is known of a bundle before its first line is judged.
type thinning struct {
	keep     map[string]bool // by id
	answered map[question]bool
	heard    map[string]bool // addresses that replied and names that have one
	seen     map[string]bool // answers and failures that stand there already
}

// question is for whom a name was asked.
type question struct{ name, country string }

func newThinning(b *Bundle) *thinning {
	type pair struct {
		vantage string
		addr    netip.Addr
	}
	t := &thinning{keep: map[string]bool{}, answered: map[question]bool{}, heard: map[string]bool{}, seen: map[string]bool{}}
	fastest := map[pair]*RTT{}
	for _, o := range b.Observations {
		switch x := o.(type) {
		case *Selfcheck:
			for i := range x.Checks {
				for _, id := range x.Checks[i].Evidence {
					t.keep[id] = true
				}
			}
		case *RTT:
			at := pair{x.Vantage, x.Addr.Unmap()}
			if best := fastest[at]; x.MinMS > 0 && (best == nil || cmp.Or(cmp.Compare(x.MinMS, best.MinMS), cmp.Compare(x.ID, best.ID)) < 0) {
				fastest[at] = x
			}
			t.heard[x.Addr.Unmap().String()] = true
		case *DNS:
			if len(x.Answers) > 0 {
				t.answered[questionOf(x)], t.heard[strings.ToLower(x.Name)] = true, true
			}
		}
	}
	for _, r := range fastest {
		t.keep[r.ID] = true
	}
	return t
}

func questionOf(d *DNS) question { return question{strings.ToLower(d.Name), d.ClientCountry} }

// needs reports whether verdicts can rest on an observation without citing it.
func (t *thinning) needs(o Observation) bool {
	switch x := o.(type) {
	case *TLS, *HTTP, *Trace, *Page, *Flow:
		return false
	case *RTT:
		return x.MinMS <= nearMS
	case *Error:
		return !t.heard[targetHost(x.Target)] && t.first("error "+x.Target)
	case *DNS:
		if len(x.Answers) == 0 && x.Type != "A" && x.Type != "AAAA" && t.answered[questionOf(x)] {
			return false
		}
		return t.first(answerKey(x))
	}
	return true
}

// first reports whether nothing of the key was seen before.
func (t *thinning) first(key string) bool {
	again := t.seen[key]
	t.seen[key] = true
	return !again
}

// targetHost gives the name or address in the target of a failure, such as
// 192.0.2.1:443, a.example A or https://a.example/.
func targetHost(target string) string {
	if at, err := netip.ParseAddrPort(target); err == nil {
		return at.Addr().Unmap().String()
	}
	if addr, err := netip.ParseAddr(target); err == nil {
		return addr.Unmap().String()
	}
	if _, rest, found := strings.Cut(target, "://"); found {
		target = rest
	}
	if end := strings.IndexAny(target, " :/"); end >= 0 {
		target = target[:end]
	}
	return strings.ToLower(target)
}

// answerKey is equal for answers that say the same to the same users.
func answerKey(d *DNS) string {
	parts := []string{strings.ToLower(d.Name), d.Type, d.ClientCountry, d.Rcode}
	var addrs []string
	for _, a := range d.Answers {
		addrs = append(addrs, a.String())
	}
	slices.Sort(addrs)
	return strings.Join(append(append(parts, addrs...), d.Chain...), "\x00")
}
