package locate

import (
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict/index"
)

// carrierKinds are how many vantages of each kind carry something. Who carries
// alone is credible too.
type carrierKinds struct{ alone, credible, others int }

func (k carrierKinds) carriers() Supporting {
	var c Supporting
	of := &index.Supplier{}
	add := func(n int, alone, credible bool) {
		for range n {
			d := &index.Disk{From: &index.Vantage{Vantage: &evidence.Vantage{Network: evidence.NetworkImport}, KnownNetwork: evidence.NetworkImport, Supplier: of, Credible: credible}}
			c.Disks = append(c.Disks, d)
			if alone {
				c.Alone = append(c.Alone, d)
			}
		}
	}
	add(k.alone, true, true)
	add(k.credible, false, true)
	add(k.others, false, false)
	return c
}

func TestCarriersSuffice(t *testing.T) {
	liars, odds := QuorumContext{answers: 10, liars: 6}, QuorumContext{answers: 10, liars: 6, atOdds: true}
	lone := odds
	lone.suppliers, lone.among = 1, &Location{}
	merged := lone
	merged.suppliers = 2
	for name, tc := range map[string]struct {
		kinds carrierKinds
		among QuorumContext
		want  bool
	}{
		"one by keys alone":                   {carrierKinds{1, 0, 0}, lone, true},
		"one by keys in merged evidence":      {carrierKinds{1, 0, 0}, merged, true},
		"one credible":                        {carrierKinds{0, 1, 0}, QuorumContext{answers: 10}, false},
		"two credible":                        {carrierKinds{0, 2, 0}, liars, true},
		"two credible where some are at odds": {carrierKinds{0, 2, 0}, odds, false},
		"one credible, one other":             {carrierKinds{0, 1, 1}, QuorumContext{answers: 10}, true},
		"the same among liars":                {carrierKinds{0, 1, 1}, liars, false},
		"one other":                           {carrierKinds{0, 0, 1}, QuorumContext{answers: 1}, false},
		"two others":                          {carrierKinds{0, 0, 2}, QuorumContext{answers: 10}, true},
		"two others where there are hosts":    {carrierKinds{0, 0, 2}, QuorumContext{answers: 10, atOdds: true}, true},
		"all four among liars":                {carrierKinds{0, 0, 4}, QuorumContext{answers: 4, liars: 6}, false},
		"as many as may lie":                  {carrierKinds{0, 0, 6}, QuorumContext{answers: 20, liars: 6, atOdds: true}, false},
		"more than may lie":                   {carrierKinds{0, 0, 7}, QuorumContext{answers: 20, liars: 6, atOdds: true}, true},
		"two where two may lie":               {carrierKinds{0, 0, 2}, QuorumContext{answers: 10, liars: 2}, false},
		"three where two may lie":             {carrierKinds{0, 0, 3}, QuorumContext{answers: 10, liars: 2}, true},
		"all five among liars":                {carrierKinds{0, 0, 5}, QuorumContext{answers: 5, liars: 6}, true},
		"half among liars":                    {carrierKinds{0, 0, 5}, liars, false},
		"more than half among liars":          {carrierKinds{0, 0, 6}, liars, true},
		"more than half of what is at odds":   {carrierKinds{0, 0, 6}, odds, false},
		"more than half with one that is not": {carrierKinds{0, 1, 5}, odds, false},
	} {
		if got := tc.kinds.carriers().IsQuorum(tc.among); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What carriers survive is the most that can be lost of them, whichever they are.
func TestCarriersSurvive(t *testing.T) {
	seen := 0
	for checked := range 3 {
		for credible := range 4 {
			for others := range 9 {
				for _, among := range everyQuorumContext(checked+credible+others, 12) {
					k := carrierKinds{checked, credible, others}
					c := k.carriers()
					if len(c.Disks) == 0 || !c.IsQuorum(among) {
						continue
					}
					seen++
					if got, want := c.Survival(among).Vantages, k.mostLost(among); got != want {
						t.Fatalf("%+v of %+v survive %d, and can lose %d", k, among, got, want)
					}
				}
			}
		}
	}
	if seen < 1000 {
		t.Errorf("%d carriers suffice", seen)
	}
}

// everyQuorumContext returns those in which there are so many carriers.
func everyQuorumContext(carriers, answers int) []QuorumContext {
	var out []QuorumContext
	for n := carriers; n <= answers; n++ {
		out = append(out, QuorumContext{answers: n}, QuorumContext{answers: n, liars: 2}, QuorumContext{answers: n, liars: 6}, QuorumContext{answers: n, liars: 3, atOdds: true}, QuorumContext{answers: n, liars: 6, atOdds: true},
			QuorumContext{answers: n, liars: 6, suppliers: 1, among: &Location{}})
	}
	return out
}

// mostLost takes carriers away, whichever they are, as long as the rest suffices.
func (k carrierKinds) mostLost(among QuorumContext) int {
	for lost := 1; ; lost++ {
		left := among
		left.answers -= lost
		for checked := range min(k.alone, lost) + 1 {
			for credible := range min(k.credible, lost-checked) + 1 {
				others := lost - checked - credible
				if others > k.others {
					continue
				}
				rest := carrierKinds{k.alone - checked, k.credible - credible, k.others - others}.carriers()
				if len(rest.Disks) == 0 || !rest.IsQuorum(left) {
					return lost - 1
				}
			}
		}
	}
}

// One network of one platform carries nothing by itself, and no network does where
// anybody on the way could have answered; what is lost may be all that is beside it.
func TestCarriersOfOneNetwork(t *testing.T) {
	of := func(network string, asns ...uint32) Supporting {
		var c Supporting
		for _, asn := range asns {
			c.Disks = append(c.Disks, &index.Disk{From: &index.Vantage{Vantage: &evidence.Vantage{Network: network, ASN: asn}, KnownNetwork: network, Supplier: &index.Supplier{}, Credible: true}})
		}
		return c
	}
	mixed := of(evidence.NetworkAtlas, 64500, 64500)
	mixed.Disks = append(mixed.Disks, of(evidence.NetworkLocal, 64500).Disks...)
	for name, tc := range map[string]struct {
		c        Supporting
		open     bool
		suffice  bool
		vantages int
	}{
		"one network":                 {of(evidence.NetworkAtlas, 64500, 64500, 64500), false, false, 0},
		"one and another":             {of(evidence.NetworkAtlas, 64500, 64500, 64500, 64501), false, true, 0},
		"two of each":                 {of(evidence.NetworkGlobalping, 64500, 64500, 64501, 64501), false, true, 1},
		"networks not known":          {of(evidence.NetworkGlobalping, 0, 0, 0), false, true, 1},
		"one network, its own":        {of(evidence.NetworkLocal, 64500, 64500, 64500), false, true, 1},
		"open, one network":           {of(evidence.NetworkLocal, 64500, 64500, 64500), true, false, 0},
		"open, one and another":       {of(evidence.NetworkLocal, 64500, 64500, 64500, 64501), true, true, 0},
		"open, two of each":           {of(evidence.NetworkLocal, 64500, 64500, 64501, 64501), true, true, 1},
		"open, networks not known":    {of(evidence.NetworkLocal, 0, 0, 0), true, true, 1},
		"open, known and not":         {of(evidence.NetworkLocal, 64500, 64500, 64500, 0), true, true, 0},
		"open, one across a platform": {mixed, true, false, 0},
	} {
		among := QuorumContext{answers: 10, open: tc.open}
		if got := tc.c.IsQuorum(among); got != tc.suffice {
			t.Errorf("%s: %v", name, got)
		} else if got && tc.c.Survival(among).Vantages != tc.vantages {
			t.Errorf("%s: survive %d, want %d", name, tc.c.Survival(among).Vantages, tc.vantages)
		}
	}
}

// Those that are set aside count among those that say the same, and carry nothing by
// themselves.
func TestCarriersSetAside(t *testing.T) {
	among := QuorumContext{answers: 12, liars: 2, atOdds: true}
	for aside, want := range []bool{false, true} {
		c := carrierKinds{0, 0, 2}.carriers()
		c.aside = carrierKinds{0, 0, aside}.carriers().Disks
		if got := c.IsQuorum(among); got != want {
			t.Errorf("two and %d that are set aside: %v", aside, got)
		}
	}
	if c := (Supporting{aside: carrierKinds{0, 0, 5}.carriers().Disks}); c.IsQuorum(among) {
		t.Error("those that are set aside carry alone")
	}
}
