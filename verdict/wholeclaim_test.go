package verdict_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// A claim is no better than what was looked at: with one of its endpoints that
// nobody saw it is not proven, however many others are, and what the others refute
// stands.
func TestEndpointNeverSeen(t *testing.T) {
	sheetOf := func(endpoints int, claim string) *providers.Sheet {
		var hosts strings.Builder
		for i := range endpoints {
			fmt.Fprintf(&hosts, "  - {host: e%d.example.com, roles: [metadata], source: {url: \"https://example.com/\", retrieved: 2026-01-01}}\n", i)
		}
		sheet, err := providers.Parse("s.yaml", []byte("schema: landfall.claims/v1\nvendor: example\nname: Example\nendpoints:\n"+hosts.String()+
			"claims:\n  - {id: it, says: \"Words.\", source: {url: \"https://example.com/\", retrieved: 2026-01-01}, state: any, covers: [metadata], "+claim+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		return sheet
	}
	// Of each endpoint that is seen the key answered two vantages from nearby, and
	// all countries are given the same address.
	bundleOf := func(seen int) *evidence.Bundle {
		lines := []string{vantageLine("fra", "fra", ""), vantageLine("par", "par", "")}
		for i := range seen {
			host, at := fmt.Sprintf("e%d.example.com", i), fmt.Sprintf("203.0.113.%d", 7+i)
			named := strings.NewReplacer("203.0.113.7", at, "api.example.com", host)
			lines = append(lines,
				named.Replace(strings.Replace(resolved, `"kind"`, fmt.Sprintf(`"id":"d%d","kind"`, i), 1)),
				named.Replace(keyedReply(fmt.Sprintf("f%d", i), "fra", "1")), named.Replace(keyedReply(fmt.Sprintf("p%d", i), "par", "6")))
		}
		b, err := evidence.ReadAll("seen", strings.NewReader(file("R", lines...)))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, endpoints := range []int{1, 2, 5} {
		for claim, best := range map[string]verdict.Result{"deny: [CN]": verdict.Proven, "allow: [CN]": verdict.Refuted} {
			for _, unseen := range []int{0, 1} {
				want := best
				switch {
				case unseen == endpoints:
					want = verdict.NotTested
				case unseen > 0 && best == verdict.Proven:
					want = verdict.Inconclusive
				}
				got := judged(t, bundleOf(endpoints-unseen), sheetOf(endpoints, claim)).Claims[0]
				if got.Result != want {
					t.Errorf("%q, %d of %d endpoints unseen: %s, want %s: %q", claim, unseen, endpoints, got.Result, want, got.Limits)
				}
			}
		}
	}
}

// Half is no majority of the votes of an owner, nor of the capital where votes are not
// stated; and of vantages that their neighbours do not bear out more count than may lie.
func TestHalfIsNoMajority(t *testing.T) {
	stated := func(value float64) providers.Percent { return providers.Percent{Value: value, Stated: true} }
	var unknown providers.Percent
	owner := func(name string, capital, votes providers.Percent, above ...providers.Owner) providers.Owner {
		return providers.Owner{Holding: providers.Holding{Holder: name, Share: capital, Votes: votes}, Above: above}
	}
	for name, c := range map[string]struct {
		chain []providers.Owner
		want  []string
	}{
		"half of the votes":                   {[]providers.Owner{owner("a", unknown, stated(50))}, nil},
		"a little more":                       {[]providers.Owner{owner("a", unknown, stated(50.01))}, []string{"a"}},
		"half of the capital":                 {[]providers.Owner{owner("a", stated(50), unknown)}, nil},
		"more of the capital":                 {[]providers.Owner{owner("a", stated(50.01), unknown)}, []string{"a"}},
		"half of the votes, all the capital":  {[]providers.Owner{owner("a", stated(100), stated(50))}, nil},
		"all votes, no capital":               {[]providers.Owner{owner("a", stated(0), stated(100))}, []string{"a"}},
		"nothing stated":                      {[]providers.Owner{owner("a", unknown, unknown)}, nil},
		"two halves":                          {[]providers.Owner{owner("a", stated(50), stated(50)), owner("b", stated(50), stated(50))}, nil},
		"who has all of what has half":        {[]providers.Owner{owner("a", unknown, stated(50), owner("b", unknown, stated(100)))}, nil},
		"who has half of what has all":        {[]providers.Owner{owner("a", unknown, stated(100), owner("b", unknown, stated(50)))}, []string{"a"}},
		"a majority of a majority, all above": {[]providers.Owner{owner("a", unknown, stated(51), owner("b", unknown, stated(51)))}, []string{"a", "b"}},
	} {
		if got := Controllers(c.chain); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q control, want %q", name, got, c.want)
		}
	}
	for _, c := range []struct {
		say, asked int
		want       verdict.Result
	}{{2, 12, verdict.Disputed}, {3, 12, verdict.Refuted}, {2, 9, verdict.Refuted}, {2, 10, verdict.Disputed}, {3, 10, verdict.Refuted}, {3, 25, verdict.Disputed}, {6, 25, verdict.Refuted}} {
		lines := []string{resolvedBy("v0")}
		for i := range c.asked {
			id, ms := fmt.Sprintf("v%d", i), "200"
			if i < c.say {
				ms = "12"
			}
			lines = append(lines, fmt.Sprintf(`{"kind":"vantage","id":%q,"lat":%.1f,"lon":8.7,"radius_km":5,"network":"import"}`, id, 45+float64(i)/2),
				fmt.Sprintf(`{"kind":"rtt","id":"e%d","vantage":%q,"addr":"203.0.113.7","port":443,"method":"tcp","min_ms":%s}`, i, id, ms))
		}
		v := mergedVerdicts(t, "allow: [CN]", file("I", lines...)).Verdicts[0]
		if v.Result != c.want {
			t.Errorf("%d of %d vantages say so: %s, want %s: %q", c.say, c.asked, v.Result, c.want, v.Limits)
		}
	}
}

func resolvedBy(vantage string) string {
	return strings.Replace(resolved, `"vantage":"fra"`, fmt.Sprintf(`"id":"d","vantage":%q`, vantage), 1)
}
