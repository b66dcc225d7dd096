package plan

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// Of an endpoint that speaks TLS only its own key's replies carry a verdict. What
// times them costs more than a ping and says where a host is no better, so pings
// find it and then the key is asked from the vantages that are to carry.
const (
	// keyVantages is from how many vantages an endpoint's key is timed: two carry,
	// and one of them may get no answer.
	keyVantages = 3
	// keyTests is how often it is timed from each. The least counts.
	keyTests = 3
	// httpsPort is where a name is taken to speak TLS before anybody has asked.
	httpsPort = 443
)

// AskedKey is a handshake that was ordered, whatever came of it.
type AskedKey struct {
	Key  string // of the offer
	Addr netip.Addr
	Port uint16
	Name string // in lower case
}

// endpoint is a name at an address and port.
type endpoint struct {
	addr netip.Addr
	port uint16
	name string // in lower case; empty where the endpoint is an address
}

// keyed is an endpoint that others' replies have found, and whose own key has to
// say the same.
type keyed struct {
	endpoint
	open  []string // verdicts by their key
	cited []int    // offers whose replies say so
}

// handshakes is what the evidence has of TLS.
type handshakes struct {
	spoken   map[endpoint]bool // ports, without a name, and names, without an address
	answered map[endpoint]bool // endpoints whose own key answered
}

// findKeys notes who times keys, and whom each reply went to.
func (r *round) findKeys() {
	for i := range r.Offers {
		if r.Offers[i].TimesKeys {
			r.timesKeys = append(r.timesKeys, i)
		}
	}
	r.repliedTo = map[string]string{}
	if len(r.timesKeys) == 0 {
		return
	}
	for _, o := range r.Known.Observations {
		if t, ok := o.(*evidence.RTT); ok {
			r.repliedTo[t.ID] = t.Vantage
		}
	}
}

func handshakesOf(b *evidence.Bundle) handshakes {
	h := handshakes{spoken: map[endpoint]bool{}, answered: map[endpoint]bool{}}
	note := func(addr netip.Addr, port uint16, name string) {
		h.spoken[endpoint{addr: addr.Unmap(), port: port}] = true
		h.spoken[endpoint{port: port, name: strings.ToLower(name)}] = name != ""
	}
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.TLS:
			note(o.Addr, o.Port, o.ServerName)
		case *evidence.RTT:
			if who := o.Authenticated; who != nil {
				note(o.Addr, o.Port, who.ServerName)
				h.answered[endpoint{o.Addr.Unmap(), o.Port, strings.ToLower(who.ServerName)}] = true
			}
		}
	}
	return h
}

// speaks reports whether only its own key carries a verdict on an endpoint, as far
// as can be known.
func (h handshakes) speaks(e endpoint) bool {
	return e.name != "" && (e.port == httpsPort || h.spoken[endpoint{addr: e.addr, port: e.port}] || h.spoken[endpoint{port: e.port, name: e.name}])
}

// waitsForKey reports whether the endpoint's own key could settle a verdict: other
// replies have, or too few of those that were the key's.
func waitsForKey(v *verdict.Verdict) bool {
	if v.HeldBack == nil {
		return Decided(v) && v.Basis == verdict.BasisPhysics && slices.Contains(v.Assumes, verdict.AssumesNoInterception)
	}
	return (v.HeldBack.WouldBe == verdict.Refuted || v.HeldBack.WouldBe == verdict.Proven) &&
		(heldFor(v, verdict.CodeTransportOnly) || heldForFew(v))
}

// heldFor reports whether a rule of one of these codes holds a verdict back.
func heldFor(v *verdict.Verdict, codes ...string) bool {
	return v.HeldBack != nil && slices.ContainsFunc(v.HeldBack.Why, func(code string) bool { return slices.Contains(codes, code) })
}

// heldForFew reports whether more vantages might make a verdict stand.
func heldForFew(v *verdict.Verdict) bool {
	return heldFor(v, verdict.CodeOneVantage, verdict.CodeOneNetwork, verdict.CodeVantagesUnproven)
}

