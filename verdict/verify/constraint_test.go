package verify

import (
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// claimOf returns a claim of lists of places such as "EU -IE".
func claimOf(t *testing.T, allow, deny string) *providers.Claim {
	t.Helper()
	var c providers.Claim
	for list, text := range map[*[]providers.Place]string{&c.Allow: allow, &c.Deny: deny} {
		for _, name := range strings.Fields(text) {
			p, err := providers.ParsePlace(name)
			if err != nil {
				t.Fatal(err)
			}
			*list = append(*list, p)
		}
	}
	return &c
}

var day = providers.Date{Year: 2026, Month: 11, Day: 22}

// What a claim lets be in an area, as docs/verdicts.md has it.
func TestConstraintOnAreas(t *testing.T) {
	const never, perhaps, surely = "never", "perhaps", "surely"
	for _, c := range []struct{ allow, deny, area, want string }{
		{"CN", "", "China", surely},
		{"CN", "", "Hong Kong", never},
		{"CN", "", "Taiwan", never},
		{"", "CN", "China", never},
		{"", "CN", "Taiwan", surely},
		{"US", "", "Puerto Rico", perhaps},
		{"", "US", "Puerto Rico", perhaps},
		{"US PR", "", "Puerto Rico", surely},
		{"US -PR", "", "Puerto Rico", never},
		{"", "US -PR", "Puerto Rico", surely},
		{"", "PR", "Puerto Rico", never},
		{"PR", "", "United States of America", never},
		{"EU", "", "New Caledonia", never},
		{"EU FR", "", "New Caledonia", perhaps},
		{"EU", "", "Åland", surely},
		{"EU", "", "Germany", surely},
		{"EU -DE", "", "Germany", never},
		{"EU", "DE", "Germany", never},
		{"EU", "DE-BB", "Germany", perhaps},
		{"DE-BB", "", "Germany", perhaps},
		{"DE-BB", "", "France", never},
		{"DE -DE-BB", "", "Germany", perhaps},
		{"", "DE -DE-BB", "Germany", perhaps},
		{"", "DE DE-BB", "Germany", never},
		{"aws:eu-central-1", "", "Germany", never}, // its zone is checked separately
		{"EU", "", "United Kingdom", never},
		{"UA", "", "Crimea", perhaps},
		{"RU", "", "Crimea", perhaps},
		{"UA RU", "", "Crimea", surely},
		{"", "UA", "Crimea", perhaps},
		{"", "UA RU", "Crimea", never},
	} {
		r, err := newConstraint(newLandIndex(), claimOf(t, c.allow, c.deny), day)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(geo.Countries(), func(a *geo.Area) bool { return a.Name == c.area })
		if i < 0 {
			t.Errorf("no area %q", c.area)
			continue
		}
		got := map[[2]bool]string{{false, false}: never, {true, false}: perhaps, {true, true}: surely}[[2]bool{r.may[i], r.sure[i]}]
		if got != c.want {
			t.Errorf("allow [%s] deny [%s]: %s is %q, want %q", c.allow, c.deny, c.area, got, c.want)
		}
	}
}

// What a claim says of a provider's region, which is known by name.
func TestConstraintOnRegions(t *testing.T) {
	for _, c := range []struct {
		allow, deny string
		want        answer
	}{
		{"EU", "", yes},
		{"US", "", no},
		{"", "EU", no},
		{"", "US", yes},
		{"aws:eu-central-1", "", yes},
		{"aws:eu-west-1", "", no},
		{"DE-BB", "", maybe},
		{"EU", "DE-BB", maybe},
		{"EU", "aws:eu-central-1", no},
		{"EU", "aws:eu-west-1", yes},
		{"EU -DE", "", no},
		{"EU -aws:eu-central-1", "", no},
		{"EU -DE-BB", "", maybe},
		{"azure:germanywestcentral", "", maybe},
		{"point:50.11,8.68,100", "", maybe},
	} {
		r, err := newConstraint(newLandIndex(), claimOf(t, c.allow, c.deny), day)
		if err != nil {
			t.Fatal(err)
		}
		region, known := providers.LookupRegion("aws", "eu-central-1")
		if got := r.region(region); !known || got != c.want {
			t.Errorf("allow [%s] deny [%s]: %d, want %d", c.allow, c.deny, got, c.want)
		}
	}
}

// Groups have the members of the day.
func TestConstraintGoesByTheDay(t *testing.T) {
	gb := slices.IndexFunc(geo.Countries(), func(a *geo.Area) bool { return a.Name == "United Kingdom" })
	for _, c := range []struct {
		day  providers.Date
		want bool
	}{{providers.Date{Year: 2020, Month: 1, Day: 31}, true}, {day, false}} {
		r, err := newConstraint(newLandIndex(), claimOf(t, "EU", ""), c.day)
		if err != nil {
			t.Fatal(err)
		}
		if r.sure[gb] != c.want {
			t.Errorf("on %s the United Kingdom is in the EU: %t", c.day, r.sure[gb])
		}
	}
}

// Distances are no more than what every edge of a border is away, and not much less.
func TestDistancesAreLowerBounds(t *testing.T) {
	l := newLandIndex()
	for _, from := range []geo.Place{geo.Point(50.11, 8.68), geo.Point(-17.8, 178), geo.Point(89, 0), geo.Point(0, -179.9)} {
		for i, a := range l.areas {
			km, inside := l.km(from, i), a.Contains(from)
			least := geo.HalfwayKM
			for p := range a.Borders {
				least = min(least, geo.AtMostKM(from, p))
			}
			if inside && km != 0 || !inside && (km > least || km < least-geo.BorderKM-longestEdgeKM-60) {
				t.Errorf("%s is %.1f km away, and its nearest corner %.1f", a.Name, km, least)
			}
		}
	}
}
