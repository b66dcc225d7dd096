package campaign

import (
	"maps"
	"math"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// maxCandidates is how many vantages are tested at once.
const maxCandidates = 8

// candidate is a vantage to be tested, and where it is on offer.
type candidate struct {
	vantage *evidence.Vantage
	offer   origin
	byKey   bool // all that results rest on of its replies are by the endpoint's own key
}

// candidates returns the vantages to be tested, without those that were. Results by
// physics rest on their replies, held back or not, or another vantage in their city
// contradicts them.
func (r *rounds) candidates() ([]candidate, error) {
	doc, err := judge.Judge(target.WithClaims(r.sheets), &evidence.Bundle{Header: r.evidence.Header, Observations: r.evidence.Seen()})
	if err != nil {
		return nil, err
	}
	carrying := map[string]bool{} // ids of evidence
	for i := range doc.Verdicts {
		for _, id := range carriedBy(&doc.Verdicts[i]) {
			carrying[id] = true
		}
	}
	vantages, tested, transport, carriers := map[string]*evidence.Vantage{}, map[string]bool{}, map[string]bool{}, []string{}
	for _, o := range r.evidence.Seen() {
		switch o := o.(type) {
		case *evidence.Vantage:
			vantages[o.ID] = o
		case *evidence.Selfcheck:
			tested[o.Vantage] = true
		case *evidence.RTT:
			if !carrying[o.ID] {
				continue
			}
			transport[o.Vantage] = transport[o.Vantage] || o.Authenticated == nil
			if !slices.Contains(carriers, o.Vantage) {
				carriers = append(carriers, o.Vantage)
			}
		}
	}
	var out []candidate
	for _, id := range append(carriers, cityOdds(r.evidence.Seen())...) {
		if at, ok := r.offered(vantages[id]); ok && !tested[id] && len(out) < maxCandidates {
			tested[id] = true
			out = append(out, candidate{vantages[id], at, slices.Contains(carriers, id) && !transport[id]})
		}
	}
	return out, nil
}

// carriedBy returns the evidence that a result by physics rests on: where it has a
// proof, that of the proof.
func carriedBy(v *verdict.Verdict) []string {
	conclusive := v.Result == verdict.Refuted || v.Result == verdict.Proven || v.Result == verdict.Disputed || v.HeldBack != nil
	if v.Basis != verdict.BasisPhysics || !conclusive {
		return nil
	}
	var out []string
	if v.Proof != nil {
		for _, d := range v.Proof.Disks {
			out = append(out, d.Evidence)
		}
		return out
	}
	for _, r := range v.Because {
		out = append(out, r.Evidence...)
	}
	return out
}

// oddMS is by how much two vantages of one city may differ: their networks can
// meet elsewhere on the continent.
const oddMS = 60

// cityOdds returns the vantages of platforms that contradict another of the same
// city. One of the two has a reply much sooner or much later. Either may be wrong,
// or neither: both are worth a test.
func cityOdds(seen []evidence.Observation) []string {
	vantages := map[string]*evidence.Vantage{}
	fastest := map[netip.Addr]map[string]float64{}
	for _, o := range seen {
		switch o := o.(type) {
		case *evidence.Vantage:
			vantages[o.ID] = o
		case *evidence.RTT:
			addr := o.Addr.Unmap()
			if fastest[addr] == nil {
				fastest[addr] = map[string]float64{}
			}
			if had, ok := fastest[addr][o.Vantage]; !ok || o.MinMS < had {
				fastest[addr][o.Vantage] = o.MinMS
			}
		}
	}
	odd := map[string]bool{}
	for _, times := range fastest {
		for _, ends := range endsByCell(vantages, times) {
			a, b := ends.sooner, ends.later
			if times[b]-times[a] > oddMS && sameCity(vantages[a], vantages[b]) {
				odd[a], odd[b] = true, true
			}
		}
	}
	return slices.Sorted(maps.Keys(odd))
}

// cell is a degree of latitude by one of longitude, some 100 km. The vantages of
// one city are mostly in one.
type cell struct{ lat, lon int }

// ends are the vantages of a cell with the soonest and the latest reply.
type ends struct{ sooner, later string }

func endsByCell(vantages map[string]*evidence.Vantage, times map[string]float64) map[cell]ends {
	out := map[cell]ends{}
	for _, id := range slices.Sorted(maps.Keys(times)) {
		v := vantages[id]
		if v == nil {
			continue
		}
		lat, lon, placed := v.Position()
		if !placed {
			continue
		}
		at := cell{int(math.Floor(lat)), int(math.Floor(lon))}
		e, known := out[at]
		if !known {
			e = ends{id, id}
		}
		if times[id] < times[e.sooner] {
			e.sooner = id
		}
		if times[id] > times[e.later] {
			e.later = id
		}
		out[at] = e
	}
	return out
}

// sameCity reports whether two vantages are said to be in one place, as far as
// that is known.
func sameCity(a, b *evidence.Vantage) bool {
	if a == nil || b == nil || a == b {
		return false
	}
	latA, lonA, placedA := a.Position()
	latB, lonB, placedB := b.Position()
	return placedA && placedB && geo.AtMostKM(geo.Point(latA, lonA), geo.Point(latB, lonB)) <= max(a.RadiusKM, b.RadiusKM)
}
