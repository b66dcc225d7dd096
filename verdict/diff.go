package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// Change is one thing that differs between two runs.
type Change struct {
	What     string `json:"what"` // one of the Changed… words
	Vendor   string `json:"vendor,omitempty"`
	Claim    string `json:"claim,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	Addr     string `json:"addr,omitempty"`
	Old      string `json:"old"` // empty: it was not there
	New      string `json:"new"` // empty: it is gone
}

// What can change.
const (
	ChangedResult   = "result"   // of a claim
	ChangedWords    = "words"    // the text of a claim
	ChangedVerdict  = "verdict"  // of a claim at an endpoint
	ChangedAddress  = "address"  // the addresses of an endpoint
	ChangedOperator = "operator" // whose network an address is in
)

// Difference is what changed between two runs.
type Difference struct {
	Old     RunSummary `json:"old"`
	New     RunSummary `json:"new"`
	Changes []Change   `json:"changes"`
	// OperatorsCompared is false where one of the runs came without its
	// evidence: then nothing is said of operators.
	OperatorsCompared bool `json:"operators_compared"`
}

// Run is one run to compare: its verdicts, and its evidence if at hand.
type Run struct {
	Document *Document
	Evidence *evidence.Bundle // nil: operators are not compared
}

// Diff returns what changed from one run to another, sorted.
func Diff(before, after Run) Difference {
	d := Difference{Old: before.Document.Run, New: after.Document.Run, Changes: []Change{}}
	d.claims(before.Document, after.Document)
	d.endpoints(before.Document, after.Document)
	if before.Evidence != nil && after.Evidence != nil {
		d.OperatorsCompared = true
		d.operators(before.Evidence, after.Evidence)
	}
	slices.SortFunc(d.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(changeOrder(a.What), changeOrder(b.What)), cmp.Compare(a.Claim, b.Claim),
			cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Addr, b.Addr), cmp.Compare(a.Old, b.Old), cmp.Compare(a.New, b.New))
	})
	return d
}

func changeOrder(what string) int {
	return slices.Index([]string{ChangedResult, ChangedWords, ChangedVerdict, ChangedAddress, ChangedOperator}, what)
}

// compared calls add for each key whose value differs; a missing one is empty.
func compared[K comparable](before, after map[K]string, add func(key K, old, new string)) {
	keys := maps.Clone(before)
	if keys == nil {
		keys = map[K]string{}
	}
	maps.Copy(keys, after)
	for key := range keys {
		if before[key] != after[key] {
			add(key, before[key], after[key])
		}
	}
}

type claimKey struct{ vendor, claim string }

func (d *Difference) claims(before, after *Document) {
	gather := func(doc *Document, field func(ClaimResult) string) map[claimKey]string {
		out := map[claimKey]string{}
		for _, c := range doc.Claims {
			out[claimKey{c.Vendor, c.Claim}] = field(c)
		}
		return out
	}
	for what, field := range map[string]func(ClaimResult) string{
		ChangedResult: func(c ClaimResult) string { return string(c.Result) },
		ChangedWords:  func(c ClaimResult) string { return c.Says },
	} {
		compared(gather(before, field), gather(after, field), func(key claimKey, old, new string) {
			d.Changes = append(d.Changes, Change{What: what, Vendor: key.vendor, Claim: key.claim, Old: old, New: new})
		})
	}
}

type endpointKey struct{ vendor, claim, endpoint, country string }

// endpoints compares the worst result of each claim at each endpoint, and the
// addresses that the endpoint had.
func (d *Difference) endpoints(before, after *Document) {
	results := func(doc *Document) map[endpointKey]string {
		out := map[endpointKey]string{}
		for _, v := range doc.Verdicts {
			key := endpointKey{v.Vendor, v.Claim, v.Endpoint, ""}
			if have, ok := out[key]; !ok || v.Result.Severity() < Result(have).Severity() {
				out[key] = string(v.Result)
			}
		}
		return out
	}
	compared(results(before), results(after), func(key endpointKey, old, new string) {
		d.Changes = append(d.Changes, Change{What: ChangedVerdict, Vendor: key.vendor, Claim: key.claim, Endpoint: key.endpoint, Old: old, New: new})
	})
	compared(addresses(before), addresses(after), func(key endpointKey, old, new string) {
		c := Change{What: ChangedAddress, Vendor: key.vendor, Endpoint: key.endpoint, Old: old, New: new}
		if key.country != "" {
			c.Endpoint += fmt.Sprintf(" (users in %s)", key.country)
		}
		d.Changes = append(d.Changes, c)
	})
}

// addresses returns the addresses of each endpoint for each client country, as a text.
func addresses(doc *Document) map[endpointKey]string {
	sets := map[endpointKey]map[string]bool{}
	for _, v := range doc.Verdicts {
		if v.Addr == "" || v.Subject == Path {
			continue
		}
		key := endpointKey{vendor: v.Vendor, endpoint: v.Endpoint, country: v.ClientCountry}
		if sets[key] == nil {
			sets[key] = map[string]bool{}
		}
		sets[key][v.Addr] = true
	}
	out := map[endpointKey]string{}
	for key, set := range sets {
		out[key] = strings.Join(slices.Sorted(maps.Keys(set)), " ")
	}
	return out
}

// operators compares whose network an address is in, for addresses in both.
func (d *Difference) operators(before, after *evidence.Bundle) {
	gather := func(b *evidence.Bundle) map[netip.Addr]string {
		out := map[netip.Addr]string{}
		for _, o := range b.Observations {
			if n, ok := o.(*evidence.Network); ok && out[n.Addr] == "" {
				out[n.Addr] = RegisteredTo(n)
			}
		}
		return out
	}
	compared(gather(before), gather(after), func(addr netip.Addr, old, new string) {
		if old != "" && new != "" {
			d.Changes = append(d.Changes, Change{What: ChangedOperator, Addr: addr.String(), Old: old, New: new})
		}
	})
}

// RegisteredTo returns whom a network is registered to, as a reader knows it.
func RegisteredTo(n *evidence.Network) string {
	text := n.Organisation
	if text == "" {
		text = "an organisation that the source does not name"
	}
	if n.ASN != 0 {
		text += fmt.Sprintf(" (AS%d)", n.ASN)
	}
	if n.RegisteredCountry != "" {
		text += ", " + n.RegisteredCountry
	}
	return text
}
