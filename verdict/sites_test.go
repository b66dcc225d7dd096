package verdict_test

import (
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
)

// An address that checked vantages see in two places has two sites, each with
// who is answered by it and what the claim is there.
func TestSites(t *testing.T) {
	s := story{
		name: "sites", claim: "allow: [GB, FR, BE, NL, IE]",
		seen: []string{"at lon 1", "at tyo 1", "at osa 3", "verified lon", "verified tyo", "verified osa"},
	}
	v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]
	if v.Result != verdict.Refuted || v.Sites == nil || v.Sites.AtLeast != 2 || len(v.Sites.Groups) != 2 {
		t.Fatalf("%s, sites %+v", v.Result, v.Sites)
	}
	for _, g := range v.Sites.Groups {
		want := verdict.Refuted
		if slices.Contains(g.Vantages, "lon") {
			want = verdict.Consistent // one alone
		}
		if g.Result != want || want == verdict.Refuted && len(g.Vantages) != 2 {
			t.Errorf("%v: %s, want %s", g.Vantages, g.Result, want)
		}
	}
	if v.Sites.UnlessWrong != nil {
		t.Errorf("vantages whose place known hosts bear out are said to be wrong: %v", v.Sites.UnlessWrong)
	}
	// One that passed nothing may be wrong, and that would explain it.
	s.seen = s.seen[:3]
	if v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]; v.Sites == nil || !slices.Equal(v.Sites.UnlessWrong, []string{"lon"}) {
		t.Errorf("unchecked vantages give sites %+v, want them unless lon is wrong", v.Sites)
	}
}

// What a claim is at a site is proven by all that see it, and by two of them.
func TestResultAtASite(t *testing.T) {
	for name, c := range map[string]struct {
		seen []string // beside those who see another site, in Japan
		want verdict.Result
	}{
		"one vantage":                      {[]string{"at fra 2"}, verdict.Consistent},
		"two vantages":                     {[]string{"at fra 2", "at ber 2.5"}, verdict.Proven},
		"two, and one that sees no border": {[]string{"at fra 2", "at ber 2.5", "at lon 8"}, verdict.Inconclusive},
		"one that sees no border":          {[]string{"at lon 8"}, verdict.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: name, claim: "allow: [EU]", seen: append([]string{"at tyo 1", "at osa 3"}, c.seen...)}
			v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]
			if v.Sites == nil || len(v.Sites.Groups) != 2 {
				t.Fatalf("sites %+v", v.Sites)
			}
			for _, g := range v.Sites.Groups {
				if !slices.Contains(g.Vantages, "tyo") && (g.Result != c.want || len(g.Vantages) != len(c.seen)) {
					t.Errorf("%v: %s, want %s", g.Vantages, g.Result, c.want)
				}
			}
		})
	}
}
