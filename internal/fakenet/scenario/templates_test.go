package scenario

import (
	"net/netip"
	"reflect"
	"testing"
)

// Every template gives, with and without its fault and for many seeds, a world
// that can be; the same for the same seed, and others for others.
func TestTemplates(t *testing.T) {
	names, err := Templates()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 25 {
		t.Errorf("only %d templates: %v", len(names), names)
	}
	const seeds = 15
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			places, faults := map[Place]bool{}, 0
			for seed := range uint64(seeds) {
				twins := [2]*Scenario{}
				for i, fault := range []bool{true, false} {
					s, err := FromTemplate(name, fault, seed)
					if err != nil {
						t.Fatal(err)
					}
					again, err := FromTemplate(name, fault, seed)
					if err != nil || !reflect.DeepEqual(s, again) {
						t.Fatalf("the seed %d gives two worlds: %v", seed, err)
					}
					if s.About == "" || len(s.Expect) == 0 {
						t.Error("it says not what is true or expected")
					}
					for _, v := range s.Vantages {
						places[v.At] = true
					}
					twins[i] = s
				}
				twins[0].Name = twins[1].Name
				if !reflect.DeepEqual(twins[0], twins[1]) {
					faults++
				}
			}
			if faults != seeds {
				t.Errorf("%d of %d twins have no fault between them", seeds-faults, seeds)
			}
			if len(places) < 3 {
				t.Errorf("seeds change nothing: %d places", len(places))
			}
		})
	}
	if _, err := FromTemplate("no-such", true, 1); err == nil {
		t.Error("a template that is not there")
	}
}

// Countries of a cast are far from each other, its addresses in networks of
// their own, and away from landmarks.
func TestCast(t *testing.T) {
	for seed := range uint64(200) {
		c, err := newCast("any", true, seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][2]string{{"home", "away"}, {"away", "third"}, {"third", "home"}} {
			if km := c.cities[pair[0]].at.KM(c.cities[pair[1]].at); km < farKM {
				t.Errorf("%v are %.0f km apart", pair, km)
			}
			if km := c.cities[pair[0]].at.KM(c.cities[pair[0]+"2"].at); km > 250 {
				t.Errorf("the cities of %s are %.0f km apart", c.cities[pair[0]].name, km)
			}
		}
		nets := map[netip.Prefix]bool{}
		for _, name := range []string{"a", "b", "c", "d", "a"} {
			text, err := c.addr(name)
			if err != nil {
				t.Fatal(err)
			}
			addr := netip.MustParseAddr(text)
			if !invented[3].Contains(addr) || addr.Compare(firstLandmark) >= 0 {
				t.Errorf("%s is no address of a cast", addr)
			}
			network, err := addr.Prefix(24)
			if err != nil {
				t.Fatal(err)
			}
			nets[network] = true
		}
		if len(nets) != 4 || c.Port == c.Other {
			t.Errorf("networks %v, ports %d and %d", nets, c.Port, c.Other)
		}
	}
}