// settled reports whether nothing on offer could say more of a verdict.
func (r *round) settled(v *verdict.Verdict, e endpoint) bool {
	waits := r.tls.speaks(e) && waitsForKey(v)
	switch {
	case waits && len(r.timesKeys) == 0:
		return !heldForFew(v)
	case waits && v.HeldBack == nil:
		return r.keyRefused(e) // it speaks no TLS, as it turned out
	}
	return Decided(v)
}

// keyRefused reports whether the key of an endpoint was asked for from enough
// vantages and has answered nobody.
func (r *round) keyRefused(e endpoint) bool {
	if r.tls.answered[e] {
		return false
	}
	asked := 0
	for _, i := range r.timesKeys {
		if r.AskedKeys[AskedKey{r.Offers[i].Key, e.addr, e.port, e.name}] > 0 {
			asked++
		}
	}
	return asked >= min(keyVantages, len(r.timesKeys))
}

// citedOffers returns the offers whose replies a verdict rests on.
func (r *round) citedOffers(v *verdict.Verdict) []int {
	var out []int
	for _, reason := range v.Because {
		for _, id := range reason.Evidence {
			i, known := r.OfferOf[r.repliedTo[id]]
			if known && r.Offers[i].TimesKeys && !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

// wait files a verdict that only the endpoint's own key can settle.
func (s *subject) wait(e endpoint, verdict string, cited []int) {
	at := slices.IndexFunc(s.keyed, func(k *keyed) bool { return k.endpoint == e })
	if at < 0 {
		at, s.keyed = len(s.keyed), append(s.keyed, &keyed{endpoint: e})
	}
	k := s.keyed[at]
	k.open = append(k.open, verdict)
	for _, i := range cited {
		if !slices.Contains(k.cited, i) {
			k.cited = append(k.cited, i)
		}
	}
}

// chooseKeys returns the handshakes that come next. Where a key has been asked for
// often enough from all that are near, pings look for nearer ones; where it answers
// nobody, nothing more is asked.
func (r *round) chooseKeys() (out []Measurement, refused int) {
	for _, s := range r.subjects {
		for _, k := range s.keyed {
			if r.keyRefused(k.endpoint) {
				refused += len(k.open)
				continue
			}
			if from := r.keyVantages(s, k); len(from) > 0 {
				out = append(out, Measurement{Addr: k.addr, Port: k.port, Name: k.name, From: from, Why: "by the endpoint's own key: what others could have answered says where it is"})
				continue
			}
			for _, v := range k.open {
				s.open[v] = true
			}
		}
	}
	return out, refused
}

// keyVantages returns the vantages that time the key of an endpoint next: those
// that carry, and else those that are near, in two networks where there are.
func (r *round) keyVantages(s *subject, k *keyed) []int {
	cannot := func(i int) bool {
		return !r.Offers[i].TimesKeys || r.Cannot[Asked{r.Offers[i].Key, k.addr}]
	}
	chosen := slices.DeleteFunc(slices.Clone(k.cited), cannot)
	chosen = chosen[:min(keyVantages, len(chosen))]
	if at, known := r.world.guess(s.replies); known {
		taken := func(i int) bool { return cannot(i) || slices.Contains(chosen, i) }
		chosen = append(chosen, r.world.nearest(at.point, keyVantages-len(chosen), taken)...)
		if asn := r.oneNetwork(chosen); asn != 0 {
			other := r.world.nearest(at.point, 1, func(i int) bool { return taken(i) || r.Offers[i].Vantage.ASN == asn })
			chosen = append(chosen, other...)
		}
	}
	return slices.DeleteFunc(chosen, func(i int) bool {
		return r.AskedKeys[AskedKey{r.Offers[i].Key, k.addr, k.port, k.name}] >= keyTests
	})
}

// oneNetwork returns the network that all of the offers are in; 0 where there are
// several, or it is not known.
func (r *round) oneNetwork(offers []int) uint32 {
	if len(offers) == 0 {
		return 0
	}
	asn := r.Offers[offers[0]].Vantage.ASN
	if slices.ContainsFunc(offers, func(i int) bool { return r.Offers[i].Vantage.ASN != asn }) {
		return 0
	}
	return asn
}
