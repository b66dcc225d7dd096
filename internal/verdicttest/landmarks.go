package verdicttest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// cityKM is how far from the middle of its city a host of the sets can be, in km.
const cityKM = 30

// Landmarks draws landmarks at random: that part of the hosts of known place, from 0
// to 1, none of which is among those left out.
func (s *Set) Landmarks(part float64, seed uint64, except ...netip.Addr) []netip.Addr {
	var hosts []netip.Addr
	for addr := range s.Places {
		if !slices.Contains(except, addr) {
			hosts = append(hosts, addr)
		}
	}
	slices.SortFunc(hosts, netip.Addr.Compare) // a map has no order, and a seed is to draw the same
	rand.New(rand.NewPCG(seed, 13)).Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	return hosts[:int(float64(len(hosts))*part)]
}

// WithLandmarks returns the set with these hosts as landmarks: every vantage times
// them, and no claim is judged of them. The round trips to them are those that
// complete has, a set of the same servers in which each measured each: a sparse set
// asked from too few of its vantages.
func (s *Set) WithLandmarks(landmarks []netip.Addr, complete *Set) *Set {
	out := &Set{Truths: s.Truths, Places: s.Places, Bundle: &evidence.Bundle{Header: s.Bundle.Header}}
	ids := map[string]string{} // of the set's vantages, by name
	for _, o := range s.Bundle.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			ids[v.Name] = v.ID
		}
		if r, ok := o.(*evidence.RTT); !ok || !slices.Contains(landmarks, r.Addr) {
			out.Bundle.Observations = append(out.Bundle.Observations, o)
		}
	}
	addrs := map[Place]netip.Addr{}
	for i, addr := range landmarks {
		at := s.Places[addr]
		addrs[at] = addr
		out.Bundle.Observations = append(out.Bundle.Observations, &evidence.Landmark{
			Meta: evidence.Meta{Kind: evidence.KindLandmark, ID: fmt.Sprintf("landmark-%d", i)}, Addr: addr, Name: at.Name,
			Lat: &at.Lat, Lon: &at.Lon, RadiusKM: cityKM, Source: "truth.csv",
		})
	}
	out.Bundle.Observations = append(out.Bundle.Observations, complete.translated(ids, addrs)...)
	for _, sheet := range s.Sheets {
		out.Sheets = append(out.Sheets, withoutEndpoints(sheet, landmarks))
	}
	return out
}

// translated returns the set's round trips between vantages and hosts that another
// set of the same servers has, in that set's ids (by name) and addresses (by place).
func (s *Set) translated(ids map[string]string, addrs map[Place]netip.Addr) []evidence.Observation {
	names := map[string]string{}
	var out []evidence.Observation
	for _, o := range s.Bundle.Observations {
		switch x := o.(type) {
		case *evidence.Vantage:
			names[x.ID] = x.Name
		case *evidence.RTT:
			id, addr := ids[names[x.Vantage]], addrs[s.Places[x.Addr]]
			if id == "" || !addr.IsValid() {
				continue
			}
			own := *x
			own.ID, own.Vantage, own.Addr = "landmark-"+x.ID, id, addr
			out = append(out, &own)
		}
	}
	return out
}

func withoutEndpoints(sheet *providers.Sheet, addrs []netip.Addr) *providers.Sheet {
	out := *sheet
	out.Endpoints = slices.DeleteFunc(slices.Clone(sheet.Endpoints), func(e providers.Endpoint) bool {
		addr, ok := e.Addr()
		return ok && slices.Contains(addrs, addr)
	})
	return &out
}

// Keyed returns the evidence as if the key of each address had answered, as runs
// measure endpoints and landmarks that speak TLS. Imported round trips are of pings,
// which carry nothing alone.
func Keyed(b *evidence.Bundle) *evidence.Bundle {
	return changed(b, func(o evidence.Observation) evidence.Observation {
		if r, ok := o.(*evidence.RTT); ok {
			own := *r
			own.Method, own.Port = evidence.MethodTLS, 443
			own.Authenticated = &evidence.Authenticated{ServerName: r.Addr.String(), How: evidence.MethodTLS}
			return &own
		}
		return o
	})
}

// Unplaced returns the evidence of vantages that say nothing of their place.
func Unplaced(b *evidence.Bundle) *evidence.Bundle {
	return changed(b, func(o evidence.Observation) evidence.Observation {
		if v, ok := o.(*evidence.Vantage); ok {
			own := *v
			own.Lat, own.Lon, own.RadiusKM, own.Country = nil, nil, 0, ""
			return &own
		}
		return o
	})
}

// Moved returns the evidence of vantages of which that part, from 0 to 1, say that
// they are where another is.
func Moved(b *evidence.Bundle, part float64, seed uint64) *evidence.Bundle {
	var all []*evidence.Vantage
	for _, o := range b.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			all = append(all, v)
		}
	}
	random := rand.New(rand.NewPCG(seed, 17))
	says := map[string]*evidence.Vantage{}
	for _, i := range random.Perm(len(all))[:int(float64(len(all))*part)] {
		other := random.IntN(len(all) - 1)
		if other >= i {
			other++ // nobody is said to be where it is
		}
		says[all[i].ID] = all[other]
	}
	return changed(b, func(o evidence.Observation) evidence.Observation {
		if v, ok := o.(*evidence.Vantage); ok && says[v.ID] != nil {
			own, at := *v, says[v.ID]
			own.Lat, own.Lon, own.RadiusKM, own.Country = at.Lat, at.Lon, at.RadiusKM, at.Country
			return &own
		}
		return o
	})
}

// changed returns a copy of the evidence, each line as change makes it.
func changed(b *evidence.Bundle, change func(evidence.Observation) evidence.Observation) *evidence.Bundle {
	out := &evidence.Bundle{Header: b.Header}
	for _, o := range b.Observations {
		out.Observations = append(out.Observations, change(o))
	}
	return out
}
